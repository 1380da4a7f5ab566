"""What a server says to a request that does not come to its routes: problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from prometheus_client import Counter

from biodesci.core.problems import MEDIA_TYPE, Problem

COUNTED: Final = Counter(
    "biodesci_http_refused_total", "Requests that came to no route, by status.", ["status"], registry=None
)
"""Of all HTTP servers of this process; whoever shows figures registers it."""


@dataclass(frozen=True)
class Refusal:
    """A status, and why; `headers` beside those that all refusals have."""

    status: int
    slug: str
    detail: str
    hint: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, instance: str) -> bytes:
        """The problem document; `instance` is the request's path."""
        title = HTTPStatus(self.status).phrase
        return Problem(
            f"/problems/{self.slug}", title, self.status, self.detail, instance, self.hint
        ).to_bytes()

    def fields(self, body: bytes) -> list[tuple[bytes, bytes]]:
        """The answer's header fields, as ASGI has them. What was not read whole ends the connection."""
        fields = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **self.headers,
        }
        return [(name.encode(), value.encode()) for name, value in fields.items()]

    def count(self) -> None:
        """It was said to a client: the figures show how often, by status."""
        COUNTED.labels(str(self.status)).inc()

    def message(self) -> bytes:
        """The whole answer of HTTP/1.1, after which the connection is closed."""
        body = self.body("")
        head = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}".encode()]
        head += [name + b": " + value for name, value in self.fields(body)]
        return b"\r\n".join([*head, b"connection: close", b"", body])


MALFORMED: Final = Refusal(400, "bad-request", "This is no HTTP request.", "Send one of HTTP/1.1.")
LATE: Final = Refusal(
    408, "too-slow", "The request did not come whole in time.", "Send it at once, or on a faster line."
)
LARGE_HEAD: Final = Refusal(
    431, "large-headers", "The request's headers are too large.", "Send fewer or shorter ones."
)
FULL: Final = Refusal(503, "full", "There are too many connections.", "Try again soon.", {"retry-after": "5"})


def too_large(limit: int) -> Refusal:
    """Of a body of more than `limit` bytes."""
    return Refusal(413, "too-large", f"The body has more than {limit} bytes.", "Send a smaller one.")
