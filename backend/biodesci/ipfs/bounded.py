"""The HTTP session under ipfshttpclient: whatever a node does, a call takes bounded memory and time.

Every byte of an answer is counted, and every wait is cut to what is left of the call's time, at the socket:
below HTTP, so that headers, chunk sizes and interim answers count too. Answers are read whole before anybody
looks at them. Redirects, packed answers, cookies, proxies and logins of the environment are not followed,
unpacked, kept or used: a node's API has one address, which the operator gave.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from ipfshttpclient.http_requests import ClientSync

from biodesci.asking import sockets
from biodesci.asking.clock import left_until
from biodesci.core.errors import IntegrityError, UnavailableError

_HEADERS: Final = 32 << 10  # bytes of an answer's headers, with those of interim answers
_PIECE: Final = 1 << 16


@dataclass
class Allowance:
    """What the call that is going on may take: bytes of the answer's body, and until when (monotonic)."""

    body: int = 0
    ends: float = 0.0
    left: int = 0  # bytes that the socket may still give

    @property
    def is_over(self) -> bool:
        """Whether the call's time is up."""
        return time.monotonic() >= self.ends

    def seconds(self) -> float:
        """Those that are left. Raises TimeoutError when none are."""
        return left_until(self.ends)

    def expect_headers(self) -> None:
        """From here on, the headers' bytes are counted."""
        self.left = _HEADERS

    def expect_body(self) -> None:
        """From here on, the body's are; chunks of 1 KiB and more fit with what is written between them."""
        self.left = self.body + self.body // 16 + _PIECE

    def spend(self, count: int) -> None:
        """Raises IntegrityError when the answer has more bytes than one of its kind may have."""
        self.left -= count
        if self.left < 0:
            raise too_large(self.body)


def too_large(limit: int) -> IntegrityError:
    """The node answers with more than the answer to this question can have."""
    return IntegrityError(
        f"The IPFS node's answer is larger than an answer of its kind can be ({limit} bytes).",
        "Use another node: it is faulty.",
    )


def _response_class(allowance: Allowance) -> type[sockets.Response]:
    class Response(sockets.Response):
        def begin(self) -> None:
            allowance.expect_headers()
            super().begin()
            # urllib3 would write what it cannot parse into the log.
            if self.msg.defects or self.msg.get_payload():
                raise IntegrityError(
                    "The IPFS node's headers are malformed.", "Use another node: it is faulty."
                )
            allowance.expect_body()

    return Response


class _Adapter(sockets.Adapter):
    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        super().__init__(allowance, _response_class(allowance), pool_connections=1, pool_maxsize=1)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """The answer with its whole body. Raises what the module's heading names."""
        kwargs |= {"stream": True, "timeout": self._allowance.seconds(), "proxies": {}}
        response = super().send(request, *args, **kwargs)
        try:
            self._check(response)
            response._content = self._body(response)
        except BaseException:
            response.close()
            raise
        return response

    def _check(self, response: requests.Response) -> None:
        if 300 <= response.status_code < 400:
            raise UnavailableError(
                "The IPFS API refers to another address, which is not followed.",
                "Set BIODESCI_IPFS_API to the address of the API itself.",
            )
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise IntegrityError(
                "The IPFS node's answer is packed, which nobody asked for.", "Use another node: it is faulty."
            )
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and (len(length) > 18 or int(length) > self._allowance.body):
            raise too_large(self._allowance.body)

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_content(_PIECE):
            body += piece
            if len(body) > self._allowance.body:
                raise too_large(self._allowance.body)
        return bytes(body)


class _Session(requests.Session):
    def __init__(self, allowance: Allowance, headers: Mapping[str, str]) -> None:
        super().__init__()
        # A certificate authority of one's own is named in the environment (REQUESTS_CA_BUNDLE).
        self.verify = self.merge_environment_settings("https://", {}, None, None, None)["verify"]
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"Accept-Encoding": "identity", **headers})
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(allowance))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{**kwargs, "allow_redirects": False, "proxies": {}})


class BoundedClient(ClientSync):  # type: ignore[misc]
    """ipfshttpclient's way to a node, over a session that keeps to an allowance."""

    __slots__ = ("_allowance", "_own_headers")

    def __init__(self, address: str, allowance: Allowance, headers: Mapping[str, str]) -> None:
        """`address` is the multiaddress of the API; `headers` are sent with each request."""
        self._allowance, self._own_headers = allowance, headers
        super().__init__(address, "api/v0")
        self.open_session()

    def _make_session(self) -> requests.Session:
        return _Session(self._allowance, self._own_headers)
