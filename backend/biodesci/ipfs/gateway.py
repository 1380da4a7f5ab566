"""Read-only gateway: GET and HEAD /ipfs/<cid>, with Range, for the web page.

Open to any origin, unlike the RPC API: what it gives is public, and it changes nothing. Files are always
served as opaque bytes, so that nobody's upload runs as a page.
Path gateway: https://specs.ipfs.tech/http-gateways/path-gateway/
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from biodesci.core import cid
from biodesci.core.errors import BioDeSciError, InputError, NotFoundError
from biodesci.ipfs.store import Files
from biodesci.serving import ranges
from biodesci.serving.threads import BoundedHandler

_log: Final = logging.getLogger(__name__)
_TIMEOUT: Final = 10.0


class GatewayHandler(BoundedHandler):
    """One connection. `files` is set on a subclass by ipfs/node.py."""

    files: ClassVar[Files]
    server_version = "biodesci-gateway"

    def do_GET(self) -> None:
        """Answer GET or HEAD of /ipfs/<cid>: the file, one byte range of it, or 304 where the reader has it.

        Errors are 400 for a malformed CID, 404 for another path or a file that nobody connected has, 416 for
        a range behind the end, and 502 where the node's copy is damaged. A stream that fails midway ends
        before its announced length.
        """
        path = urlsplit(self.path).path
        self._started = False
        try:
            if not path.startswith("/ipfs/"):
                self._fail(404, "Only /ipfs/<cid> is served here.")
                return
            self._serve(cid.to_digest(path.removeprefix("/ipfs/")))
        except InputError as exc:
            self._fail(400, str(exc))
        except NotFoundError as exc:
            self._fail(404, str(exc))
        except BioDeSciError as exc:
            _log.error("%s: %s", path, exc)
            self._fail(502, str(exc))
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True

    do_HEAD = do_GET

    def do_OPTIONS(self) -> None:
        """Allow any origin to ask with Range and If-None-Match, and to remember so for a day.

        CORS preflight: https://fetch.spec.whatwg.org/#http-cors-protocol.
        """
        self.send_response(204)
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD")
        self.send_header("Access-Control-Allow-Headers", "Range, If-None-Match")
        self.send_header("Access-Control-Max-Age", "86400")
        self._open_headers()
        self.end_headers()

    def _serve(self, digest: bytes) -> None:
        tag = f'"{cid.from_digest(digest)}"'
        size = self.files.size(digest, _TIMEOUT)
        if self.headers.get("If-None-Match") == tag:
            self._start(304, tag, 0)
            self.end_headers()
            return
        asked = ranges.asked(self.headers.get("Range", ""), size)
        if asked.status == 416:
            self._start(416, tag, 0)
            self.send_header("Content-Range", f"bytes */{size}")
            self.end_headers()
            return
        pieces = self.files.read(digest, asked.start, asked.stop, _TIMEOUT)
        first = next(pieces, b"")  # an error here still gets a status of its own
        self._start(asked.status, tag, asked.stop - asked.start)
        if asked.status == 206:
            self.send_header("Content-Range", f"bytes {asked.start}-{asked.stop - 1}/{size}")
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(first)
        for piece in pieces:
            self.wfile.write(piece)

    def _start(self, status: int, tag: str, length: int) -> None:
        self._started = True
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", tag)
        self.send_header("Cache-Control", "public, max-age=29030400, immutable")
        self._open_headers()

    def _open_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag")
        self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "sandbox; default-src 'none'")

    def _fail(self, status: int, message: str) -> None:
        self.close_connection = True
        if self._started:  # fewer bytes than Content-Length says: the reader sees that it broke off
            return
        content = message.encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.send_header("Cache-Control", "no-store")
        self._open_headers()
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Log a request for debugging only; the base class would write each one to stderr."""
        _log.debug(format, *args)
