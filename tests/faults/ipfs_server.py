"""An IPFS node that lies in every way it can think of, and what a client's memory does meanwhile."""

from __future__ import annotations

import functools
import gzip
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PIECE: Final = bytes(1 << 16)
_HUGE: Final = 1_500_000_000
Mode = Callable[["Connection"], None]


class Connection:
    """One question of the client, and the ways to answer it badly. `other` is a port that nobody may ask."""

    def __init__(self, sock: socket.socket, other: int, ended: threading.Event) -> None:
        self.sock, self.other, self.ended = sock, other, ended

    def head(self, *headers: str, status: str = "200 OK") -> None:
        self.sock.sendall("\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode())

    def flood(self) -> None:
        for _ in range(_HUGE // len(_PIECE)):
            self.sock.sendall(_PIECE)

    def drip(self, piece: bytes) -> None:
        while not self.ended.wait(0.2):
            self.sock.sendall(piece)

    def whole(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        self.head(f"Content-Length: {len(body)}", *headers, status=status)
        self.sock.sendall(body)


def endless_body(c: Connection) -> None:
    c.head("Content-Type: text/plain", "Connection: close")
    c.flood()


def announced_body(c: Connection) -> None:
    c.head(f"Content-Length: {_HUGE}")
    c.flood()


def absurd_length(c: Connection) -> None:
    c.head(f"Content-Length: {1 << 70}")
    c.flood()


def endless_chunks(c: Connection) -> None:
    c.head("Transfer-Encoding: chunked")
    for _ in range(_HUGE // len(_PIECE)):
        c.sock.sendall(b"10000\r\n" + _PIECE + b"\r\n")


def one_huge_chunk(c: Connection) -> None:
    c.head("Transfer-Encoding: chunked")
    c.sock.sendall(b"%x\r\n" % _HUGE)
    c.flood()


def tiny_chunks(c: Connection) -> None:
    c.head("Transfer-Encoding: chunked")
    for _ in range(_HUGE // len(_PIECE)):
        c.sock.sendall(b"1\r\nx\r\n" * 10_000)


def slow_body(c: Connection) -> None:
    c.head("Content-Length: 1000000")
    c.drip(b"x")


def slow_headers(c: Connection) -> None:
    c.sock.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    c.drip(b"x")


def silence(c: Connection) -> None:
    c.ended.wait()


def continues(c: Connection) -> None:
    for _ in range(_HUGE // len(_PIECE)):
        c.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000)


def redirect(c: Connection) -> None:
    target = f"Location: http://127.0.0.1:{c.other}/api/v0/block/get"
    c.whole(b"", target, status="307 Temporary Redirect")


@functools.cache
def _bomb() -> bytes:
    """A block of 1 MiB of gzip members, which unpack to 1 GiB."""
    return gzip.compress(bytes(16 << 20), 9) * 64


def gzip_bomb(c: Connection) -> None:
    c.whole(_bomb(), "Content-Encoding: gzip")


def short_body(c: Connection) -> None:
    c.head("Content-Length: 1000")
    c.sock.sendall(b"x" * 10)


def wrong_block(c: Connection) -> None:
    c.whole(b"lies")


def block_too_large(c: Connection) -> None:
    c.whole(bytes((2 << 20) + 1))


def deep_json(c: Connection) -> None:
    c.whole(b"[" * 15_000, "Content-Type: application/json")


def many_lines(c: Connection) -> None:
    c.whole(b"[\n" + b"1,\n" * 5_000, "Content-Type: application/json")


def huge_header(c: Connection) -> None:
    c.sock.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(90):
        c.sock.sendall(b"X-%d: " % number + b"a" * 65_000 + b"\r\n")
    c.flood()


def endless_header(c: Connection) -> None:
    c.sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    c.flood()


def broken_header(c: Connection) -> None:
    c.whole(b"x", "\x1b[2Jno colon")


def huge_error(c: Connection) -> None:
    c.whole(b'{"Message": "' + b"e" * 100_000_000 + b'"}', status="500 Internal Server Error")


def foul_error(c: Connection) -> None:
    text = r"\u001b]0;owned\u0007\r\n2026 ERROR forged line \u202e" + "w" * 3_000
    c.whole(f'{{"Message": "{text}", "Type": "error"}}'.encode(), status="500 Internal Server Error")


def cookies(c: Connection) -> None:
    c.whole(b"lies", "Set-Cookie: session=1; Max-Age=10000")


# How a `cat` has to end: by the name of the error. All of them end within the client's deadline.
MODES: Final[dict[Mode, str]] = {
    endless_body: "IntegrityError",
    announced_body: "IntegrityError",
    absurd_length: "IntegrityError",
    endless_chunks: "IntegrityError",
    one_huge_chunk: "IntegrityError",
    tiny_chunks: "IntegrityError",
    slow_body: "NotFoundError",
    slow_headers: "NotFoundError",
    silence: "NotFoundError",
    continues: "IntegrityError",
    redirect: "UnavailableError",
    gzip_bomb: "IntegrityError",
    short_body: "UnavailableError",
    wrong_block: "IntegrityError",
    block_too_large: "IntegrityError",
    deep_json: "IntegrityError",
    many_lines: "IntegrityError",
    huge_header: "IntegrityError",
    endless_header: "IntegrityError",
    broken_header: "IntegrityError",
    huge_error: "IntegrityError",
    foul_error: "UnavailableError",
    cookies: "IntegrityError",
}


class LyingServer:
    """Answers every question by `mode`. `asked` holds the questions' heads; `strays` counts connections to
    the port that a redirect names."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.asked: list[str] = []
        self.strays = 0
        self.ended = threading.Event()
        self._main, self._other = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
        self.url = f"http://127.0.0.1:{self._main.getsockname()[1]}"
        threading.Thread(target=self._accept, args=(self._main, self._answer), daemon=True).start()
        threading.Thread(target=self._accept, args=(self._other, self._stray), daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        for listener in (self._main, self._other):
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(sock,), daemon=True).start()

    def _stray(self, sock: socket.socket) -> None:
        self.strays += 1
        sock.close()

    def _answer(self, sock: socket.socket) -> None:
        with sock:
            try:
                while head := _question(sock):
                    self.asked.append(head)
                    self.mode(Connection(sock, self._other.getsockname()[1], self.ended))
                    if self.mode is short_body:
                        return
            except OSError:
                return  # the client had enough


def _question(sock: socket.socket) -> str:
    """The next question's head; what it carries is read and dropped."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65_536)
        if not piece:
            return ""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        while not body.endswith(b"0\r\n\r\n"):
            body += sock.recv(65_536)
    return head.decode()


@contextmanager
def lying(mode: Mode) -> Iterator[LyingServer]:
    """A node that answers by `mode`."""
    server = LyingServer(mode)
    try:
        yield server
    finally:
        server.close()


_CHILD: Final = """
import sys, time
from pathlib import Path
from biodesci.core.errors import BioDeSciError
from biodesci.ipfs.client import Ipfs

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])

client = Ipfs(sys.argv[1], timeout=float(sys.argv[2]))
before, began = peak(), time.monotonic()
try:
    client.cat(bytes(32))
    name = "nothing"
except BioDeSciError as exc:
    name = type(exc).__name__
print(name, time.monotonic() - began, (peak() - before) / 1024)
"""


def ends(mode: Mode, timeout: float = 0.5) -> tuple[str, float, float]:
    """How a `cat` by a client in a process of its own ends: the error's name, seconds, and the MB by which
    its peak memory grew."""
    with lying(mode) as server:
        child = subprocess.run(
            [sys.executable, "-c", _CHILD, server.url, str(timeout)],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
            cwd=Path(__file__).parents[2],
        )
    name, seconds, megabytes = child.stdout.split()
    return name, float(seconds), float(megabytes)


def lying_peak_mb() -> float:
    """The figure `ipfs.lying_peak_MB`: the most that a client's memory grows, over all of the lies."""
    return max(ends(mode)[2] for mode in MODES)


if __name__ == "__main__":
    for each in MODES:
        began = time.monotonic()
        print(each.__name__, *ends(each), f"{time.monotonic() - began:.1f} s")
