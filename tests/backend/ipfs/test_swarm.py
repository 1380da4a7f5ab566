"""Nodes of two machines meet over TCP, if and only if they hold the key of the swarm.

The machines are loopback addresses of their own (127.0.0.2, …): whole processes, real Kubo, real sockets.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from biodesci.core.errors import ConfigurationError, NotFoundError, StateError, UnavailableError
from biodesci.ipfs import swarm
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.replication import replicate
from biodesci.localnet.processes import free_port
from tests.waiting import LATE_S, wait_for

PEER = "12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf"


class Machine:
    """A node on an address of its own."""

    def __init__(self, folder: Path, number: int, *options: str) -> None:
        self.repo, self.port, self.address = folder / f"repo{number}", free_port(), f"127.0.0.{number}"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "biodesci.ipfs.node", "--repo", str(self.repo)),
                *("--port", str(self.port), *options),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.client = Ipfs(f"http://127.0.0.1:{self.port}", timeout=LATE_S)
        self.brief = Ipfs(self.client.api, timeout=3)  # for what nobody has
        deadline = time.monotonic() + LATE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.client.ready()
                return
            except UnavailableError:
                time.sleep(0.05)

    def post(self, command: str) -> dict[str, object]:
        question = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v0/{command}", method="POST")
        with urllib.request.urlopen(question, timeout=LATE_S) as answer:
            return dict(json.loads(answer.read()))

    @property
    def multiaddr(self) -> str:
        (address,) = self.post("id")["Addresses"]  # type: ignore[misc]
        return str(address)

    def peers(self) -> int:
        return len(self.post("swarm/peers")["Peers"])  # type: ignore[arg-type]

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=LATE_S)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    machines: list[Machine] = []

    def begin(number: int, *options: str) -> Machine:
        machines.append(Machine(tmp_path, number, *options))
        return machines[-1]

    yield begin
    for machine in machines:
        if machine.process.poll() is None:
            machine.process.kill()
        machine.process.communicate()


def test_two_machines_meet_with_the_key_and_nobody_without(
    start: Callable[..., Machine], tmp_path: Path
) -> None:
    key, other = tmp_path / "swarm.key", tmp_path / "other.key"
    swarm.make_key(key)
    swarm.make_key(other)
    one = start(2, "--swarm-key", str(key), "--listen", f"127.0.0.2:{free_port()}")
    assert one.multiaddr.startswith("/ip4/127.0.0.2/tcp/")  # TCP alone, on the address it was given
    joined = ("--peer", one.multiaddr)
    two = start(3, "--swarm-key", str(key), "--listen", f"127.0.0.3:{free_port()}", *joined)
    foreign = start(4, "--swarm-key", str(other), "--listen", f"127.0.0.4:{free_port()}", *joined)
    keyless = start(5)
    wait_for(two.peers)
    assert (one.peers(), two.peers()) == (1, 1)
    data = os.urandom(20 << 20)
    digest = one.client.add(data)
    two.client.pin(digest, seconds=90)  # 20 MB, on a machine that may be busy
    assert two.client.cat(digest) == data
    copy = replicate(one.client, two.client, one.client.add(os.urandom(3 << 20)), 4)
    assert (copy.problem, copy.places >= 1) == ("", True)
    back = two.client.add(b"and back")
    assert one.client.cat(back) == b"and back"
    # Whoever lacks the key reaches the port, and gets no further.
    with pytest.raises(Exception, match="500"):
        foreign.post(f"swarm/connect?arg={one.multiaddr}")
    with pytest.raises(Exception, match="400"):
        keyless.post(f"swarm/connect?arg={one.multiaddr}")
    for stranger in (foreign, keyless):
        assert stranger.peers() == 0
        with pytest.raises(NotFoundError):
            stranger.brief.cat(digest)
    assert one.peers() == 1


def test_other_nodes_are_called_by_the_peering_alone(tmp_path: Path) -> None:
    # Kubo calls bootstrap nodes before its exchange of blocks listens for connections: on a busy machine,
    # every third node asked nothing over the connection that was made so.
    swarm.make_key(tmp_path / "key")
    chosen = swarm.Swarm.chosen(tmp_path / "key", None, [f"/ip4/127.0.0.2/tcp/4001/p2p/{PEER}"])
    config: dict[str, Any] = {"Addresses": {}, "Swarm": {}, "Bootstrap": ["/dnsaddr/bootstrap.libp2p.io"]}
    chosen.write(tmp_path, config)
    assert config["Bootstrap"] == []
    assert config["Peering"] == {"Peers": [{"ID": PEER, "Addrs": ["/ip4/127.0.0.2/tcp/4001"]}]}


def test_a_node_that_leaves_the_swarm_forgets_its_key(start: Callable[..., Machine], tmp_path: Path) -> None:
    key = tmp_path / "swarm.key"
    swarm.make_key(key)
    one = start(2, "--swarm-key", str(key), "--listen", f"127.0.0.2:{free_port()}")
    assert stat.S_IMODE((one.repo / "swarm.key").stat().st_mode) == 0o600
    one.stop()
    again = start(2)
    assert not (again.repo / "swarm.key").exists()
    assert again.multiaddr.startswith("/ip4/127.0.0.1/tcp/")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--listen", "127.0.0.2:4001"], "needs the key of its swarm"),
        (["--peer", f"/ip4/127.0.0.2/tcp/4001/p2p/{PEER}"], "needs the key of its swarm"),
        (["--swarm-key", "nothing"], "cannot be read"),
        (["--swarm-key", "open.key"], "Other users"),
        (["--swarm-key", "bad.key"], "does not hold"),
        (["--swarm-key", "good.key", "--listen", "4001"], "no address to listen on"),
        (["--swarm-key", "good.key", "--listen", "0.0.0.0:99999"], "no address to listen on"),
        (["--swarm-key", "good.key", "--peer", "/ip4/127.0.0.2/udp/4001/quic"], "no address of a peer"),
    ],
)
def test_wrong_options_are_said(options: list[str], says: str, tmp_path: Path) -> None:
    swarm.make_key(tmp_path / "good.key")
    swarm.make_key(tmp_path / "open.key")
    (tmp_path / "open.key").chmod(0o644)
    (tmp_path / "bad.key").write_text("secret")
    (tmp_path / "bad.key").chmod(0o600)
    values = [
        str(tmp_path / option) if option.endswith((".key", "nothing")) else option for option in options
    ]
    parsed = dict(zip(values[::2], values[1::2], strict=True))
    key = parsed.get("--swarm-key")
    peers = [parsed["--peer"]] if "--peer" in parsed else []
    with pytest.raises(ConfigurationError, match=says) as caught:
        swarm.Swarm.chosen(Path(key) if key else None, parsed.get("--listen"), peers)
    assert "secret" not in str(caught.value)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "swarm.key"
    swarm.make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert swarm.read_key(path) == path.read_bytes()
    with pytest.raises(StateError, match="exists already"):
        swarm.make_key(path)
