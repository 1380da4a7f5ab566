"""Answers that were made before, while the index is in the same state: most visitors ask for the same.

What is remembered is bounded, and forgotten at the next commit to the index. Who asks for what is just being
made waits for it. The ETag is at hand before a body is made again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from biodesci.api.written import Written

LASTS: Final = "biodesci.lasts"  # of a scope: until when an answer holds (Unix seconds), if time changes it
_MOST_BYTES: Final = 32 << 20
_LARGEST: Final = 1 << 20
_OWN: Final = ("/v1/events", "/v1/session", "/v1/me/")
_METHODS: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class _Answer:
    start: Message
    body: Message
    tag: bytes
    unchanged: Message
    until: float
    route: object
    size: int  # in bytes, about, with what was asked: strangers choose how long that is


_NOTHING: Final[Message] = {"type": "http.response.body", "body": b""}


class Remembered:
    """An ASGI application around the routes."""

    def __init__(self, app: ASGIApp, written: Written, most: int = _MOST_BYTES) -> None:
        self._app, self._written, self._most = app, written, most
        self._state: Hashable | None = None
        self._answers: dict[tuple[str, bytes], _Answer] = {}
        self._size = 0
        self._making: dict[tuple[str, bytes], asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers from memory, or lets the route answer and remembers that."""
        if not (scope["type"] == "http" and scope["method"] in _METHODS and _is_public(scope["path"])):
            await self._app(scope, receive, send)
            return
        state = self._written.state()
        if state is None:
            await self._app(scope, receive, send)
            return
        if state != self._state:
            self._state = state
            self._answers.clear()
            self._size = 0
        key = (scope["path"], scope["query_string"])
        if (answer := self._known(key)) is None and (making := self._making.get(key)) is not None:
            await asyncio.wait([making])
            answer = self._known(key)
        if answer is not None:
            scope["route"] = answer.route
            is_same = _has(scope, answer.tag)
            await send(answer.unchanged if is_same else answer.start)
            await send(_NOTHING if is_same else answer.body)
            return
        await self._make(key, state, scope, receive, send)

    def _known(self, key: tuple[str, bytes]) -> _Answer | None:
        answer = self._answers.get(key)
        return answer if answer is not None and answer.until > time.time() else None

    async def _make(
        self, key: tuple[str, bytes], state: Hashable, scope: Scope, receive: Receive, send: Send
    ) -> None:
        made = asyncio.get_running_loop().create_future()
        self._making.setdefault(key, made)
        taken: list[Message] = []

        async def take(message: Message) -> None:
            # Others wait for it; this client may be slow.
            taken.append(message)
            if message["type"] == "http.response.body" and len(taken) == 2 and state == self._state:
                self._remember(key, scope, taken[0], message)
            await send(message)

        try:
            await self._app(scope, receive, take)
        finally:
            if self._making.get(key) is made:
                del self._making[key]
            made.set_result(None)

    def _remember(self, key: tuple[str, bytes], scope: Scope, start: Message, body: Message) -> None:
        fields = dict(start["headers"])
        tag = fields.get(b"etag")
        if (
            start["status"] != 200 or tag is None or body.get("more_body")
            or len(body["body"]) > _LARGEST
        ):  # fmt: skip
            return
        kept = [(name, value) for name, value in start["headers"] if name in (b"etag", b"cache-control")]
        answer = _Answer(
            start=start,
            body=body,
            tag=tag,
            unchanged={"type": "http.response.start", "status": 304, "headers": kept},
            until=scope.get(LASTS, float("inf")),
            route=scope.get("route"),
            size=len(body["body"]) + len(key[0]) + len(key[1]) + 1_000,
        )
        before = self._answers.pop(key, None)
        self._size += answer.size - (before.size if before is not None else 0)
        self._answers[key] = answer
        while self._size > self._most:
            oldest = next(iter(self._answers))
            self._size -= self._answers.pop(oldest).size


def _is_public(path: str) -> bool:
    """Whether an answer is the same for everybody, and ends."""
    return path.startswith("/v1/") and not path.startswith(_OWN)


def _has(scope: Scope, tag: bytes) -> bool:
    """Whether the client has the answer with this tag (RFC 9110, 13.1.2)."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return value == tag or knows(value.decode("latin-1"), tag.decode("latin-1"))
    return False


def knows(if_none_match: str, tag: str) -> bool:
    """Whether a header names the tag, or any."""
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return tag in known or "*" in known
