"""Deadlines for whole answers under requests: every wait is cut, at the socket, to what is left of the time.

requests knows how long one read may take. A node that sends a byte now and then, of headers too, would hold a
question for ever.
"""

from __future__ import annotations

import http.client
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Clock(threading.local):
    """Until when (monotonic) this thread's question has to be answered."""

    ends = float("inf")

    def cut(self, connection: Any) -> None:
        """The socket waits no longer than that. Raises TimeoutError when the time is up."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the question's time is up")
        if left != float("inf"):
            connection.settimeout(left)


_clock: Final = _Clock()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What this thread asks inside by an `Adapter` is answered in that time, up to the last byte, or fails as
    requests' own timeouts do. Connecting has a limit of its own."""
    before, _clock.ends = _clock.ends, time.monotonic() + seconds
    try:
        yield
    finally:
        _clock.ends = before


class _Cut(io.RawIOBase):
    """What a socket gives."""

    def __init__(self, connection: Any, raw: io.RawIOBase) -> None:
        self._connection, self._raw = connection, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        _clock.cut(self._connection)
        return cast("int | None", cast(Any, self._raw).readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Cut(sock, self.fp.detach()))


class _Plain(HTTPConnection):
    response_class = _Response

    def send(self, data: Any) -> None:
        if self.sock is not None:
            _clock.cut(self.sock)
        super().send(data)


class _Secure(HTTPSConnection):
    response_class = _Response

    def send(self, data: Any) -> None:
        if self.sock is not None:
            _clock.cut(self.sock)
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS: Final = {"http": _PlainPool, "https": _SecurePool}


class Adapter(HTTPAdapter):
    """requests' way to a server, directly or by a proxy, with connections that keep to `within`."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """For servers that are reached directly."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """For those behind a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
