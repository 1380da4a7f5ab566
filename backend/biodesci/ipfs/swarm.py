"""A private swarm: who of several machines' nodes may talk, and where they listen.

All of them hold one key (libp2p's pre-shared key; https://github.com/libp2p/specs, folder pnet). Who
has it is a member, who has not gets no further than the TCP connection. There is no other membership, so
the key is handed on like any secret, and made anew when a member leaves.
"""

from __future__ import annotations

import ipaddress
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from biodesci.core import files
from biodesci.core.errors import ConfigurationError, StateError

_HEAD: Final = "/key/swarm/psk/1.0.0/\n/base16/\n"
_PEER: Final = re.compile(r"(/(?:ip4|ip6|dns|dns4|dns6)/[^/]+/tcp/\d{1,5})/p2p/([1-9A-HJ-NP-Za-km-z]{40,70})")


def make_key(path: Path) -> None:
    """Writes a new key for a swarm, for its owner's eyes alone. StateError where there is a file already."""
    if path.exists():
        raise StateError(f"{path} exists already.", "Name another file; members need the same key.")
    files.write_private(path, f"{_HEAD}{os.urandom(32).hex()}\n".encode())


def read_key(path: Path) -> bytes:
    """The file of the swarm's key as it stands. ConfigurationError: it holds none, or others may read it."""
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as exc:
        raise ConfigurationError(
            f"The swarm's key {path} cannot be read.", "Make one: biodesci ipfs swarm-key FILE."
        ) from exc
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            f"Other users of this machine may read the swarm's key {path}.", f"chmod 600 {path}"
        )
    if re.fullmatch(re.escape(_HEAD).encode() + rb"[0-9a-f]{64}\n?", content) is None:
        raise ConfigurationError(
            f"{path} does not hold the key of a swarm.", "Make one: biodesci ipfs swarm-key FILE."
        )
    return content


@dataclass(frozen=True)
class Swarm:
    """Where a node listens for other nodes, and which it keeps up connections to.

    Without a key it listens on loopback, on a port of the system's choice, and connects to nobody elsewhere.
    """

    key: bytes | None = None
    listen: str = "/ip4/127.0.0.1/tcp/0"
    peers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def chosen(cls, key_file: Path | None, listen: str | None, peers: list[str]) -> Swarm:
        """By the node's options: the key's file, `ADDRESS:PORT`, and multiaddresses that end in a peer id.

        ConfigurationError for what is malformed, and for an address or peer without a key: a node that
        others reach must know who they are.
        """
        if key_file is None and (listen or peers):
            raise ConfigurationError(
                "A node that others reach needs the key of its swarm.",
                "Give --swarm-key FILE, or no --listen and no --peer. To make it: biodesci ipfs swarm-key.",
            )
        if key_file is None:
            return cls()
        return cls(read_key(key_file), _multiaddr(listen or "127.0.0.1:0"), tuple(map(_peer, peers)))

    def reaches(self, address: str) -> bool:
        """Whether the node may be asked to connect to this multiaddress."""
        return self.key is not None or address.startswith(("/ip4/127.0.0.1/", "/ip6/::1/"))

    def write(self, repo: Path, config: dict[str, Any]) -> None:
        """Puts all this into a Kubo configuration, and the key into the repository (or out of it).

        Only TCP carries a private swarm: QUIC and WebTransport know no pre-shared key. The other nodes are
        peers alone, not bootstrap nodes, too: Kubo calls those before its exchange of blocks listens for
        connections, and over one that was made so early it asks for nothing, ever.
        """
        path = repo / "swarm.key"
        if self.key is None:
            path.unlink(missing_ok=True)
        else:
            files.write_private(path, self.key)
        config["Addresses"] |= {"Swarm": [self.listen], "Announce": [], "NoAnnounce": []}
        config["Bootstrap"] = []
        config["Peering"] = {"Peers": [{"ID": peer, "Addrs": [address]} for address, peer in self.peers]}
        config["Swarm"]["Transports"] = {
            "Network": {"TCP": True, "QUIC": False, "WebTransport": False, "Websocket": False, "Relay": False}
        }


def _multiaddr(text: str) -> str:
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        if not port.isdecimal() or int(port) > 65_535:
            raise ValueError
    except ValueError:
        raise ConfigurationError(
            f"{text!r} is no address to listen on.", "Give ADDRESS:PORT, such as 10.0.0.5:4001."
        ) from None
    return f"/ip{address.version}/{address}/tcp/{int(port)}"


def _peer(text: str) -> tuple[str, str]:
    match = _PEER.fullmatch(text)
    if match is None:
        raise ConfigurationError(
            f"{text!r} is no address of a peer.",
            "Give what `biodesci ipfs peers` shows there, such as /ip4/10.0.0.6/tcp/4001/p2p/12D3KooW….",
        )
    return match[1], match[2]
