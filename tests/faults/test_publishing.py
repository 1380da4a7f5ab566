"""Each fault at each kind of publication: nothing is minted twice or lost, and run again it goes on.

What a public publication goes through when it is killed is in tests/backend/market/test_publish.py.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain import transactions
from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import cid, container
from biodesci.core.errors import BioDeSciError
from biodesci.core.files import is_full
from biodesci.ipfs import client
from biodesci.ipfs.client import Ipfs
from biodesci.market import publish as publishing
from biodesci.market.card import DatasetMeta
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import Published, publish
from biodesci.party import dataset_keys
from biodesci.party.containers import Containers
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.conftest import IpfsNode, Localnet
from tests.backend.disks import small_disk
from tests.children import die, killed
from tests.faults import ipfs_server

HMB = 1 << 2
ROWS = "marker,chol\n" + "".join(f"{30 + i % 40},{180 + i}\n" for i in range(120))


class Publication:
    """One to be published by an account whose home is its own; `served` is who serves a private one."""

    def __init__(self, kind: str, chain: Chain, ipfs: Ipfs, folder: Path, home: Path | None = None) -> None:
        self.kind, self.chain, self.ipfs = kind, chain, ipfs
        self.home, self.material = home or folder / "home", folder / "cohort.csv"
        self.material.write_text(ROWS)
        if kind == "folder":
            self.material = folder / "study"
            self.material.mkdir()
            for number in range(3):
                (self.material / f"part{number}.csv").write_text(ROWS)
        self.origin = None if kind == "public" else "https://data.hospital.example"

    def run(self, ipfs: Ipfs | None = None, chain: Chain | None = None, **more: Any) -> Published:
        meta = DatasetMeta("Cohort", "", HMB, served_at=self.origin, confirmed=True)
        member = acting(chain or self.chain, ipfs or self.ipfs, self.home)
        return publish(member, self.material, meta, OfferTerms(price=1), **more)

    @property
    def owned(self) -> int:
        return int(self.chain.call(self.chain.datasets.functions.balanceOf(self.chain.address)))

    def check(self, done: Published) -> None:
        """One token, whose key opens the file that it names; nothing else lies about."""
        assert self.owned == 1
        version = self.chain.read(DatasetVersion, done.dataset_id, 1)
        key, _ = dataset_keys.load(self.home, PASSPHRASE, self.chain, version)
        plain = self.home / "opened"
        held = Containers(self.home)
        sealed = self.home / "sealed"
        if self.origin is None:
            with sealed.open("wb") as target:
                for piece in self.ipfs.stream(cid.to_digest(done.content)):
                    target.write(piece)
        else:
            (kept,) = held.all()
            assert (kept.dataset_id, kept.version) == (done.dataset_id, 1)
            assert cid.from_digest(kept.content) == done.content
            shutil.copyfile(held.path(kept.content), sealed)
        with sealed.open("rb") as source, plain.open("wb") as target:
            container.decrypt(source, target, key, expected_root=bytes.fromhex(done.content_root[2:]))
        assert ROWS.encode() in plain.read_bytes()
        assert not list((self.home / "publications").rglob("container*"))
        assert self.run().dataset_id == done.dataset_id
        assert self.owned == 1


@pytest.fixture
def ipfs(ipfs_node: IpfsNode) -> Ipfs:
    return Ipfs(ipfs_node.api, timeout=2.0)


@pytest.fixture(params=["public", "private", pytest.param("folder", marks=pytest.mark.deep)])
def publication(request: Any, chain_for: Any, ipfs: Ipfs, tmp_path: Path) -> Publication:
    return Publication(request.param, chain_for(), ipfs, tmp_path)


def _after(function: Callable[..., Any]) -> Callable[..., None]:
    def run(*arguments: Any, **named: Any) -> None:
        function(*arguments, **named)
        die()

    return run


STAGES: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "in encryption": (container, "seal", die),
    "before it is kept": (Containers, "keep", die),
    "after it is kept": (Containers, "keep", _after(Containers.keep)),
    "after the card": (Ipfs, "add", _after(Ipfs.add)),
    "signed, not sent": (transactions, "send", die),
    "sent, unknown to us": (transactions, "send", _after(transactions.send)),
    "minted, not reported": (publishing, "_result", die),
    "before its container is assigned": (Containers, "assign", die),
    "after its container is assigned": (Containers, "assign", _after(Containers.assign)),
}
_DEEP = {("folder", stage) for stage in STAGES if stage != "sent, unknown to us"}


@pytest.mark.parametrize(
    ("kind", "stage"),
    [
        pytest.param(kind, stage, marks=pytest.mark.deep if (kind, stage) in _DEEP else ())
        for kind in ("private", "folder")
        for stage in STAGES
    ],
)
def test_killed_at_any_step_and_run_again_it_is_published_once(
    chain_for: Any, ipfs: Ipfs, tmp_path: Path, kind: str, stage: str
) -> None:
    publication = Publication(kind, chain_for(), ipfs, tmp_path)
    account = publication.chain.account
    owner, name, replacement = STAGES[stage]

    def run() -> None:
        setattr(owner, name, replacement)
        publication.run(Ipfs(ipfs.api), chain_for(account))

    killed(run)
    publication.check(publication.run())


def test_two_who_publish_the_same_at_once_publish_it_once(publication: Publication, chain_for: Any) -> None:
    ends: list[Any] = []

    def run() -> None:
        try:
            ends.append(publication.run(chain=chain_for(publication.chain.account)))
        except BioDeSciError as exc:
            ends.append(exc)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    done = [end for end in ends if isinstance(end, Published)]
    assert done, ends
    assert all(end.hint for end in ends if isinstance(end, BioDeSciError))
    assert len({end.dataset_id for end in done}) == 1
    publication.check(done[0])


def test_ten_blocks_that_are_taken_back_take_no_publication_with_them(
    publication: Publication, localnet: Localnet, chain_for: Any, tmp_path: Path
) -> None:
    """Somebody else's dataset has its number meanwhile: key and container follow the token that is minted."""
    before = localnet.rpc("evm_snapshot")
    first = publication.run()
    localnet.rpc("anvil_mine", hex(9))
    localnet.rpc("evm_revert", before)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    other = Publication("public", chain_for(), publication.ipfs, elsewhere).run()
    assert other.dataset_id == first.dataset_id
    localnet.rpc("anvil_mine", hex(11))
    done = publication.run(chain=chain_for(publication.chain.account))
    assert done.dataset_id != other.dataset_id
    assert done.content_root == first.content_root
    publication.check(done)


