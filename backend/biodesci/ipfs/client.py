"""Client of an IPFS node's RPC API, through `ipfshttpclient`. It trusts no node.

Reading goes block by block, and each block is checked against the hash that names it before a byte of it is
handed on; adding compares the node's answer with the CID computed here. So the digest on chain decides what
is read, whoever serves it.
"""

from __future__ import annotations

import io
import ipaddress
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar
from urllib.parse import urlsplit

import ipfshttpclient
from ipfshttpclient import exceptions

from biodesci.core import cid
from biodesci.core.errors import (
    BioDeSciError,
    ConfigurationError,
    InputError,
    IntegrityError,
    NotFoundError,
    UnavailableError,
)
from biodesci.ipfs import unixfs
from biodesci.ipfs.unixfs import Link

# ipfshttpclient builds its connection pool with an argument that urllib3 2 only warns about.
warnings.filterwarnings(
    "ignore", message="The 'strict' parameter is no longer needed", category=FutureWarning
)

Progress = Callable[[int], None]
_Result = TypeVar("_Result")
_ADD_TIMEOUT: Final = 600.0
# Kubo's own words, of several versions.
_NOT_FOUND: Final = (
    "could not find",
    "not found",
    "no link named",
    "deadline exceeded",
    "timed out",
    "timeout",
)


