"""HTTP/1.1 under uvicorn and httptools, with the deadlines and caps of `Bounds`.

uvicorn itself knows one timeout, between two requests, and ends it with the first byte of the next: who then
sends no more holds the connection for ever. Its reading is bounded (64 KiB ahead of the application); the
size of a head is not.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from biodesci.serving import refusals
from biodesci.serving.bounds import Bounds, Network
from biodesci.serving.gate import NEVER, Gate
from biodesci.serving.refusals import Refusal

IDLE: Final = 0  # nothing of a request has come
HEAD: Final = 1
BODY: Final = 2
ANSWER: Final = 3  # the request is here, the answer is not out
REST: Final = 4  # the answer is out, the rest of the body is passed over
CLOSING: Final = 5
_LAST_S: Final = 3.0  # for a client when the server stops, which waits a little longer (server.py)


class Watch:
    """The connections of one server, and who looks for those that are overdue."""

    def __init__(self, bounds: Bounds, proxies: tuple[Network, ...] = ()) -> None:
        self.bounds = bounds
        self.gate = Gate(bounds, proxies)
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Looks until there are no connections."""
        if self._timer is None:
            self._timer = loop.call_later(self.bounds.refresh, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        for connection in self.gate.overdue(loop.time()):
            if isinstance(connection, BoundedProtocol):
                connection.end()
        if len(self.gate):
            self.start(loop)


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        watch: Watch,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._watch, self._bounds, self._gate = watch, watch.bounds, watch.gate
        self.deadline = NEVER
        self._phase = IDLE
        self._head_bytes = 0
        self._refused: Refusal | None = None

    # Phases

    def _wait(self, phase: int, seconds: float) -> None:
        """The client has so much time for what it has to send."""
        self._phase = phase
        self.deadline = self.loop.time() + seconds
        self._gate.wait(self)

    def _work(self) -> None:
        self._phase = ANSWER
        self.deadline = NEVER
        self._gate.work(self)

    def end(self) -> None:
        """The deadline has passed."""
        if self._phase in (CLOSING, ANSWER):
            self.transport.abort()
        elif self._phase == BODY and self._is_for_us_to_read():
            self.deadline = self.loop.time() + self._bounds.body
        elif self._phase == HEAD or (self._phase == BODY and not self.cycle.response_started):
            self._close(refusals.LATE)
        else:
            self._close()

    def make_room(self) -> None:
        """Another connection needs the room of this one, which waits for its client."""
        self.transport.abort()

    def _is_for_us_to_read(self) -> bool:
        """The client may not send: the application has not asked for the body, or not taken what is here."""
        return self.flow.read_paused or bool(self.cycle.waiting_for_100_continue)

    def _close(self, refusal: Refusal | None = None) -> None:
        """Closes after what was written is out, or a few seconds later all the same."""
        if self._phase == BODY and self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._wait(CLOSING, self._bounds.closing)
        if refusal is not None and not self.transport.is_closing():
            refusal.count()
            self.transport.write(refusal.message())
        self.transport.close()

    # What uvicorn and the parser call

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection in, at the cost of one that waits, or refuses it."""
        super().connection_made(transport)
        self._phase = IDLE
        self.deadline = self.loop.time() + self._bounds.head
        gone = self._gate.enter(self, self.client[0] if self.client else "")
        if gone is self:
            self._close(refusals.FULL)
        elif isinstance(gone, BoundedProtocol):
            gone.make_room()
        self._watch.start(self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives its room back."""
        self._gate.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; what comes after the connection is given up is dropped."""
        phase = self._phase
        if phase == CLOSING:
            return
        if phase == IDLE:
            self._head_bytes = 0
            self._wait(HEAD, self._bounds.head)
        super().data_received(data)
        if self._refused is not None:
            self._close(self._refused)
        elif self._phase == HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > self._bounds.head_bytes:
                self._close(refusals.LARGE_HEAD)

    def on_headers_complete(self) -> None:
        """The head is here: its size is counted once more, as it may have come in one piece."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self._bounds.head_bytes or len(self.headers) > self._bounds.headers:
            self._refused = refusals.LARGE_HEAD
            return
        if self._phase == HEAD:  # and not one that was sent before the last answer was out
            self._wait(BODY, self._bounds.body)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Each byte that comes gives the rest of the body the time that a slow line takes for it."""
        if self._refused is None:
            if self._phase == BODY:
                self.deadline += len(body) / self._bounds.slowest
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here."""
        if self._refused is None:
            if self._phase == BODY:
                self._work()
            elif self._phase == REST:
                self._wait(IDLE, self._bounds.idle)
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is out: the next request may come, or what is left of this one's body."""
        if self._phase == BODY:
            self._wait(REST, self._bounds.closing)
        elif self._phase == ANSWER:
            if len(self.pipeline) == 1 and self.cycle.more_body:
                self._wait(BODY, self._bounds.body)
            elif self.pipeline:
                self._work()
            else:
                self._wait(IDLE, self._bounds.idle)
        if self.transport.is_closing():
            self._wait(CLOSING, self._bounds.closing)
        super().on_response_complete()
        self._unset_keepalive_if_required()  # the gate has the deadline

    def pause_writing(self) -> None:
        """The client does not take its answer as fast as it is made."""
        if self._phase == ANSWER:
            self.deadline = self.loop.time() + self._bounds.stalled
        super().pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        if self._phase == ANSWER:
            self.deadline = NEVER
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP: a problem document, as all refusals are."""
        self._close(refusals.MALFORMED)

    def shutdown(self) -> None:
        """The server stops: what waits for a client is closed, at once or, where the rest of a body or of an
        answer may be on its way, in time for the application to hear of it; other answers go out."""
        if self._phase in (ANSWER, BODY):
            if self.deadline < NEVER:
                self.deadline = min(self.deadline, self.loop.time() + _LAST_S)
            super().shutdown()
        else:
            self._close()