@pytest.mark.parametrize("is_last", [False, True])
def test_a_disk_that_fills_stops_it_and_with_room_it_goes_on(publication: Publication, is_last: bool) -> None:
    """At its first step, and at the last that writes: uploading, or where nothing is uploaded encrypting."""
    step = "inspect" if not is_last else "upload" if publication.kind == "public" else "encrypt"
    with small_disk(24) as disk:
        publication.home = disk.folder / "home"

        def filling(at: str, _done: int, _total: int) -> None:
            if at == step:
                disk.fill()

        with pytest.raises((OSError, BioDeSciError)) as refused:
            publication.run(progress=filling)
        assert isinstance(refused.value, BioDeSciError) or is_full(refused.value)
        assert publication.owned == 0
        disk.free()
        publication.check(publication.run())


@pytest.mark.parametrize("mode", [ipfs_server.silence, ipfs_server.wrong_block, ipfs_server.short_body, None])
def test_an_ipfs_node_that_lies_hangs_or_is_dead_stops_it_and_with_another_it_goes_on(
    publication: Publication, mode: ipfs_server.Mode | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_ADD_SECONDS", 0.5)  # ten minutes, as nodes take long for large files
    if mode is None:
        with pytest.raises(BioDeSciError) as refused:
            publication.run(Ipfs("http://127.0.0.1:9", timeout=0.5))
    else:
        with ipfs_server.lying(mode) as node, pytest.raises(BioDeSciError) as refused:
            publication.run(Ipfs(node.url, timeout=0.5))
    assert refused.value.hint
    assert publication.owned == 0, "a card that nobody can read is not minted"
    publication.check(publication.run())
