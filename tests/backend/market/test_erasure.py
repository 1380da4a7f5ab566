"""An erased version: no key of it is left at home, no file on nodes that answer; who kept silent is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core import cid
from biodesci.core.documents.deletion import DeletionReceipt, DeletionRequest
from biodesci.core.errors import (
    AccessDeniedError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import Role
from biodesci.ipfs.client import Ipfs
from biodesci.market import content, erasure, handover, license, licensed_copy, roles
from biodesci.market.card import DatasetMeta
from biodesci.market.custody import Custodian
from biodesci.market.publish import publish
from biodesci.party import dataset_keys, disclosures
from biodesci.party.containers import Containers
from tests.backend.acting import acting
from tests.backend.market.conftest import HMB, Sale, seller

NOBODY_LISTENS = "http://127.0.0.1:9"


def key_file(sale: Sale, home: Path | None = None) -> Path:
    version = sale.owner.read(DatasetVersion, sale.dataset, 1)
    return dataset_keys.path(home or sale.home, sale.owner, version)


def with_content(folder: Path, content: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and content in path.read_bytes()]


def test_keys_evidence_and_files_are_gone_and_nothing_is_delivered_any_more(sale: Sale) -> None:
    first = sale.buy().license_id
    sale.release()
    waiting = sale.buy(again=True).license_id
    key, secret = key_file(sale), key_file(sale).read_bytes()
    assert len(list((sale.home / "deliveries").rglob("*.evidence"))) == 1
    done = erasure.erase(seller(sale), sale.dataset, 1, [], [])
    assert done.here.key_files == 2
    assert (done.here.left, done.holders) == ((), ())
    assert not key.exists()
    assert with_content(sale.home, secret) == []
    assert list((sale.home / "deliveries").rglob("*.evidence")) == []
    assert sale.owner.call(sale.owner.datasets.functions.isWithdrawn(sale.dataset, 1))
    request = DeletionRequest.parse(done.request.read_bytes())
    for digest in request.files:
        with pytest.raises(NotFoundError):
            sale.ipfs.holds(digest, 0)
    custodian = Custodian(seller(sale))
    assert custodian.poll() == []
    with pytest.raises((NotFoundError, UnavailableError)):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, first, sale.home / "copy")
    assert license.refund(sale.buyer, waiting) is not None


@pytest.mark.parametrize("step", ["_noted", "destroy", "_asked"])
def test_an_erasure_that_was_stopped_is_gone_on_with(sale: Sale, monkeypatch: Any, step: str) -> None:
    sale.buy()
    sale.release()
    real = getattr(erasure, step)

    def stopped(*arguments: Any) -> Any:
        real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasure, step, stopped)
        with pytest.raises(KeyboardInterrupt):
            erasure.erase(seller(sale), sale.dataset, 1, [sale.ipfs], [])
    done = erasure.erase(seller(sale), sale.dataset, 1, [sale.ipfs], [])
    assert not key_file(sale).exists()
    assert list((sale.home / "deliveries").rglob("*.evidence")) == []
    assert done.here.left == ()
    assert [one.answer for one in done.holders] == [""]


def test_holders_are_asked_and_who_does_not_answer_is_named(sale: Sale, other: Any, chain_for: Any) -> None:
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
    roles.accept(other.chain, sale.dataset, Role.CUSTODIAN)
    file = sale.home / "handed over"
    handover.hand_over(seller(sale), sale.dataset, other.chain.address, file)
    handover.take_over(other, sale.dataset, file)
    partner = chain_for().address
    nodes = [sale.ipfs, Ipfs(NOBODY_LISTENS, timeout=0.5)]
    owner = seller(sale)
    done = erasure.erase(owner, sale.dataset, 1, nodes, [partner])
    assert [one.name for one in done.holders if one.answer] == [
        NOBODY_LISTENS, other.chain.address, partner,
    ]  # fmt: skip
    assert key_file(sale, other.home).exists()

    receipt = erasure.confirm(other, DeletionRequest.parse(done.request.read_bytes()))
    assert not key_file(sale, other.home).exists()
    erasure.take_receipt(owner, DeletionReceipt.parse(receipt.to_bytes()))
    done = erasure.erase(owner, sale.dataset, 1, nodes, [partner])
    assert [one.name for one in done.holders if one.answer] == [NOBODY_LISTENS, partner]
    assert set(erasure.receipts(owner, sale.dataset, 1)) == {other.chain.address}

    for changed in (
        {"holder": partner},
        {"deleted": receipt.deleted + 1},
        {"signature": bytes(65)},
        {"request": receipt.request.model_copy(update={"files": [os.urandom(32)]})},
    ):
        with pytest.raises(IntegrityError):
            erasure.take_receipt(owner, receipt.model_copy(update=changed))


def test_a_private_container_goes_from_the_home(sale: Sale) -> None:
    """It was on no IPFS node; the owner's server finds it no more."""
    owner = seller(sale)
    meta = DatasetMeta("Private", "", HMB, served_at="https://data.hospital.example")
    sale.file.write_bytes(sale.file.read_bytes().replace(b"age,", b"years,"))
    done = publish(owner, sale.file, meta)
    digest = cid.to_digest(done.content)
    held = Containers(sale.home)
    assert held.find(digest) is not None
    erased = erasure.erase(owner, done.dataset_id, 1, [], [])
    assert digest in DeletionRequest.parse(erased.request.read_bytes()).files
    assert held.find(digest) is None
    assert not held.path(digest).exists()
    assert key_file(sale).exists(), "another dataset's key stays"


