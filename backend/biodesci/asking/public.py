"""Questions to web servers that strangers named: by HTTPS, to public addresses alone.

A stranger may name any domain, and have it point anywhere: into our own network, to this machine, elsewhere
with each question (DNS rebinding). So a name is resolved once, all its addresses have to be public, and the
connection goes to one of those, while the certificate is checked for the name. No redirect is followed, no
proxy of the environment is used, and port, size and time are fixed.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import httpcore
import httpx

from biodesci.asking.http import Answer, Asker
from biodesci.core import domains
from biodesci.core.errors import AccessDeniedError, UnavailableError

_PORT: Final = 443
_TRIED: Final = 3  # addresses of one name
_MOST_WAITING: Final = 4  # names that are being resolved at once: a resolver knows no deadline of ours
_resolving: Final = threading.BoundedSemaphore(_MOST_WAITING)

Resolve = Callable[[str], Sequence[str]]


def addresses_of(name: str) -> list[str]:
    """What the system's resolver says, in its order. Raises OSError where it says nothing."""
    found = socket.getaddrinfo(name, _PORT, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


class PublicWeb:
    """Fetches files from domains that anybody may have named. Safe to use from several threads."""

    def __init__(
        self,
        seconds: float,
        *,
        trusted: ssl.SSLContext | None = None,
        resolve: Resolve = addresses_of,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        """`seconds` is how long a name may take to resolve, and then how long its server may take.

        `trusted` says whose certificates count (the usual authorities), `network` opens connections.
        """
        self._seconds = seconds
        self._trusted = trusted or httpx.create_ssl_context(trust_env=False)
        self._resolve = resolve
        self._network = network or httpcore.SyncBackend()

    def get(self, domain: str, path: str, limit: int) -> Answer:
        """What `https://domain/path` answers, at most `limit` bytes of it.

        Raises InputError for what is no public host's name, AccessDeniedError where its addresses are not all
        public, and UnavailableError where it does not resolve, answer, or show a certificate that counts.
        """
        name = domains.parse(domain)
        addresses = self._public(name)
        transport = httpx.HTTPTransport(verify=self._trusted, trust_env=False)
        pool: Any = transport._pool  # httpx has no other way to say where a name is
        pool._network_backend = _Pinned(self._network, addresses)
        try:
            with contextlib.closing(Asker(self._seconds, transport, trust_env=False)) as asker:
                return asker.ask(
                    "GET", f"https://{name}{path}", lambda _: limit, headers={"Accept": "application/json"}
                )
        except httpx.HTTPError as exc:
            raise UnavailableError(f"{name} {_why(exc)}.", "Try again later.") from exc

    def _public(self, name: str) -> list[str]:
        addresses = self._addresses(name)
        if not all(map(domains.is_public, addresses)):
            raise AccessDeniedError(
                f"{name} leads into a private network: it is not asked.",
                "Its owner should let it lead to a server that is public.",
            )
        return addresses

    def _addresses(self, name: str) -> list[str]:
        """In a thread of its own, which ends when the resolver does."""
        found: list[str] = []
        if not _resolving.acquire(timeout=self._seconds):
            raise UnavailableError("The resolver of names does not answer.", "Try again later.")

        def look() -> None:
            try:
                found.extend(self._resolve(name))
            except (OSError, UnicodeError):
                found.clear()
            finally:
                _resolving.release()

        thread = threading.Thread(target=look, name="resolve", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if thread.is_alive() or not found:
            raise UnavailableError(f"{name} leads to no address.", "Look at the name; or try again later.")
        return list(found)


class _Pinned(httpcore.NetworkBackend):
    """Connects to given addresses, whatever the name is."""

    def __init__(self, network: httpcore.NetworkBackend, addresses: Sequence[str]) -> None:
        self._network, self._addresses = network, addresses[:_TRIED]

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        each = None if timeout is None else timeout / len(self._addresses)
        failure: Exception | None = None
        for address in self._addresses:
            try:
                return self._network.connect_tcp(address, port, each, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _why(exc: httpx.HTTPError) -> str:
    """In words of ours: a server's own may hold anything."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "shows no certificate that counts"
        cause = cause.__cause__ or cause.__context__
    return "does not answer in time" if isinstance(exc, httpx.TimeoutException) else "does not answer"
