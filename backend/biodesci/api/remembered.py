"""Answers that were made before, while the index has the same content: most visitors ask for the same.

A block without an event of ours leaves the content as it is: the answer is the same but for its last field,
the block that it is of. What is remembered is bounded. Who asks for what is just being made waits for it. The
ETag is at hand before a body is made again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from biodesci.api.written import Written
from biodesci.index.content import Standing

LASTS: Final = "biodesci.lasts"  # of a scope: until when an answer holds (Unix seconds), if time changes it
MADE: Final = "biodesci.made"  # of a scope: what its answer was made of
_FOREVER: Final = float("inf")
_ANSWERED: Final = (200, 304)
_MOST_BYTES: Final = 32 << 20
_LARGEST: Final = 1 << 20
_OWN: Final = ("/v1/events", "/v1/session", "/v1/me/")
_METHODS: Final = frozenset({"GET", "HEAD"})
_Key: TypeAlias = tuple[str, bytes]  # path and query


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer was made of: the index's content, read up to a block, which the answer ends with.

    `digest` is of what stands before the block; None where no block stands at the end.
    """

    standing: Standing
    text: bytes
    digest: str | None

    @classmethod
    def of(cls, text: bytes, standing: Standing) -> Made:
        """Of the JSON of an answer."""
        before = text.removesuffix(_end(standing.block))
        return cls(standing, text, None if len(before) == len(text) else _digest(before))

    @property
    def tag(self) -> str:
        """Its ETag: the same for the same bytes, and another for another block."""
        if self.digest is None:
            return tag_of(self.text)
        return f'"{self.digest}-{self.standing.block}"'

    def at(self, standing: Standing) -> Made | None:
        """The same content as of another block; None where that cannot be said of it."""
        if self.digest is None or standing.content != self.standing.content:
            return None
        before = self.text.removesuffix(_end(self.standing.block))
        return Made(standing, before + _end(standing.block), self.digest)


def _end(block: int) -> bytes:
    return b',"asOf":%d}' % block


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]


def tag_of(text: bytes) -> str:
    """The ETag of bytes."""
    return f'"{_digest(text)}"'


@dataclass(frozen=True, slots=True)
class _Answer:
    made: Made
    start: Message
    body: Message
    tag: bytes
    unchanged: Message
    until: float
    route: object
    size: int  # in bytes, about, with what was asked: strangers choose how long that is

    @classmethod
    def of(cls, key: _Key, made: Made, until: float, route: object) -> _Answer:
        tag = made.tag.encode()
        kept = [(b"etag", tag), (b"cache-control", b"no-cache")]
        all_ = [
            *kept,
            (b"content-length", b"%d" % len(made.text)),
            (b"content-type", b"application/json"),
        ]
        return cls(
            made=made,
            start={"type": "http.response.start", "status": 200, "headers": all_},
            body={"type": "http.response.body", "body": made.text},
            tag=tag,
            unchanged={"type": "http.response.start", "status": 304, "headers": kept},
            until=until,
            route=route,
            size=len(made.text) + len(key[0]) + len(key[1]) + 1_000,
        )


_NOTHING: Final[Message] = {"type": "http.response.body", "body": b""}


class Remembered:
    """An ASGI application around the routes."""

    def __init__(self, app: ASGIApp, written: Written, most: int = _MOST_BYTES) -> None:
        self._app, self._written, self._most = app, written, most
        self._content = ""
        self._answers: dict[_Key, _Answer] = {}
        self._size = 0
        self._making: dict[_Key, asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers from memory, or lets the route answer and remembers that."""
        if not (scope["type"] == "http" and scope["method"] in _METHODS and _is_public(scope["path"])):
            await self._app(scope, receive, send)
            return
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
        await self._make(key, scope, receive, send)

    def _known(self, key: _Key) -> _Answer | None:
        """What holds now, with the block that is the last one now."""
        standing = self._written.standing()
        if standing is None:
            return None
        if standing.content != self._content:
            self._content = standing.content
            self._answers.clear()
            self._size = 0
        answer = self._answers.get(key)
        if answer is None or answer.made.standing.block == standing.block:
            return answer if answer is None or answer.until > time.time() else None
        made = answer.made.at(standing)
        if made is None or answer.until != _FOREVER:  # a block may move the chain's clock
            return None
        return self._keep(key, _Answer.of(key, made, answer.until, answer.route))

    async def _make(self, key: _Key, scope: Scope, receive: Receive, send: Send) -> None:
        made = asyncio.get_running_loop().create_future()
        self._making.setdefault(key, made)
        try:
            await self._app(scope, receive, self._taking(key, scope, send))
        finally:
            if self._making.get(key) is made:
                del self._making[key]
            made.set_result(None)

    def _taking(self, key: _Key, scope: Scope, send: Send) -> Send:
        """Remembers the answer before it is sent: others wait for it, and this client may be slow."""
        status = 0

        async def take(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            made: Made | None = scope.get(MADE)
            # A client that has it already has sent its tag; the body was made all the same.
            if message["type"] == "http.response.body" and made is not None and status in _ANSWERED:
                of_now = made.standing.content == self._content != ""
                if of_now and len(made.text) <= _LARGEST:
                    self._keep(key, _Answer.of(key, made, scope.get(LASTS, _FOREVER), scope.get("route")))
            await send(message)

        return take

    def _keep(self, key: _Key, answer: _Answer) -> _Answer:
        before = self._answers.pop(key, None)
        self._size += answer.size - (before.size if before is not None else 0)
        self._answers[key] = answer
        while self._size > self._most:
            oldest = next(iter(self._answers))
            self._size -= self._answers.pop(oldest).size
        return answer


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
