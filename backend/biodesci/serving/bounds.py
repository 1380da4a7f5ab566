"""What a server gives to a client at most: time, bytes, connections."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from biodesci.core.errors import ConfigurationError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Bounds:
    """Deadlines in seconds, sizes in bytes. The defaults are for small requests of many clients."""

    head: float = 10.0  # from its first byte, or from the connection, to the end of a request's headers
    body: float = 10.0  # for a body, and `slowest` bytes a second on top
    slowest: int = 16 << 10
    idle: float = 15.0  # between two requests of a connection
    stalled: float = 30.0  # a client that takes nothing of its answer
    closing: float = 5.0  # to take the rest of an answer, or send the rest of a refused body
    head_bytes: int = 32 << 10
    headers: int = 100
    connections: int = 1_000
    per_client: int = 64
    refresh: float = 0.25  # between two looks for what is overdue


def networks(text: str) -> tuple[Network, ...]:
    """The addresses and networks (CIDR) in a text, by spaces or commas. Raises ConfigurationError."""
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in text.replace(",", " ").split())
    except ValueError as exc:
        raise ConfigurationError(
            "BIODESCI_TRUSTED_PROXIES should be addresses or networks, with spaces between them.",
            "Name the proxies before this server, such as 127.0.0.1 or 10.0.0.0/8.",
        ) from exc


@lru_cache(4096)
def is_within(address: str, trusted: tuple[Network, ...]) -> bool:
    """Whether an address, as a socket or a header has it, is in one of the networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in trusted)


@lru_cache(4096)
def client_of(address: str) -> str:
    """Whose address it is, for counting: of IPv6 the network of 64 bits, all of which one client has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)).network_address)


def hosts(named: Iterable[str]) -> frozenset[str]:
    """The values of a Host header that are answered, without ports: those named, and this machine's own."""
    return frozenset((*_LOOPBACK, *(host_of(name) for name in named if name)))


def host_of(authority: str) -> str:
    """The host of `host:port`, in lower case; of IPv6 with its brackets."""
    text = authority.strip().lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0].removesuffix(".") if text.count(":") < 2 else f"[{text}]"
