"""The client against real embedded nodes: whole processes, real Kubo, real sockets."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

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
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.processes import free_port
from tests.waiting import LATE_S, in_time

CHUNK = unixfs.CHUNK


class Node:
    """A node of its own for tests that kill or damage it."""

    def __init__(self, repo: Path, port: int | None = None) -> None:
        self.repo, self.port, self.gateway = repo, port or free_port(), free_port()
        self.process = self.spawn(self.port, "--gateway-port", str(self.gateway))
        self.client = Ipfs(f"http://127.0.0.1:{self.port}", timeout=LATE_S)
        deadline = time.monotonic() + LATE_S
        while True:
            try:
                self.client.ready()
                break
            except UnavailableError:
                assert self.process.poll() is None, self.output()
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def spawn(self, port: int, *more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "biodesci.ipfs.node",
                "--repo",
                str(self.repo),
                "--port",
                str(port),
                *more,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.repo.parent,
        )

    def output(self) -> str:
        return self.process.communicate(timeout=LATE_S)[0]

    def blocks(self) -> list[Path]:
        return sorted(self.repo.glob("blocks/*/*.data"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    nodes: list[Node] = []

    def begin(name: str = "repo", port: int | None = None) -> Node:
        nodes.append(Node(tmp_path / name, port))
        return nodes[-1]

    yield begin
    for node in nodes:
        if node.process.poll() is None:
            node.process.kill()
        node.process.wait()
        if node.process.stdout:
            node.process.stdout.close()


def test_its_log_is_json_where_that_is_asked_for(tmp_path: Path) -> None:
    options = [
        "--repo",
        str(tmp_path / "repo"),
        "--swarm-key",
        str(tmp_path / "none"),
        "--log-format",
        "json",
    ]
    command = [sys.executable, "-m", "biodesci.ipfs.node", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    (told,) = map(json.loads, done.stderr.splitlines())
    assert (told["worker"], told["level"]) == ("ipfs", "error")


@pytest.fixture
def ipfs(ipfs_node: object) -> Ipfs:
    return Ipfs(ipfs_node.api, timeout=5)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_round_trip_and_agreement_with_kubo(ipfs: Ipfs, size: int) -> None:
    data = os.urandom(size)
    digest = ipfs.add(data)
    assert digest == unixfs.digest_of(io.BytesIO(data))
    assert ipfs.cat(digest) == data
    assert ipfs.size(digest) == size
    assert b"".join(ipfs.stream(digest, size // 3, size // 2)) == data[size // 3 : size // 2]


def test_fifty_megabytes_by_file(ipfs: Ipfs, tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "out" / "b"
    source.write_bytes(os.urandom(50 << 20))
    sent: list[int] = []
    got: list[int] = []
    digest = ipfs.add_file(source, sent.append)
    ipfs.pin(digest)
    ipfs.download(digest, target, got.append)
    assert target.read_bytes() == source.read_bytes()
    assert sum(sent) == sum(got) == 50 << 20
    assert list(target.parent.iterdir()) == [target]


def test_download_resumes(ipfs: Ipfs, tmp_path: Path) -> None:
    data = os.urandom(10 * CHUNK)
    digest, target = ipfs.add(data), tmp_path / "file"

    def stop_at_half(count: int) -> None:
        nonlocal seen
        seen += count
        if seen >= 5 * CHUNK:
            raise KeyboardInterrupt

    seen = 0
    with pytest.raises(KeyboardInterrupt):
        ipfs.download(digest, target, stop_at_half)
    assert not target.exists()
    told: list[int] = []
    ipfs.download(digest, target, told.append)
    assert target.read_bytes() == data
    assert told[0] == 5 * CHUNK
    assert sum(told) == len(data)


def test_unknown_blob_is_not_found_soon(ipfs: Ipfs) -> None:
    patient = Ipfs(ipfs.api, timeout=100)
    for action in (patient.cat, patient.size, patient.pin):
        with in_time(), pytest.raises(NotFoundError):
            action(os.urandom(32))


def test_size_limit(ipfs: Ipfs) -> None:
    digest = ipfs.add(bytes(100))
    assert ipfs.cat(digest, max_size=100) == bytes(100)
    with pytest.raises(InputError, match="100 bytes"):
        ipfs.cat(digest, max_size=99)


def test_many_threads(ipfs: Ipfs) -> None:
    def work(_: int) -> bool:
        data = os.urandom(2000)
        return ipfs.cat(ipfs.add(data)) == data

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(48)))


def test_kill_and_restart_keeps_what_was_added(start: Callable[..., Node]) -> None:
    node = start()
    data = os.urandom(3 * CHUNK)
    digest = node.client.add(data)
    node.process.send_signal(signal.SIGKILL)
    node.process.wait()
    with pytest.raises(UnavailableError, match="does not answer"):
        node.client.ready()
    (node.repo / "incoming" / "left-over").write_bytes(b"half an upload")
    again = start(port=node.port)
    assert node.client.cat(digest) == data  # the old client, whose connection was cut
    assert list((again.repo / "incoming").iterdir()) == []


def test_sigterm_ends_cleanly_and_quietly(start: Callable[..., Node]) -> None:
    node = start()
    node.client.add(b"x")
    node.process.terminate()
    output = node.output()
    assert node.process.returncode == 0
    assert "libkubo" not in output
    assert "Traceback" not in output
    assert list(node.repo.parent.iterdir()) == [node.repo]


def test_port_taken_and_repository_in_use(start: Callable[..., Node]) -> None:
    node = start()
    for port, message in (
        (node.port, f"Port {node.port} on 127.0.0.1 is taken"),
        (free_port(), "in use by another"),
    ):
        second = node.spawn(port)
        output = second.communicate(timeout=LATE_S)[0]
        assert second.returncode == 1
        assert message in output
        assert "Traceback" not in output
    node.client.ready()


@pytest.mark.parametrize(
    "config", ["{", "{}", "[]", "null", '{"Addresses": null}', "[" * 100_000], ids=range(6)
)
def test_a_damaged_configuration_is_named(start: Callable[..., Node], config: str) -> None:
    node = start()
    node.process.kill()
    node.process.wait()
    (node.repo / "config").write_text(config)
    process = node.spawn(node.port)
    output = process.communicate(timeout=LATE_S)[0]
    assert process.returncode == 1
    assert "cannot be read" in output
    assert "Traceback" not in output


def test_tampered_repository_is_noticed(start: Callable[..., Node]) -> None:
    node = start()
    data = os.urandom(CHUNK * 2)
    digest = node.client.add(data)
    for path in node.blocks():
        if path.stat().st_size > CHUNK:
            raw = bytearray(path.read_bytes())
            raw[1000] ^= 1
            path.chmod(0o600)
            path.write_bytes(raw)
    with pytest.raises(IntegrityError):
        node.client.cat(digest)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://127.0.0.1:{node.gateway}/ipfs/{cid.from_digest(digest)}")
    assert caught.value.code == 502


def test_two_nodes_exchange(start: Callable[..., Node]) -> None:
    one, two = start("one"), start("two")
    data = os.urandom(2 * CHUNK + 5)
    digest = one.client.add(data)
    brief = Ipfs(two.client.api, timeout=1)
    with pytest.raises(NotFoundError):
        brief.cat(digest)
    address = json.loads(post(one.port, "id"))["Addresses"][0]
    post(two.port, f"swarm/connect?arg={address}")
    assert two.client.cat(digest) == data
    began = time.monotonic()
    with in_time(), pytest.raises(NotFoundError):
        brief.cat(os.urandom(32))
    assert time.monotonic() - began > 0.9


def test_a_lying_node_is_caught(tmp_path: Path) -> None:
    class Liar(BaseHTTPRequestHandler):
        added = b'{"Hash": "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"}'

        def do_POST(self) -> None:
            while self.headers.get("Transfer-Encoding") and self.rfile.readline().strip() != b"0":
                continue
            kind = "application/json" if "/add" in self.path else "text/plain"
            answer = self.added if "/add" in self.path else b"lies"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    client = Ipfs(f"http://127.0.0.1:{server.server_port}", timeout=5)
    try:
        with pytest.raises(IntegrityError, match="different hash"):
            client.cat(os.urandom(32))
        with pytest.raises(IntegrityError):
            client.download(os.urandom(32), tmp_path / "file")
        with pytest.raises(IntegrityError, match="instead of"):
            client.add(b"data")
        for Liar.added in (b"{}", b"[]", b"7", b"null", b'{"Hash": null}', b'{"Hash": "?"}', b"[" * 100_000):
            with pytest.raises(BioDeSciError):
                client.add(b"data")
    finally:
        server.shutdown()
        server.server_close()
    assert not (tmp_path / "file").exists()


def test_a_silent_node_does_not_hang() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        client = Ipfs(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout=0.3)
        with in_time(), pytest.raises(UnavailableError):
            client.ready()


@pytest.mark.parametrize(
    "api", ["", "127.0.0.1:5001", "ftp://x", "http://", "http://h:99999", "http://h/path"]
)
def test_bad_addresses(api: str) -> None:
    with pytest.raises(ConfigurationError):
        Ipfs(api)


def test_missing_file(ipfs: Ipfs, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        ipfs.add_file(tmp_path / "nothing")


def test_it_logs_nothing_where_it_is_started(tmp_path: Path) -> None:
    # Loaded before the node is in its own folder, the library would write kubo.log into this one.
    slow = (
        "import sys, time; from biodesci.ipfs import node; time.sleep(2); sys.exit(node.main(sys.argv[1:]))"
    )
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", slow, "--repo", str(tmp_path / "repo"), "--port", port],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1, done.stderr  # the port is taken
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_told(tmp_path: Path) -> None:
    limited = (
        "import resource, sys; from biodesci.ipfs import node; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000)); sys.exit(node.main(sys.argv[1:]))"
    )
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", limited, "--repo", str(tmp_path / "repo"), "--port", str(port)],
        stderr=subprocess.DEVNULL,
    )
    try:
        client = Ipfs(f"http://127.0.0.1:{port}", timeout=LATE_S)
        deadline = time.monotonic() + LATE_S
        while time.monotonic() < deadline:
            try:
                client.ready()
                break
            except UnavailableError:
                time.sleep(0.05)
        with pytest.raises(UnavailableError, match="disk is full"):
            client.add(os.urandom(4_000_000))
        assert list((tmp_path / "repo" / "incoming").iterdir()) == []
        assert client.cat(client.add(b"small")) == b"small"
    finally:
        process.kill()
        process.wait()


def post(port: int, command: str, **headers: str) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v0/{command}", method="POST", headers=headers
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bytes(answer.read())


def test_rpc_commands(ipfs_node: object, ipfs: Ipfs) -> None:
    port = int(ipfs_node.api.rsplit(":", 1)[1])  # type: ignore[attr-defined]
    data = os.urandom(CHUNK + 10)
    text = cid.to_v0(ipfs.add(data))
    assert post(port, f"cat?arg={text}") == data
    assert post(port, f"cat?arg=/ipfs/{text}&offset=5&length=7") == data[5:12]
    archive = post(port, f"get?arg={text}")
    assert archive[512 : 512 + len(data)] == data
    assert len(archive) % 512 == 0
    assert json.loads(post(port, f"ls?arg={text}"))["Objects"][0]["Links"] == []
    assert json.loads(post(port, f"block/stat?arg={text}"))["Key"] == text
    assert text in json.loads(post(port, f"pin/ls?arg={text}"))["Keys"]
    post(port, f"pin/rm?arg={text}")
    with pytest.raises(urllib.error.HTTPError):
        post(port, f"pin/ls?arg={text}")
    assert text in json.loads(post(port, f"pin/add?arg={text}"))["Pins"]
    assert json.loads(post(port, "repo/stat"))["NumObjects"] > 1
    assert json.loads(post(port, "swarm/peers")) == {"Peers": []}


def test_rpc_refuses_web_pages_and_nonsense(ipfs_node: object) -> None:
    port = int(ipfs_node.api.rsplit(":", 1)[1])  # type: ignore[attr-defined]
    refusals = [
        (403, lambda: post(port, "version", Origin="http://evil.example")),
        (403, lambda: post(port, "version", Host="evil.example")),
        (405, lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v0/version")),
        (404, lambda: post(port, "shutdown")),
        (400, lambda: post(port, "cat?arg=../../etc/passwd")),
        (400, lambda: post(port, "add")),
        (400, lambda: post(port, "swarm/connect?arg=/ip4/8.8.8.8/tcp/4001/p2p/Qm")),
        (500, lambda: post(port, f"cat?arg={cid.to_v0(os.urandom(32))}")),
    ]
    for status, call in refusals:
        with pytest.raises(urllib.error.HTTPError) as caught:
            call()
        assert caught.value.code == status
        assert "Access-Control-Allow-Origin" not in caught.value.headers


def test_gateway(ipfs_node: object, ipfs: Ipfs) -> None:
    data = os.urandom(CHUNK + 100)
    text = cid.from_digest(ipfs.add(data))
    host = ipfs_node.gateway.removeprefix("http://")  # type: ignore[attr-defined]
    connection = http.client.HTTPConnection(host, timeout=10)

    def ask(method: str, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()

    answer, body = ask("GET", f"/ipfs/{text}")
    assert (answer.status, body) == (200, data)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    tag = answer.headers["ETag"]
    for header, status, part in (
        ("bytes=10-19", 206, data[10:20]),
        (f"bytes={CHUNK - 5}-", 206, data[CHUNK - 5 :]),
        ("bytes=-7", 206, data[-7:]),
        ("bytes=0-99999999", 206, data),
        (f"bytes={len(data)}-", 416, b""),
        ("bytes=5-2", 416, b""),
        ("bytes=1-2,4-5", 200, data),
        ("lines=1-2", 200, data),
    ):
        answer, body = ask("GET", f"/ipfs/{text}", Range=header)
        assert (answer.status, body) == (status, part), header
    answer, body = ask("HEAD", f"/ipfs/{text}")
    assert (answer.status, body, answer.headers["Content-Length"]) == (200, b"", str(len(data)))
    assert ask("GET", f"/ipfs/{text}", **{"If-None-Match": tag})[0].status == 304
    answer, _ = ask("OPTIONS", f"/ipfs/{text}", Origin="http://localhost:5173")
    assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")
    for path, status in (("/", 404), ("/ipfs/nonsense", 400), (f"/ipfs/{cid.to_v0(os.urandom(32))}", 404)):
        assert ask("GET", path)[0].status == status
        connection.close()
    connection.close()