def test_a_request_that_a_stranger_made_deletes_nothing(sale: Sale, other: Any, tmp_path: Path) -> None:
    version = sale.owner.read(DatasetVersion, sale.dataset, 1)
    mine = other.ipfs.add(os.urandom(1_000))
    request = DeletionRequest(
        chain_id=sale.owner.chain_id,
        contract=str(sale.owner.datasets.address),
        dataset_id=sale.dataset,
        version=1,
        files=[version.card, mine],
        asked=1,
    )
    with pytest.raises(StateError, match="is not withdrawn"):
        erasure.confirm(other, request)
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    with pytest.raises(IntegrityError, match="not known to be of this version"):
        erasure.confirm(other, request)
    assert other.ipfs.is_pinned(mine)
    other.ipfs.holds(version.card, 0)
    with pytest.raises(AccessDeniedError):
        erasure.erase(other, sale.dataset, 1, [], [])
    with pytest.raises((RevertedError, NotFoundError)):
        erasure.erase(seller(sale), sale.dataset, 9, [], [])


@pytest.mark.parametrize("copied", [False, True])
def test_a_strangers_card_deletes_no_other_datasets_file(
    sale: Sale, other: Any, chain_for: Any, copied: bool
) -> None:
    """It names the victim's file, by a content root of its own or by the victim's."""
    victim = sale.owner.read(DatasetVersion, sale.dataset, 1)
    root = commitments(sale.owner, victim).content_root
    card = sale.ipfs.cat(victim.card)
    if not copied:
        made_up = b"\7" * 32
        card, root = card.replace(root.hex().encode(), made_up.hex().encode()), made_up
    stranger = chain_for()
    publication = (sale.ipfs.add(card), root, b"\3" * 32, HMB, bytes(32))
    receipt = stranger.send(stranger.datasets.functions.publish(publication, []))
    dataset = stranger.event(receipt, stranger.datasets, "DatasetPublished")["datasetId"]
    stranger.send(stranger.datasets.functions.withdraw(dataset, 1))
    file = content.locate(sale.ipfs, victim.card, commitments(sale.owner, victim).content_root).content
    request = DeletionRequest(
        chain_id=stranger.chain_id,
        contract=str(stranger.datasets.address),
        dataset_id=dataset,
        version=1,
        files=[file],
        asked=1,
    )
    with pytest.raises(IntegrityError, match="file of another dataset"):
        erasure.confirm(other, request)
    assert sale.ipfs.is_pinned(file)


def withdrawn(stranger: Any, card: bytes, root: bytes, committed: bytes) -> DeletionRequest:
    """Publishes and withdraws a dataset; the request for its card."""
    sent = stranger.send(stranger.datasets.functions.publish((card, root, committed, HMB, bytes(32)), []))
    dataset = stranger.event(sent, stranger.datasets, "DatasetPublished")["datasetId"]
    stranger.send(stranger.datasets.functions.withdraw(dataset, 1))
    where = {"chain_id": stranger.chain_id, "contract": str(stranger.datasets.address)}
    return DeletionRequest(**where, dataset_id=dataset, version=1, files=[card], asked=1)


def test_a_strangers_version_takes_no_sketches_of_the_victims_own(sale: Sale, chain_for: Any) -> None:
    """It has the commitment of the victim's key; the victim confirms that it deleted that version."""
    owner = seller(sale)
    committed = commitments(owner.chain, owner.chain.read(DatasetVersion, sale.dataset, 1)).key_commitment
    disclosures.keep(sale.home, owner.chain, committed, b"card", [])
    erasure.confirm(owner, withdrawn(chain_for(), sale.ipfs.add(os.urandom(99)), b"\7" * 32, committed))
    assert disclosures.of_home(sale.home, owner.chain)[committed].sketches == ()
    erasure.erase(owner, sale.dataset, 1, [], [])
    assert disclosures.of_home(sale.home, owner.chain)[committed].sketches is None


def test_a_version_whose_card_names_no_file_is_erased_and_confirmed(other: Any, chain_for: Any) -> None:
    stranger = chain_for()
    request, own = (
        withdrawn(stranger, other.ipfs.add(b"{}" + os.urandom(9)), root, b"\3" * 32)
        for root in (b"\7" * 32, b"\x08" * 32)
    )
    assert erasure.confirm(other, request).request == request
    owner = acting(stranger, other.ipfs, other.home / "owner")
    noted = erasure.erase(owner, own.dataset_id, 1, [], []).request
    assert DeletionRequest.parse(noted.read_bytes()).files == own.files


def test_a_file_is_overwritten_before_it_goes(tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"secret" * 1_000)
    seen: list[bytes] = []
    real = os.fsync

    def looked(descriptor: int) -> None:
        if file.exists():
            seen.append(file.read_bytes())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", looked)
    assert erasure.destroy(file)
    assert [len(content) for content in seen] == [6_000, 0]
    assert b"secret" not in seen[0]
    assert list(tmp_path.iterdir()) == []
    assert not erasure.destroy(file)
