"""Questions to HTTP servers of other parties: bounded answers, a deadline, one address.

A server that answers without end, byte by byte, in a packed form, or with another address costs who asks no
more memory than an answer may have and no more time than the question may take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpcore
import httpx

from biodesci.asking.clock import Clock

_PIECE: Final = 1 << 16
_SLOWEST: Final = 16 << 10  # bytes a second: what travels at this pace has time of its own


@dataclass(frozen=True)
class Answer:
    """Status and body. `is_cut`: the server had more to say than the limit; the rest was not read.
    `media_type` is what the server calls it, without parameters, in lower case; `range` its Content-Range."""

    status: int
    body: bytes
    is_cut: bool
    media_type: str
    range: str = ""


class Asker:
    """Asks by HTTP. Safe to use from several threads."""

    def __init__(
        self, seconds: float, transport: httpx.BaseTransport | None = None, *, trust_env: bool = True
    ) -> None:
        """`seconds` is how long one question may take, beyond what its bytes need at 16 KiB a second.

        `transport` stands for the network. With `trust_env` a proxy of the environment is used.
        """
        self._seconds = seconds
        self._clock = Clock(_SLOWEST)
        self._client = httpx.Client(
            timeout=seconds, transport=transport, follow_redirects=False, trust_env=trust_env
        )
        # httpx has no other way to the sockets, where alone a slow header is noticed.
        for each in (self._client._transport, *self._client._mounts.values()):
            if isinstance(each, httpx.HTTPTransport):
                pool: Any = each._pool
                pool._network_backend = _Backend(pool._network_backend, self._clock)

    def ask(
        self,
        method: str,
        url: str,
        limit: Callable[[int], int],
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Asks once. `limit` says how many bytes an answer with a status may have.

        Raises httpx.HTTPError where the server does not answer, or not in time. A redirect is an answer like
        any other.
        """
        body = bytearray()
        # What is packed could be small on the way and of any size here.
        sent = {**(headers or {}), "Accept-Encoding": "identity"}
        with (
            self._clock.within(self._seconds),
            self._client.stream(method, url, content=content, headers=sent) as response,
        ):
            largest = limit(response.status_code)
            for piece in response.iter_raw(_PIECE):
                body += piece
                if len(body) > largest:
                    break
        media_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        range_ = response.headers.get("Content-Range", "")
        return Answer(response.status_code, bytes(body[:largest]), len(body) > largest, media_type, range_)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _left(clock: Clock, timeout: float | None, late: type[httpcore.TimeoutException]) -> float:
    try:
        left = clock.seconds()
    except TimeoutError as exc:
        raise late(str(exc)) from exc
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, clock: Clock) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _left(self._clock, timeout, httpcore.ReadTimeout))
        self._clock.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._inner.write(piece, _left(self._clock, timeout, httpcore.WriteTimeout))
            self._clock.spend(len(piece))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(*args, **kwargs), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, clock: Clock) -> None:
        self._inner, self._clock = inner, clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._clock, timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._clock)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)
