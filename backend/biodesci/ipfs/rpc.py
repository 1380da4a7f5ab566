"""The part of Kubo's RPC API (https://docs.ipfs.tech/reference/kubo/rpc/) that the embedded node answers.

Like Kubo's own it takes POST alone, and nothing from a web page: a foreign Origin or Host is refused.
"""

from __future__ import annotations

import json
import logging
import shutil
import tarfile
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from biodesci.core import cid
from biodesci.core.errors import BioDeSciError, InputError
from biodesci.core.files import is_full
from biodesci.ipfs import multipart, unixfs
from biodesci.ipfs.kubo import VERSION
from biodesci.ipfs.store import DEFAULT_TIMEOUT, Files
from biodesci.ipfs.unixfs import Link
from biodesci.serving.threads import BoundedHandler

_log: Final = logging.getLogger(__name__)
_LOCAL_HOSTS: Final = {"127.0.0.1", "localhost", "[::1]"}
_SAME_AS_DEFAULT: Final = {
    "cid-version": {"0"},
    "raw-leaves": {"false"},
    "nocopy": {"false"},
    "wrap-with-directory": {"false"},
    "trickle": {"false"},
    "chunker": {f"size-{unixfs.CHUNK}"},
    "hash": {"sha2-256"},
    "recursive": {"false", "true"},
}


