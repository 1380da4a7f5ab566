"""What a node keeps and for what reason, what it throws away, and copies on others' nodes that are believed
once they are shown. Real nodes, as whole processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from biodesci.cli import main, session
from biodesci.core import cid
from biodesci.core.errors import NotFoundError
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.ipfs.replication import replicate
from biodesci.ipfs.store import Files
from tests.backend.ipfs.test_swarm import Machine
from tests.waiting import wait_for


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    machines: list[Machine] = []

    def begin(number: int, *options: str) -> Machine:
        machines.append(Machine(tmp_path, number, *options))
        return machines[-1]

    yield begin
    for machine in machines:
        machine.process.kill()
        machine.process.communicate()


def connect(one: Machine, two: Machine) -> None:
    two.post(f"swarm/connect?arg={one.multiaddr}")


def blocks(machine: Machine) -> int:
    return len(list(machine.repo.glob("blocks/*/*.data")))


def test_garbage_goes_and_what_is_kept_stays(start: Callable[..., Machine]) -> None:
    one, two = start(1), start(2)
    connect(one, two)
    kept, read = os.urandom(4 * unixfs.CHUNK), os.urandom(6 * unixfs.CHUNK)
    mine = two.client.add(kept)
    strangers = one.client.add(read)
    assert two.client.cat(strangers) == read
    assert two.client.is_pinned(mine)
    assert not two.client.is_pinned(strangers)  # it was read, and that keeps nothing
    before = blocks(two)
    removed = two.client.collect_garbage()  # Kubo leaves a folder's block for each file that is added
    assert removed == before - blocks(two) >= 7
    assert two.client.cat(mine) == kept
    # Thrown away, it can be fetched and added again: the library knows that it is gone.
    wait_for(two.peers)  # whom the node had called, it calls again
    assert two.client.cat(strangers) == read
    two.client.collect_garbage()
    assert two.client.add(read) == strangers
    one.process.kill()
    assert two.client.cat(strangers) == read
    two.client.unpin(strangers)
    two.client.unpin(strangers)  # and nothing to do is no error
    assert two.client.collect_garbage() >= 7
    with pytest.raises(NotFoundError):
        two.brief.cat(strangers)
    used, most = two.client.usage()
    assert 0 < used < most


def test_garbage_is_collected_beside_work(start: Callable[..., Machine]) -> None:
    """Files that are added, kept and read meanwhile are whole."""
    node = start(1)
    done = threading.Event()

    def collect() -> int:
        rounds = 0
        while not done.is_set():
            node.client.collect_garbage()
            rounds += 1
            time.sleep(0.05)
        return rounds

    def work(number: int) -> bool:
        data = os.urandom(2 * unixfs.CHUNK + number)
        return node.client.cat(node.client.add(data)) == data

    with ThreadPoolExecutor(4) as pool:
        collecting = pool.submit(collect)
        try:
            assert all(pool.map(work, range(30)))
        finally:
            done.set()
        assert collecting.result() > 1


def test_a_nearly_full_repository_tidies_itself(tmp_path: Path) -> None:

    class Room:
        incoming = tmp_path / "incoming"
        collected = 0

        def collect(self) -> list[unixfs.Link]:
            self.collected += 1
            return []

    folder = tmp_path / "blocks" / "AA"
    folder.mkdir(parents=True)
    (folder / "x.data").write_bytes(bytes(900))
    for most, collected in ((1_010, 0), (1_000, 1)):
        room = Room()
        files = Files(room, most)  # type: ignore[arg-type]
        assert files.collect_if_full() is bool(collected)
        assert room.collected == collected


def test_each_pin_has_its_reason(ipfs_node: object, tmp_path: Path) -> None:
    pins = Pins(tmp_path)
    ipfs = Ipfs(ipfs_node.api, timeout=5, pins=pins)  # type: ignore[attr-defined]
    card = ipfs.add(b"a card", "card of a dataset")
    ipfs.add(b"a card", "added again")
    ipfs.pin(ipfs.add(b"another", "weights"), "kept for a dispute's licensee")
    ipfs.cat(card)
    assert {pin.digest: pin.why for pin in pins.all()} == {
        card: "card of a dataset",
        ipfs.add(b"another"): "weights",
    }
    ipfs.unpin(card)
    assert [pin.why for pin in pins.all()] == ["weights"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "pins").iterdir()} == {0o600}


class Forgetful(Ipfs):
    """A node that says it keeps all of a file, and has thrown away one block of it."""

    def pin(self, digest: bytes, why: str = "", *, seconds: float | None = None) -> None:
        return


def test_a_copy_is_believed_when_it_is_shown(start: Callable[..., Machine]) -> None:
    own, other = start(1), start(2)
    connect(own, other)
    data = os.urandom(8 * unixfs.CHUNK)
    digest = own.client.add(data)
    copy = replicate(own.client, Forgetful(other.client.api, timeout=3), digest, 4)
    assert "could not" in copy.problem or "Nobody reachable has" in copy.problem
    copy = replicate(own.client, other.client, digest, 4)
    assert (copy.problem, copy.places >= 1) == ("", True)
    assert replicate(own.client, other.client, own.client.add(b""), 4).problem == ""
    gone = replicate(own.brief, other.client, os.urandom(32), 4)
    assert gone.problem.startswith("This party's own node: ")
    own.process.kill()
    own.process.wait()
    other.client.collect_garbage()
    assert other.client.cat(digest) == data
    with pytest.raises(NotFoundError):
        other.client.holds(os.urandom(32), 0)


def test_the_commands(
    start: Callable[..., Machine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own, other = start(1), start(2)
    connect(own, other)
    monkeypatch.setenv("BIODESCI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BIODESCI_IPFS_API", own.client.api)
    monkeypatch.setenv("BIODESCI_IPFS_REPLICAS", other.client.api)
    session.settings.cache_clear()
    digest = session.ipfs().add(os.urandom(3 * unixfs.CHUNK), "card of a dataset")

    def run(*arguments: str) -> object:
        capsys.readouterr()
        try:
            main([*arguments, "--json"])
        except SystemExit as exc:
            assert exc.code in (0, None), capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    text = cid.from_digest(digest)
    (pin,) = run("ipfs", "pins")  # type: ignore[misc]
    assert (pin["cid"], pin["why"], pin["kept"]) == (text, "card of a dataset", True)
    nodes = run("ipfs", "peers")
    assert {row["node"] for row in nodes} == {"this one", "connected"}  # type: ignore[attr-defined]
    (connected,) = (row["address"] for row in nodes if row["node"] == "connected")  # type: ignore[attr-defined]
    assert connected.startswith("/ip4/127.0.0.1/tcp/")
    assert connected.rpartition("/p2p/")[2] == other.multiaddr.rpartition("/")[2]
    (copy,) = run("ipfs", "replicate")  # type: ignore[misc]
    assert (copy["cid"], copy["node"], copy["problem"]) == (text, other.client.api, "")
    assert other.client.is_pinned(digest)
    assert run("ipfs", "unpin", text, "--yes") == [{"cid": text}]
    assert run("ipfs", "gc")["removed_blocks"] >= 4  # type: ignore[index]
    assert run("ipfs", "pins") == []
    key = tmp_path / "swarm.key"
    run("ipfs", "swarm-key", str(key))
    assert key.stat().st_mode & 0o777 == 0o600
    session.settings.cache_clear()


def test_a_full_disk_here_leaves_what_came_and_goes_on(ipfs_node: object, tmp_path: Path) -> None:
    data = os.urandom(5 * unixfs.CHUNK)
    ipfs = Ipfs(ipfs_node.api, timeout=5)  # type: ignore[attr-defined]
    digest, target = ipfs.add(data), tmp_path / "file"
    limited = (
        "import resource, sys; from pathlib import Path; from biodesci.ipfs.client import Ipfs; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000)); "
        "Ipfs(sys.argv[1]).download(bytes.fromhex(sys.argv[2]), Path(sys.argv[3]))"
    )
    child = subprocess.run(
        [sys.executable, "-c", limited, ipfs.api, digest.hex(), str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode != 0
    assert "File too large" in child.stderr
    (part,) = tmp_path.iterdir()
    assert part.read_bytes() == data[: part.stat().st_size]
    ipfs.download(digest, target)
    assert target.read_bytes() == data