class Ipfs:
    """One node, by the address of its API ("http://127.0.0.1:5001"). Safe to use from several threads.

    `timeout` (seconds) is how long the node may look for a block before it counts as not found.
    """

    def __init__(self, api: str, *, timeout: float = 30.0) -> None:
        self.api = api
        self._address = _multiaddr(api)
        self._timeout = timeout
        self._local = threading.local()

    def ready(self) -> None:
        """Raises UnavailableError unless the node answers."""
        self._call(lambda client: client.version(timeout=min(self._timeout, 10.0)))

    def add(self, data: bytes) -> bytes:
        """Adds and pins a blob. Returns the 32-byte digest of its CID."""
        return self._add(lambda: io.BytesIO(data), None)

    def add_file(self, path: Path, progress: Progress | None = None) -> bytes:
        """Adds and pins a file as a stream. `progress` is told how many more bytes were sent.

        Returns the 32-byte digest of its CID. Raises InputError when `path` is not a file.
        """
        if not path.is_file():
            raise InputError(f"{path} is not a file.")
        return self._add(lambda: path.open("rb"), progress)

    def cat(self, digest: bytes, *, max_size: int | None = None) -> bytes:
        """The blob's bytes, checked against the digest.

        NotFoundError: nobody has it. IntegrityError: the node gave something else. InputError: it is larger.
        """
        if max_size is not None and (size := self.size(digest)) > max_size:
            raise InputError(
                f"{cid.from_digest(digest)} has {size} bytes; at most {max_size} are taken here.",
                "It is not the kind of blob that was expected.",
            )
        return b"".join(unixfs.read(self._block, digest))

    def size(self, digest: bytes) -> int:
        """Size of the blob in bytes."""
        return unixfs.size(self._block, digest)

    def stream(self, digest: bytes, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The blob's bytes from `start` to `stop` in order, each piece checked."""
        return unixfs.read(self._block, digest, start, stop)

    def download(self, digest: bytes, target: Path, progress: Progress | None = None) -> None:
        """Writes the blob to `target`, which appears when complete.

        An interrupted download goes on where it stopped: what there is lies beside it, in `….part`.
        `progress` is told how many more bytes are there, those of an earlier attempt included.
        """
        part = target.with_name(f"{target.name}.{digest.hex()[:16]}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        size = self.size(digest)
        with part.open("ab") as output:
            done = output.tell()
            if done > size:
                output.truncate(0)
                done = 0
            if progress is not None:
                progress(done)
            for piece in unixfs.read(self._block, digest, done):
                output.write(piece)
                if progress is not None:
                    progress(len(piece))
            output.flush()
            os.fsync(output.fileno())
        part.replace(target)

    def pin(self, digest: bytes) -> None:
        """Asks the node to fetch the blob and keep it."""
        text = cid.to_v0(digest)
        self._call(lambda client: client.pin.add(text, opts=self._opts(), timeout=self._http_timeout()), text)

    def _add(self, opened: Callable[[], BinaryIO], progress: Progress | None) -> bytes:
        with opened() as source:
            expected = unixfs.digest_of(source)

        def send(client: Any) -> str:
            with opened() as source:
                sent = source if progress is None else _Watched(source, progress)
                answer = client.add(
                    sent, cid_version=0, raw_leaves=False, pin=True, chunker=_CHUNKER, timeout=_ADD_TIMEOUT
                )
            try:
                return str(answer["Hash"])
            except (KeyError, TypeError) as exc:
                raise IntegrityError(
                    "The IPFS node does not say what it stored.", "Use another node: it is faulty."
                ) from exc

        got = cid.to_digest(self._call(send))
        if got != expected:
            raise IntegrityError(
                f"The IPFS node stored {cid.from_digest(got)} instead of {cid.from_digest(expected)}.",
                "The file changed meanwhile, or the node is faulty: try again or use another node.",
            )
        return expected

    def _block(self, link: Link) -> bytes:
        def get(client: Any) -> bytes:
            return bytes(client.block.get(link.cid, opts=self._opts(), timeout=self._http_timeout()))

        return self._call(get, link.cid)

    def _opts(self) -> dict[str, str]:
        return {"timeout": f"{self._timeout:g}s"}

    def _http_timeout(self) -> float:
        return self._timeout + 5.0  # the node's own deadline comes first, and says more

    def _call(self, action: Callable[[Any], _Result], what: str = "") -> _Result:
        """Runs `action` on this thread's connection; once more on a fresh one when the old one was cut."""
        kept = getattr(self._local, "client", None)
        try:
            if kept is not None:
                try:
                    return action(kept)
                except (exceptions.ConnectionError, exceptions.ProtocolError):
                    self._drop()
            return action(self._connect())
        except exceptions.Error as exc:
            self._drop()
            raise self._translated(exc, what) from exc
        except OSError as exc:  # requests raises some of its own while a body is read
            self._drop()
            raise self._unavailable() from exc
        except RecursionError as exc:  # ipfshttpclient reads JSON answers
            self._drop()
            raise IntegrityError(
                "The IPFS node's answer is nested too deeply.", "Use another node: it is faulty."
            ) from exc

    def _connect(self) -> Any:
        # `ipfshttpclient.connect` would warn that daemons after 0.9 are new to it; these commands are not.
        client = ipfshttpclient.Client(self._address, session=True, timeout=self._http_timeout())
        self._local.client = client
        return client

    def _drop(self) -> None:
        client = getattr(self._local, "client", None)
        self._local.client = None
        if client is not None:
            client.close()

    def _translated(self, exc: Exception, what: str) -> BioDeSciError:
        if isinstance(exc, exceptions.ErrorResponse):
            message = str(exc.args[0])[:200] if exc.args else ""
            if "different hash" in message:
                return IntegrityError(
                    f"The IPFS node's copy of {what} is damaged.",
                    "Fetch from another node, or add the file again.",
                )
            if "no space left" in message:
                return UnavailableError(
                    "The IPFS node's disk is full.", "Free some space there, then try again."
                )
            if what and any(words in message for words in _NOT_FOUND):
                return NotFoundError(
                    f"Nobody reachable has {what}.", "Its publisher's node may be offline: try again later."
                )
            return UnavailableError(f"The IPFS node refused: {message}.", "Look at the node's log.")
        if isinstance(exc, exceptions.TimeoutError) and what:
            return NotFoundError(
                f"The IPFS node did not find {what} within {self._timeout:g} s.",
                "Its publisher's node may be offline: try again later.",
            )
        return self._unavailable()

    def _unavailable(self) -> UnavailableError:
        return UnavailableError(
            f"The IPFS node at {self.api} does not answer.",
            "Start it (`make up`), or set BIODESCI_IPFS_API.",
        )


_CHUNKER: Final = f"size-{unixfs.CHUNK}"


class _Watched(io.RawIOBase):
    """A file that tells how much of it was read."""

    def __init__(self, source: BinaryIO, progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        if piece:
            self._progress(len(piece))
        return piece


def _multiaddr(api: str) -> str:
    if api.startswith("/"):
        return api
    parts = urlsplit(api)
    host = parts.hostname
    try:
        port = parts.port
    except ValueError:
        host = None
    if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/"):
        raise ConfigurationError(
            f"{api!r} is not the address of an IPFS API.",
            "Give http://host:port, such as http://127.0.0.1:5001.",
        )
    try:
        kind = f"ip{ipaddress.ip_address(host).version}"
    except ValueError:
        kind = "dns"
    return f"/{kind}/{host}/tcp/{port or (443 if parts.scheme == 'https' else 80)}/{parts.scheme}"