class RpcHandler(BoundedHandler):
    """One connection. `files` is set on a subclass by ipfs/node.py."""

    files: ClassVar[Files]
    server_version = f"biodesci-kubo/{VERSION}"

    def do_POST(self) -> None:
        """Run the command that the path names. An error is Kubo's JSON object with `Message`.

        Status 403 is for a web page's or another host's request, 404 for an unknown command, 400 for wrong
        arguments, and 500 for everything that went wrong in the node.
        """
        parts = urlsplit(self.path)
        self._options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self._started = False
        try:
            if self.headers.get("Origin") or self._host() not in _LOCAL_HOSTS:
                self._fail(403, "403 - Forbidden: this API is not for web pages")
                return
            command = _COMMANDS.get(parts.path.removeprefix("/api/v0/"))
            if command is None:
                self._fail(404, f"command not found: {parts.path}")
                return
            if command is not RpcHandler.add and self._has_body():
                self.close_connection = True  # nobody reads it: it must not be taken for the next request
            command(self)
        except InputError as exc:
            self._fail(400, exc.message)
        except BioDeSciError as exc:
            self._fail(500, exc.message)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        except OSError as exc:
            _log.error("%s failed: %s", parts.path, exc.strerror)
            self._fail(500, "no space left on device" if is_full(exc) else f"input/output error: {exc}")

    def do_GET(self) -> None:
        """Refuse every method but POST with status 405, as Kubo does: a link must not run a command."""
        self._started = False
        self._fail(405, "405 - Method Not Allowed: use POST")

    do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_GET

    def _host(self) -> str:
        return self.headers.get("Host", "").rsplit(":", 1)[0]

    # commands

    def version(self) -> None:
        """`version`: the version of Kubo that is embedded."""
        self._json({"Version": VERSION, "Commit": "", "Repo": "14", "System": "", "Golang": ""})

    def id(self) -> None:
        """`id`: this node's peer id, and the multiaddresses under which it is reached."""
        peer, addresses = self.files.kubo.identity()
        self._json(
            {
                "ID": peer,
                "Addresses": [f"{address}/p2p/{peer}" for address in addresses],
                "AgentVersion": f"kubo/{VERSION}/",
            }
        )

    def add(self) -> None:
        """`add`: store each file of the multipart body, pinned unless `pin=false`; one JSON line for each.

        With `only-hash=true` nothing is stored. Raises InputError for a body without a file, and for an
        option whose value would give another CID than the default: the embedded node has one layout only.
        """
        for name, value in self._options.items():
            if value.lower() not in _SAME_AS_DEFAULT.get(name, {value.lower()}):
                raise InputError(f"option {name}={value} is not supported by the embedded node")
        answers = []
        for pieces in multipart.files(self._body(), self.headers.get("Content-Type", "")):
            digest, size = self.files.add(
                pieces, only_hash=self._flag("only-hash"), pin=self._flag("pin", True)
            )
            text = cid.to_v0(digest)
            answers.append({"Name": text, "Hash": text, "Size": str(size)})
        if not answers:
            raise InputError("file argument 'path' is required")
        self._send(b"".join(json.dumps(answer).encode() + b"\n" for answer in answers), "application/json")

    def cat(self) -> None:
        """`cat`: a file's bytes from `offset`, at most `length` of them, within `timeout` (such as 30s).

        Raises InputError for an offset behind the end of the file.
        """
        digest = self._digest()
        size = self.files.size(digest, self._timeout())
        start = self._number("offset", 0)
        stop = min(size, start + self._number("length", size))
        if start > size:
            raise InputError(f"offset {start} is behind the end of the file ({size} bytes)")
        self._stream(self.files.read(digest, start, stop, self._timeout()), "text/plain")

    def get(self) -> None:
        """`get`: a file as a tar archive that holds it alone, under its CID."""
        digest = self._digest()
        size = self.files.size(digest, self._timeout())
        header = tarfile.TarInfo(cid.to_v0(digest))
        header.size = size

        def archive() -> Iterator[bytes]:
            yield header.tobuf(tarfile.PAX_FORMAT)
            yield from self.files.read(digest, 0, None, self._timeout())
            yield bytes(-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)

        self._stream(archive(), "application/x-tar")

    def ls(self) -> None:
        """`ls`: a directory's entries by name and CID; none for a file. Sizes and types are not given (0)."""
        link = self._link()
        node = unixfs.parse(link, self.files.block(link, self._timeout()))
        links = [{"Name": child.name, "Hash": child.cid, "Size": 0, "Type": 0} for child in node.links]
        shown = links if node.directory else []
        self._json({"Objects": [{"Hash": link.cid, "Links": shown}]})

    def pin_add(self) -> None:
        """`pin/add`: keep a file, after all of it was fetched from peers where this node lacks it."""
        digest = self._digest()
        self.files.keep(digest, self._timeout())
        self._json({"Pins": [cid.to_v0(digest)]})

    def pin_ls(self) -> None:
        """`pin/ls`: all pins, or the one that `arg` names; InputError when that is not pinned."""
        pins = self.files.kubo.pins()
        if "arg" in self._options:
            wanted = cid.to_v0(self._digest())
            if wanted not in pins:
                raise InputError(f"path '{wanted}' is not pinned")
            pins = [wanted]
        self._json({"Keys": {pin: {"Type": "recursive"} for pin in pins}})

    def pin_rm(self) -> None:
        """`pin/rm`: no longer keep a file. NotFoundError when it was not pinned."""
        digest = self._digest()
        self.files.kubo.unpin(digest)
        self._json({"Pins": [cid.to_v0(digest)]})

    def block_get(self) -> None:
        """`block/get`: one block, checked against its CID, from a peer if need be and not `offline`."""
        block = self.files.block(self._link(), self._timeout(), offline=self._flag("offline"))
        self._send(block, "application/octet-stream")

    def block_stat(self) -> None:
        """`block/stat`: one block's CID and its size in bytes."""
        link = self._link()
        self._json({"Key": link.cid, "Size": len(self.files.block(link, self._timeout()))})

    def swarm_connect(self) -> None:
        """`swarm/connect`: connect to the peer with the multiaddress `arg`.

        Raises InputError for an address elsewhere, unless the node is in a private swarm.
        """
        address = self._options.get("arg", "")
        if not self.files.kubo.swarm.reaches(address):
            raise InputError("without a swarm's key the embedded node connects to this machine alone")
        self.files.kubo.connect(address)
        self._json({"Strings": [f"connect {address.rsplit('/', 1)[-1]} success"]})

    def swarm_peers(self) -> None:
        """`swarm/peers`: address and peer id of each connected peer."""
        peers = self.files.kubo.peers()
        self._json(
            {"Peers": [{"Addr": p.rpartition("/p2p/")[0], "Peer": p.rsplit("/", 1)[-1]} for p in peers]}
        )

    def repo_gc(self) -> None:
        """`repo/gc`: remove every block that no pin holds; one JSON line for each, unless `silent`."""
        removed = self.files.collect()
        told = [] if self._flag("silent") else removed
        lines = [json.dumps({"Key": {"/": link.cid}}).encode() + b"\n" for link in told]
        self._send(b"".join(lines), "application/json")

    def repo_stat(self) -> None:
        """`repo/stat`: how many blocks there are, their bytes, and those that there may be."""
        blocks, size = self.files.size_of_repository()
        free = shutil.disk_usage(self.files.kubo.incoming).free
        self._json(
            {
                "RepoSize": size,
                "StorageMax": min(size + free, self.files.storage_max),
                "NumObjects": blocks,
                "RepoPath": "",
                "Version": "fs-repo@14",
            }
        )

    # arguments

    def _link(self) -> Link:
        text = self._options.get("arg", "").removeprefix("/ipfs/")
        if text.startswith("f01551220") and len(text) == 73:
            try:
                return Link(bytes.fromhex(text[9:]), raw=True)
            except ValueError:
                raise InputError(f"invalid path {text!r}") from None
        return Link(cid.to_digest(text))

    def _digest(self) -> bytes:
        return cid.to_digest(self._options.get("arg", "").removeprefix("/ipfs/"))

    def _flag(self, name: str, default: bool = False) -> bool:
        return self._options.get(name, str(default)).lower() == "true"

    def _number(self, name: str, default: int) -> int:
        text = self._options.get(name, str(default))
        if not text.isdecimal() or len(text) > 18:
            raise InputError(f"option {name} must be a number that is not negative")
        return int(text)

    def _timeout(self) -> float:
        text = self._options.get("timeout", "").removesuffix("s")
        try:
            return min(float(text), 600.0) if text else DEFAULT_TIMEOUT
        except ValueError:
            raise InputError("option timeout must be seconds, such as 30s") from None

    def _has_body(self) -> bool:
        return self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers

    def _body(self) -> multipart.Body:
        source = self.body_source()
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return multipart.ChunkedBody(source)
        length = self.headers.get("Content-Length", "0")
        return multipart.LengthBody(source, int(length) if length.isdecimal() and len(length) <= 18 else 0)

    # answers

    def _json(self, content: dict[str, Any]) -> None:
        self._send(json.dumps(content).encode() + b"\n", "application/json")

    def _send(self, content: bytes, kind: str, status: int = 200) -> None:
        self._started = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, pieces: Iterator[bytes], kind: str) -> None:
        first = next(pieces, b"")  # an error here still gets a status of its own
        self._started = True
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("X-Stream-Output", "1")
        self.end_headers()
        self._chunk(first)
        for piece in pieces:
            self._chunk(piece)
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, piece: bytes) -> None:
        if piece:
            self.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")

    def _fail(self, status: int, message: str) -> None:
        # The body may be unread, and a stream that breaks off must not look complete.
        self.close_connection = True
        if self._started:
            return
        content = json.dumps({"Message": message, "Code": 0, "Type": "error"}).encode() + b"\n"
        self._started = True
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Log a request for debugging only; the base class would write each one to stderr."""
        _log.debug(format, *args)


_COMMANDS: Final[dict[str, Callable[[RpcHandler], None]]] = {
    "version": RpcHandler.version,
    "id": RpcHandler.id,
    "add": RpcHandler.add,
    "cat": RpcHandler.cat,
    "get": RpcHandler.get,
    "ls": RpcHandler.ls,
    "pin/add": RpcHandler.pin_add,
    "pin/ls": RpcHandler.pin_ls,
    "pin/rm": RpcHandler.pin_rm,
    "block/get": RpcHandler.block_get,
    "block/stat": RpcHandler.block_stat,
    "swarm/connect": RpcHandler.swarm_connect,
    "swarm/peers": RpcHandler.swarm_peers,
    "repo/gc": RpcHandler.repo_gc,
    "repo/stat": RpcHandler.repo_stat,
}
