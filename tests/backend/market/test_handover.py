"""Dataset keys in another house: of who owns the token or accepted its custody, and of nobody else."""

from __future__ import annotations

import pytest

from biodesci.core.errors import AccessDeniedError, IntegrityError, NotFoundError, WrongKeyError
from biodesci.core.onchain import LicenseState, Role
from biodesci.market import license, licensed_copy, roles
from biodesci.market.custody import Custodian
from biodesci.market.handover import hand_over, take_over
from biodesci.market.publish import publish
from biodesci.party import dataset_keys, keys
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.conftest import seller


def appoint(sale, other) -> None:
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
    roles.accept(other.chain, sale.dataset, Role.CUSTODIAN)


def test_an_accepted_custodian_delivers_what_was_bought_before_and_after(sale, other, tmp_path):
    before = sale.buy().license_id
    appoint(sale, other)
    custodian = Custodian(other)
    assert custodian.poll() == [], "it has accepted, but holds no key"
    done = hand_over(seller(sale), sale.dataset, other.chain.address, tmp_path / "keys")
    assert take_over(other, sale.dataset, tmp_path / "keys") == done
    assert done.versions == (1,)
    assert custodian.poll() == [before]
    after = sale.buy(again=True).license_id
    assert custodian.poll() == [after]
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, after, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == sale.file.read_bytes()
    roles.revoke(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
    third = sale.buy(again=True).license_id
    assert custodian.poll() == []
    assert license.get(sale.buyer, third).state is LicenseState.PURCHASED


def test_a_new_owner_takes_over_all_versions(sale, other, tmp_path):
    owner = seller(sale)
    sale.file.write_text(sale.file.read_text() + "71,240\n")
    meta = _meta()
    publish(owner, sale.file, meta, dataset_id=sale.dataset)
    move = sale.owner.datasets.functions.transferFrom(sale.owner.address, other.chain.address, sale.dataset)
    sale.owner.send(move)
    bought = sale.buy().license_id
    assert Custodian(owner).poll() == [], "who sold the dataset delivers no more"
    assert hand_over(owner, sale.dataset, other.chain.address, tmp_path / "keys").versions == (1, 2)
    take_over(other, sale.dataset, tmp_path / "keys")
    take_over(other, sale.dataset, tmp_path / "keys")  # twice is once
    assert Custodian(other).poll() == [bought]
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, bought, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == sale.file.read_bytes()
    # The commitment of what the new owner publishes is bound to the new owner.
    sale.file.write_text(sale.file.read_text() + "72,250\n")
    publish(other, sale.file, meta, dataset_id=sale.dataset)
    bought = sale.buy(again=True).license_id
    assert Custodian(other).poll() == [bought]
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, bought, tmp_path / "third.csv")
    assert (tmp_path / "third.csv").read_bytes() == sale.file.read_bytes()


def _meta():
    from biodesci.market.card import DatasetMeta

    return DatasetMeta("Cohort", "", 1 << 2 | 1 << 12)


def test_no_key_leaves_for_who_is_only_named(sale, other, tmp_path):
    for _ in range(2):
        with pytest.raises(AccessDeniedError, match="neither owns dataset"):
            hand_over(seller(sale), sale.dataset, other.chain.address, tmp_path / "keys")
        if not roles.holders(sale.owner, sale.dataset):
            roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
    assert not (tmp_path / "keys").exists()
    with pytest.raises(AccessDeniedError, match="neither owns dataset"):
        take_over(other, sale.dataset, tmp_path / "keys")


def test_a_file_is_for_one_account_and_one_dataset(sale, sale_of, other, chain_for, tmp_path):
    appoint(sale, other)
    hand_over(seller(sale), sale.dataset, other.chain.address, tmp_path / "keys")
    stranger = acting(chain_for(), sale.ipfs, tmp_path / "stranger")
    keys.register(stranger.chain, stranger.home, PASSPHRASE)
    appoint(sale, stranger)
    with pytest.raises(WrongKeyError):
        take_over(stranger, sale.dataset, tmp_path / "keys")
    (tmp_path / "second").mkdir()
    second = publish(seller(sale), sale.file, _meta()).dataset_id
    roles.grant(sale.owner, second, Role.CUSTODIAN, other.chain.address)
    roles.accept(other.chain, second, Role.CUSTODIAN)
    with pytest.raises(WrongKeyError):
        take_over(other, second, tmp_path / "keys")
    with pytest.raises(NotFoundError, match="No key of dataset"):
        hand_over(other, second, other.chain.address, tmp_path / "again")


def test_keys_that_the_publisher_did_not_commit_to_are_not_filed(sale, other, tmp_path, monkeypatch):
    appoint(sale, other)
    monkeypatch.setattr(dataset_keys, "load", lambda *_args: (b"\1" * 32, b"\2" * 32))
    hand_over(seller(sale), sale.dataset, other.chain.address, tmp_path / "keys")
    monkeypatch.undo()
    with pytest.raises(IntegrityError, match="dataset key"):
        take_over(other, sale.dataset, tmp_path / "keys")
    assert dataset_keys.held(other.home, other.chain) == frozenset()
