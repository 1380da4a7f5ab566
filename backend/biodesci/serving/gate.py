"""The open connections of one server: how many there may be, who has to go for another, what is overdue.

A flood of half-open requests must not keep others out. So where there is no room, the connection that has
waited longest for the rest of its request makes room: an honest client sends its request at once, and from
then on its connection is not taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from biodesci.serving.bounds import Bounds, Network, client_of, is_within

NEVER: Final = float("inf")


class Connection(Protocol):
    """What the gate knows of a connection: when it is overdue, on the server's monotonic clock."""

    deadline: float


class Gate:
    """Not safe for threads: the server calls it from its loop, or under a lock."""

    def __init__(self, bounds: Bounds, proxies: tuple[Network, ...] = ()) -> None:
        self._bounds, self._proxies = bounds, proxies
        self._open: dict[Connection, str] = {}
        self._of: dict[str, dict[Connection, None]] = {}
        self._waiting: dict[Connection, None] = {}  # the longest first

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: Connection, address: str) -> Connection | None:
        """Takes a new connection in; returns the one that has to be closed for it: another, or itself.

        A trusted proxy may have as many as there are: they are of many clients.
        """
        client = "" if is_within(address, self._proxies) else client_of(address)
        gone: Connection | None = None
        own = self._of.get(client, {})
        if client and len(own) >= self._bounds.per_client:
            gone = next((one for one in own if one in self._waiting), connection)
        elif len(self._open) >= self._bounds.connections:
            gone = next(iter(self._waiting), connection)
        if gone is connection:
            return gone
        if gone is not None:
            self.leave(gone)
        self._open[connection] = client
        self._of.setdefault(client, {})[connection] = None
        self._waiting[connection] = None
        return gone

    def wait(self, connection: Connection) -> None:
        """The client has to send something: from now on, the connection makes room after those before it."""
        if connection in self._open:
            self._waiting.pop(connection, None)
            self._waiting[connection] = None

    def work(self, connection: Connection) -> None:
        """The server has a whole request: the connection stays until it is answered."""
        self._waiting.pop(connection, None)

    def leave(self, connection: Connection) -> None:
        """The connection is closed."""
        self._waiting.pop(connection, None)
        client = self._open.pop(connection, None)
        if client is not None and (own := self._of.get(client)) is not None:
            own.pop(connection, None)
            if not own:
                del self._of[client]

    def overdue(self, now: float) -> Iterator[Connection]:
        """Those whose deadline has passed."""
        return iter([one for one in self._open if one.deadline < now])
