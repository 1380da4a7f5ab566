"""A node that lies, hangs or floods: the client ends in time, in a few megabytes, by an error that says so.

The node is tests/faults/ipfs_server.py. Memory is that of a client in a process of its own.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from biodesci.core.errors import ConfigurationError, IntegrityError, NotFoundError, UnavailableError
from biodesci.ipfs import unixfs
from biodesci.ipfs.ahead import Ahead
from biodesci.ipfs.client import Ipfs
from tests.backend.conftest import IpfsNode
from tests.faults import ipfs_server
from tests.faults.ipfs_server import MODES, Mode, ends, lying
from tests.waiting import LATE_S, in_time

_FLOODS = [
    ipfs_server.endless_body,
    ipfs_server.announced_body,
    ipfs_server.one_huge_chunk,
    ipfs_server.gzip_bomb,
    ipfs_server.huge_error,
]


@pytest.mark.parametrize("mode", _FLOODS, ids=lambda mode: mode.__name__)
def test_a_flood_takes_no_memory(mode: Mode) -> None:
    name, _, megabytes = ends(mode, timeout=LATE_S)
    assert name == MODES[mode], "it is cut by its size, long before the client has waited enough"
    assert megabytes < 24


_DRIPS = [ipfs_server.slow_body, ipfs_server.slow_headers, ipfs_server.silence]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.__name__)
def test_each_lie_ends_in_time_by_its_error(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = 1.0 if mode in _DRIPS else LATE_S
    monkeypatch.setattr(Ipfs, "_seconds", lambda self: patience)
    with lying(mode) as server:
        with in_time(), pytest.raises(Exception) as caught:
            Ipfs(server.url, timeout=0.5).cat(bytes(32))
        assert type(caught.value).__name__ == MODES[mode]
        assert len(str(caught.value)) < 500
        assert str(caught.value).isprintable()
        assert server.strays == 0


@pytest.mark.parametrize("mode", _DRIPS, ids=lambda mode: mode.__name__)
def test_a_drip_ends_every_call(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ipfs, "_seconds", lambda self: 0.5)
    monkeypatch.setattr("biodesci.ipfs.client._ADD_SECONDS", 0.5)
    with lying(mode) as server:
        ipfs = Ipfs(server.url, timeout=0.5)
        for call in (ipfs.ready, lambda: ipfs.add(b"x"), lambda: ipfs.pin(bytes(32))):
            with in_time(), pytest.raises((NotFoundError, UnavailableError, IntegrityError)):
                call()


def test_no_cookie_no_proxy_no_login_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login nobody password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with lying(ipfs_server.cookies) as server:
        ipfs = Ipfs(server.url, timeout=LATE_S)
        for _ in range(2):
            with pytest.raises(IntegrityError):
                ipfs.cat(bytes(32))
        assert len(server.asked) == 2  # by no proxy
        heads = "".join(server.asked)
        assert "Cookie" not in heads
        assert "Authorization" not in heads
        assert "Accept-Encoding: identity" in heads


def test_a_file_that_comes_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block comes in time; all of them would take days."""
    monkeypatch.setattr(Ahead, "SLOWEST", 1 << 20)
    ipfs = Ipfs("http://127.0.0.1:9", timeout=-4.9)  # a patience of 0.1 s
    leaf = unixfs._field(1, unixfs._unixfs(b"x" * 10, 10, ()))
    link = unixfs.Link(unixfs.hashlib.sha256(leaf).digest())
    asked = 0

    def slowly(_: unixfs.Link) -> bytes:
        nonlocal asked
        asked += 1
        time.sleep(0.08)
        return leaf

    monkeypatch.setattr(ipfs._blocks, "_fetch", slowly)
    with ipfs._blocks.reading() as blocks, pytest.raises(UnavailableError, match="KiB a second"):
        for _ in range(100):
            blocks.fetch(link)
    assert asked < 5


class Relay:
    """A connection to a node that is far away: each byte takes `seconds` more in each direction."""

    def __init__(self, port: int, seconds: float) -> None:
        self._target, self._seconds = port, seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            for source, target in ((near, far), (far, near)):
                target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        late = True
        try:
            while piece := source.recv(1 << 20):
                if late:
                    time.sleep(self._seconds)
                target.sendall(piece)
                # What follows at once travels together with it.
                source.settimeout(0.005)
                try:
                    source.recv(1, socket.MSG_PEEK)
                    late = False
                except TimeoutError:
                    late = True
                source.settimeout(None)
        except OSError:
            pass
        finally:
            target.close()


@pytest.fixture
def relay(ipfs_node: IpfsNode) -> Iterator[Relay]:
    relay = Relay(int(ipfs_node.api.rsplit(":", 1)[1]), 0.03)
    yield relay
    relay.close()


def test_many_blocks_come_several_at_once(
    ipfs_node: IpfsNode, relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a node that is far away each is on its way for 0.06 s at least, and others are meanwhile."""
    data = os.urandom(60 * unixfs.CHUNK)
    digest = Ipfs(ipfs_node.api).add(data)
    ipfs = Ipfs(relay.url)
    fetch, lock, coming, most = ipfs._blocks._fetch, threading.Lock(), 0, 0

    def counted(link: unixfs.Link) -> bytes:
        nonlocal coming, most
        with lock:
            coming += 1
            most = max(most, coming)
        try:
            return fetch(link)
        finally:
            with lock:
                coming -= 1

    monkeypatch.setattr(ipfs._blocks, "_fetch", counted)
    ipfs.download(digest, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == data
    assert most >= 4


@pytest.mark.parametrize("api", ["http://user:secret@127.0.0.1:5001", "https://:secret@x/"])
def test_a_login_in_the_address_is_refused_and_not_repeated(api: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Ipfs(api)
    assert "secret" not in str(caught.value)
