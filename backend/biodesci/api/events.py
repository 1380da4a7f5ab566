"""Server-Sent Events of the index's states: one look at the index for each commit, however many listen.

The id of an event says what the index had read, so that a browser that comes back (Last-Event-ID)
is told what it missed. Who is slow gets several states as one.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import FastAPI, Header, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import bindparam, select
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from biodesci.api.answers import problems_of
from biodesci.api.guard import IS_HEAD
from biodesci.api.schemas.events import Changed, StateChange
from biodesci.api.written import Written
from biodesci.core.errors import BioDeSciError, UnavailableError
from biodesci.index import tables as t
from biodesci.index.database import Store
from biodesci.serving.bounds import client_of

_log = logging.getLogger(__name__)
MOST: Final = 500  # streams in all
OF_ONE: Final = 16  # of one client: a browser has one for each tab
PING_S: Final = 15
_RETRY_MS: Final = 2_000
_STALLED_S: Final = 30.0
_AGAIN_S: Final = 1.0  # after the index could not be read
_NAMED: Final = 200  # things that one message names
_ID: Final = re.compile(r"(\d{1,18})-([0-9a-f]{0,16})-([0-9a-f]{0,16})")
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_SINCE: Final = (
    select(t.events.c.kind, t.events.c.subject)
    .where(t.events.c.block_number > bindparam("block"), t.events.c.kind != "")
    .distinct()
    .limit(_NAMED + 1)
)
_HASH: Final = select(t.blocks.c.hash).where(t.blocks.c.number == bindparam("block"))


@dataclass(frozen=True)
class Mark:
    """A state of the index: the last block that it had read, and the mark of all but new logs on top."""

    block: int
    hash: str
    beside: str

    @property
    def id(self) -> str:
        """As an event names it."""
        return f"{self.block}-{self.hash[2:18]}-{self.beside}"

    @classmethod
    def of(cls, text: str) -> Mark | None:
        """From an event's id; None for what is none of ours."""
        parts = _ID.fullmatch(text)
        return None if parts is None else cls(int(parts[1]), "0x" + parts[2], parts[3])


def look(store: Store, before: Mark | None) -> tuple[Mark, StateChange | None]:
    """The state of now, and what is new since another one; None where nothing is."""
    with store.snapshot():
        now = store.standing()
        mark = Mark(now.block, now.hash, now.beside)
        if before is None or before.id == mark.id:
            return mark, None
        known = store.row(_HASH, {"block": before.block})
        is_on_top = known is not None and str(known["hash"]).startswith(before.hash)
        if is_on_top and before.beside == mark.beside:
            rows = store.rows(_SINCE, {"block": before.block})
            if len(rows) <= _NAMED:
                named = [Changed(kind=row["kind"], id=row["subject"]) for row in rows]
                return mark, StateChange(as_of=mark.block, changed=named)
        return mark, StateChange(as_of=mark.block, changed=None)


class _Stream:
    """What one listener has not been told yet."""

    def __init__(self) -> None:
        self._news: tuple[Mark, StateChange] | None = None
        self._is_there = asyncio.Event()

    def put(self, mark: Mark, change: StateChange) -> None:
        """One more state; with one that was not told yet it becomes one."""
        if self._news is not None:
            earlier = self._news[1].changed
            both = None
            if earlier is not None and change.changed is not None:
                both = list(dict.fromkeys([*earlier, *change.changed]))
            change = StateChange(as_of=change.as_of, changed=both if both and len(both) <= _NAMED else None)
        self._news = mark, change
        self._is_there.set()

    async def next(self) -> tuple[Mark, StateChange]:
        """Waits for the next."""
        await self._is_there.wait()
        self._is_there.clear()
        news, self._news = self._news, None
        assert news is not None
        return news


class Events:
    """All listeners of one server."""

    def __init__(self, store: Store, written: Written) -> None:
        self._store, self._written = store, written
        self._streams: set[_Stream] = set()
        self._of: Counter[str] = Counter()
        self._last: Mark | None = None

    @contextlib.asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Listeners hear of each state meanwhile."""
        wake = asyncio.Event()
        end = self._written.on_change(wake.set)
        task = asyncio.create_task(self._tell(wake))
        try:
            yield
        finally:
            end()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _tell(self, wake: asyncio.Event) -> None:
        said = ""  # an index that is away is so for long, and is asked for again each second
        while True:  # at once, too: what comes next is told of as new
            wake.clear()
            try:
                mark, change = await run_in_threadpool(look, self._store, self._last)
            except Exception as exc:  # noqa: BLE001 - whatever it is, news go on after it
                if str(exc) != said:
                    said, is_ours = str(exc), isinstance(exc, BioDeSciError)
                    _log.warning("the index's state is not told: %s", exc, exc_info=None if is_ours else exc)
                await asyncio.sleep(_AGAIN_S)
                continue
            self._last, said = mark, ""
            if change is not None:
                for stream in tuple(self._streams):
                    stream.put(mark, change)
            await wake.wait()

    def require_room(self, client: str) -> None:
        """Raises UnavailableError where there are enough listeners, in all or of this client."""
        if len(self._streams) >= MOST or self._of[client] >= OF_ONE:
            raise UnavailableError(
                "There are too many listeners.", "Close some, or ask now and then instead."
            )

    async def of(self, client: str, since: Mark | None) -> AsyncIterator[ServerSentEvent]:
        """What one client is told: where the index is, or what is new since `since`; then the rest."""
        stream = _Stream()
        self._streams.add(stream)
        self._of[client] += 1
        try:
            mark, change = await run_in_threadpool(look, self._store, since)
            yield _event(mark, change or StateChange(as_of=mark.block, changed=[]))
            while True:
                told, (mark, change) = mark, await stream.next()
                if mark != told:  # what was being told to the others when this one came, it knows already
                    yield _event(mark, change)
        finally:
            self._streams.discard(stream)
            self._of[client] -= 1
            if not self._of[client]:
                del self._of[client]


def _event(mark: Mark, change: StateChange) -> ServerSentEvent:
    return ServerSentEvent(change.model_dump_json(by_alias=True), event="state", id=mark.id, retry=_RETRY_MS)


def install(app: FastAPI, events: Events) -> None:
    """Adds the route."""

    @app.get(
        "/v1/events",
        tags=["status"],
        response_class=EventSourceResponse,
        responses={
            200: {
                "description": "A stream of events `state`; the data of each is a StateChange.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
                "model": StateChange,
            },
            **problems_of(503),
        },
    )
    async def stream(
        request: Request,
        last_event_id: Annotated[str, Header(description="`id` of the event that was told last")] = "",
    ) -> Response:
        """Server-Sent Events: each new state of the index, and what changed in it."""
        if request.scope.get(IS_HEAD):
            return Response(headers=_HEADERS, media_type="text/event-stream")
        client = client_of(request.client.host if request.client else "")
        events.require_room(client)
        return EventSourceResponse(
            events.of(client, Mark.of(last_event_id)), ping=PING_S, send_timeout=_STALLED_S, headers=_HEADERS
        )
