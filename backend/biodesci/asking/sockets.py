"""Deadlines for whole answers under requests: every wait is cut, at the socket, to what is left of the time.

requests knows how long one read may take, and nothing of a whole answer. Connecting has its limit from there.
"""

from __future__ import annotations

import http.client
import io
from typing import Any, ClassVar, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from biodesci.asking.clock import Meter


class _Metered(io.RawIOBase):
    """What a socket gives, counted, and waited for no longer than the question may take."""

    def __init__(self, connection: Any, raw: io.RawIOBase, meter: Meter) -> None:
        self._connection, self._raw, self._meter = connection, raw, meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connection.settimeout(self._meter.seconds())
        count = cast(int, cast(Any, self._raw).readinto(buffer))
        self._meter.spend(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class Response(http.client.HTTPResponse):
    """An answer that keeps to its meter."""

    meter: ClassVar[Meter]

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Metered(sock, self.fp.detach(), self.meter))


class Adapter(HTTPAdapter):
    """requests' way to a server, directly or by a proxy, with connections that keep to a meter."""

    def __init__(self, meter: Meter, response: type[Response] = Response, **pool: Any) -> None:
        """`response` may look at answers' headers; `pool` is as of requests' own adapter."""
        self._pools = _pools(meter, response)
        super().__init__(**pool)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """For servers that are reached directly."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """For those behind a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(given: Meter, response: type[Response]) -> dict[str, type[HTTPConnectionPool]]:
    class Answer(response):  # type: ignore[valid-type, misc]
        meter = given

    class Cut(HTTPConnection):
        response_class = Answer

        def send(self, data: Any) -> None:
            if self.sock is not None:
                self.sock.settimeout(given.seconds())
            super().send(data)

    class SecureCut(Cut, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Cut

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureCut

    return {"http": PlainPool, "https": SecurePool}
