"""Owner and buyer lose their machines in the middle of a sale, and go on from a backup on others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.outbox import Sending
from biodesci.core.errors import UnavailableError
from biodesci.market import license, licensed_copy
from biodesci.market.custody import Custodian
from biodesci.market.license import LicenseState
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import DatasetMeta, publish
from biodesci.market.purchase import purchase
from biodesci.party import backup, key_backup, keys
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.conftest import HMB, PRICE


class Machine:
    """One party's machine: home, chain with its outbox in that home, and a copy on another medium."""

    def __init__(self, localnet, ipfs, folder: Path, account) -> None:
        self.localnet, self.ipfs, self.folder, self.account = localnet, ipfs, folder, account
        self.home = folder / "home"
        self.home.mkdir(parents=True)

    @property
    def member(self):
        deployment = load_deployment(self.localnet.deployment_file)
        chain = Chain(
            self.localnet.rpc_url, deployment, self.account, self.home, sending=Sending(block_timeout=15)
        )
        return acting(chain, self.ipfs, self.home)

    def back_up(self) -> Path:
        file = self.folder / "medium"
        backup.create(self.home, self.home / "account.json", self.home / "work.sqlite", file, PASSPHRASE)
        return file

    def lose_and_restore(self, file: Path) -> None:
        shutil.rmtree(self.home)
        self.home = self.folder / "another machine" / "home"
        backup.restore(file, self.home, PASSPHRASE)

    def sent(self) -> int:
        chain = self.member.chain
        return int(chain.web3.eth.get_transaction_count(chain.address))


@pytest.fixture
def owner(localnet, ipfs, tmp_path):
    return Machine(localnet, ipfs, tmp_path / "owner", localnet.account(10))


@pytest.fixture
def buyer(localnet, ipfs, tmp_path):
    return Machine(localnet, ipfs, tmp_path / "buyer", localnet.account(10))


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    return file


def published(owner, table):
    return publish(owner.member, table, DatasetMeta("Cohort", "", HMB), OfferTerms(price=PRICE))


@pytest.mark.parametrize("delivery", ["not begun", "noted and not sent", "mined and not noted"])
def test_a_sale_goes_on_from_backups(owner, buyer, table, tmp_path, lost, monkeypatch, delivery):
    offer = published(owner, table).offer_id
    keys.register(buyer.member.chain, buyer.home, PASSPHRASE)
    license_id = purchase(buyer.member.chain, offer, HMB).license_id
    before = owner.sent()
    if delivery == "noted and not sent":
        with lost(owner.member.chain.licenses), pytest.raises(UnavailableError):
            Custodian(owner.member).poll()
    elif delivery == "mined and not noted":
        copied = owner.back_up()  # of before: the machine is lost right after the block
        Custodian(owner.member).poll()
    owner.lose_and_restore(copied if delivery == "mined and not noted" else owner.back_up())
    buyer.lose_and_restore(buyer.back_up())
    again = Custodian(owner.member)
    again.poll()
    again.poll()
    assert license.get(buyer.member.chain, license_id).state is LicenseState.DELIVERED
    assert owner.sent() == before + 1
    seed, target = keys.load_seed(buyer.home, PASSPHRASE), tmp_path / "out.csv"
    licensed_copy.download(buyer.member.chain, buyer.ipfs, seed, license_id, target)
    assert target.read_bytes() == table.read_bytes()


def test_a_publication_goes_on_from_a_backup(owner, table, lost):
    """Its transaction was signed and noted, and nobody knows whether it was sent."""
    with lost(owner.member.chain.datasets), pytest.raises(UnavailableError):
        published(owner, table)
    before = owner.sent()
    owner.lose_and_restore(owner.back_up())
    first = published(owner, table)
    assert published(owner, table).dataset_id == first.dataset_id
    assert owner.sent() == before + 1


def test_shares_of_keys_answer_a_licence_and_open_what_was_bought_on_fresh_machines(
    owner, buyer, table, tmp_path
):
    """Nothing of the homes is left but shares of their keys; the accounts' own files came along apart."""
    offer = published(owner, table).offer_id
    keys.register(buyer.member.chain, buyer.home, PASSPHRASE)
    license_id = purchase(buyer.member.chain, offer, HMB).license_id
    words = ("the first holder", "the second holder", "the third holder")
    for machine in (owner, buyer):
        shares = [machine.folder / f"share.{word.split()[1]}" for word in words]
        key_backup.create(machine.home, PASSPHRASE, shares, words, 2)
        shutil.rmtree(machine.home)
        machine.home = machine.folder / "another machine" / "home"
        kept = [(key_backup.ShareFile.read(shares[n]), words[n]) for n in (2, 0)]
        key_backup.restore(machine.home, PASSPHRASE, kept, lambda _done: None)
    Custodian(owner.member).poll()
    assert license.get(buyer.member.chain, license_id).state is LicenseState.DELIVERED
    seed, target = keys.load_seed(buyer.home, PASSPHRASE), tmp_path / "out.csv"
    licensed_copy.download(buyer.member.chain, buyer.ipfs, seed, license_id, target)
    assert target.read_bytes() == table.read_bytes()
