"""The custodian: delivers what is due, once, and nothing else."""

from __future__ import annotations

import time

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.currency import ETHER
from biodesci.chain.outbox import Intent
from biodesci.chain.provider import Provider
from biodesci.chain.reading import Reading
from biodesci.chain.records import Listing
from biodesci.core import envelope
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import (
    RevertedError,
    StateError,
    UnavailableError,
    WrongKeyError,
)
from biodesci.core.onchain import DAY, LicenseState, Role
from biodesci.ipfs.client import Ipfs
from biodesci.market import evidence, license, licensed_copy, offers, roles
from biodesci.market import publish as publish_module
from biodesci.market.card import DatasetMeta
from biodesci.market.custody import Custodian
from biodesci.market.in_flight import AGAIN, about_licence
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.market.purchase import purchase
from biodesci.market.spending import Terms
from biodesci.party.allowance import Bounds
from tests.backend import calls
from tests.backend.acting import acting
from tests.backend.market.downloads import downloaded
from tests.children import die, killed
from tests.waiting import meanwhile, wait_for

HMB, DS, COMMERCIAL = 1 << 2, 1 << 3, 1 << 34
IRB = 1 << 21
NCU = 1 << 12
PRICE = 10**15


def test_second_delivery_is_refused_and_events_seen_twice_do_not_matter(sale):
    license_id = sale.buy().license_id
    one = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    other = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    assert license_id in one.poll()
    digest = license.envelope_of(sale.buyer, license_id)
    assert license_id not in other.poll()
    assert license_id not in one.poll()
    with pytest.raises(RevertedError) as caught:
        sale.owner.send(calls.deliver(sale.owner, license_id, b"\x01" * 32))
    assert caught.value.name == "AccessLicense_WrongState"
    assert license.envelope_of(sale.buyer, license_id) == digest


def test_a_chain_without_a_new_block_is_read_once(sale, localnet, monkeypatch):
    """It looks several times between two blocks; there are many custodians to a node."""
    license_id = sale.buy().license_id
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    asked: list[object] = []
    real = Provider.logs

    def logs(self, query, blocks):
        asked.append(query)
        return real(self, query, blocks)

    monkeypatch.setattr(Provider, "logs", logs)
    assert custodian.poll() == [license_id]
    custodian.poll()  # its own delivery made a block
    once = len(asked)
    custodian.poll()
    assert len(asked) == once
    localnet.rpc("evm_mine")
    custodian.poll()
    assert len(asked) > once


@pytest.mark.parametrize("shares", [True, False], ids=["one outbox", "two outboxes"])
def test_custodians_racing_deliver_once(sale, chain_for, tmp_path, monkeypatch, shares):
    """Another custodian delivers between this one's look at the state and its transaction."""
    license_id = sale.buy().license_id
    real, before = envelope.seal_shown, []
    other = chain_for(sale.owner.account)
    other.home = sale.owner.home if shares else tmp_path / "other"

    def seal_shown(*sealed):
        monkeypatch.setattr(envelope, "seal_shown", real)
        before.extend(Custodian(acting(other, sale.ipfs, sale.home)).poll())
        return real(*sealed)

    monkeypatch.setattr(envelope, "seal_shown", seal_shown)
    nonce = sale.owner.web3.eth.get_transaction_count(sale.owner.address)
    assert (license_id in sale.release()) is shares
    assert (license_id in before) is not shares
    assert license.get(sale.buyer, license_id).state is LicenseState.DELIVERED
    assert sale.owner.web3.eth.get_transaction_count(sale.owner.address) == nonce + 1


@pytest.mark.parametrize("after", [False, True], ids=["before delivery", "after delivery"])
def test_killed_custodian_delivers_once_when_started_again(sale, chain_for, tmp_path, after):
    license_id, account, real = sale.buy().license_id, sale.owner.account, Intent.begin

    def begin_and_die(self, function, value=0):
        if after:
            real(self, function, value)
        die()

    def run() -> None:
        Intent.begin = begin_and_die
        Custodian(acting(chain_for(account), Ipfs(sale.ipfs.api), sale.home)).poll()

    before = sale.owner.web3.eth.get_transaction_count(sale.owner.address)
    killed(run)
    assert license_id in sale.release()
    assert sale.owner.web3.eth.get_transaction_count(sale.owner.address) == before + 1
    target = tmp_path / "out.csv"
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert target.read_bytes() == sale.file.read_bytes()


def test_withdrawn_consent_stops_release_and_the_buyer_gets_the_price_back(sale):
    license_id = sale.buy().license_id
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    assert license_id not in sale.release()
    assert license.get(sale.buyer, license_id).state is LicenseState.PURCHASED
    assert license.refund(sale.buyer, license_id) is not None
    assert license.refund(sale.buyer, license_id) is None
    assert sale.buyer.call(sale.buyer.licenses.functions.owed(sale.buyer.address, ETHER)) == PRICE


def test_key_revoked_after_purchase_stops_release(sale):
    license_id = sale.buy().license_id
    sale.buyer.send(sale.buyer.keys.functions.revoke())
    assert license_id not in sale.release()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(sale.seed)))
    assert license_id in sale.release()


def test_rotated_key_gets_the_delivery(sale):
    license_id, seed = sale.buy().license_id, generate_seed()
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(seed)))
    sale.release()
    assert downloaded(sale.buyer, sale.ipfs, seed, license_id)
    with pytest.raises(WrongKeyError):
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)


def test_custodian_other_than_the_owner(sale, chain_for):
    license_id, custodian = sale.buy().license_id, chain_for()
    assert license_id not in Custodian(acting(custodian, sale.ipfs, sale.home)).poll()
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, custodian.address)
    assert license_id not in Custodian(acting(custodian, sale.ipfs, sale.home)).poll()
    roles.accept(custodian, sale.dataset, Role.CUSTODIAN)
    assert license_id in Custodian(acting(custodian, sale.ipfs, sale.home)).poll()


def test_one_license_that_cannot_be_served_does_not_hold_up_the_next(sale, chain_for):
    stuck = sale.buy().license_id
    sale.buyer.send(sale.buyer.keys.functions.revoke())
    other = chain_for()
    other.send(other.keys.functions.register(public_key(generate_seed())))
    sold = other.read(Listing, sale.offer).offer.hash
    receipt = other.send(other.licenses.functions.purchase(sale.offer, sold, 1, HMB, False), PRICE)
    served = other.event(receipt, other.licenses, "LicensePurchased")["licenseId"]
    delivered = sale.release()
    assert served in delivered
    assert stuck not in delivered


def test_an_unforeseen_error_with_one_license_does_not_hold_up_the_next(sale, chain_for, monkeypatch):
    first = sale.buy()
    other = chain_for()
    other.send(other.keys.functions.register(public_key(generate_seed())))
    second = purchase(other, sale.offer, HMB)
    real = Custodian._deliver

    def deliver(self, license_id):
        if license_id == first.license_id:
            raise RuntimeError("nobody thought of this")
        return real(self, license_id)

    with monkeypatch.context() as patched:
        patched.setattr(Custodian, "_deliver", deliver)
        assert sale.release() == [second.license_id]
    assert sale.release() == [first.license_id]


@pytest.fixture
def looked_up(monkeypatch):
    """The names of the events that are looked up in the whole chain."""
    names = []
    real = Chain.events

    def events(self, contract, name, *args, **more):
        names.append(name)
        return real(self, contract, name, *args, **more)

    monkeypatch.setattr(Chain, "events", events)
    return names


def test_the_next_delivery_of_a_dataset_looks_up_its_purchase_alone(sale, looked_up):
    """A lookup takes minutes where a node gives 500 blocks at a time of a chain of millions."""
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    first = sale.buy().license_id
    assert custodian.poll() == [first]
    second = sale.buy(again=True).license_id
    looked_up.clear()
    assert custodian.poll() == [second]
    assert looked_up == ["LicensePurchased", "VisasShown"]  # of these, the block is known


@pytest.mark.parametrize("starts_again", [False, True])
def test_what_its_visas_allow_is_looked_up_in_the_block_of_a_purchase_alone(
    sale_of, localnet, monkeypatch, starts_again
):
    """And not in the whole log, with each look at a licence that waits."""
    sale = sale_of(delivery_window=3 * DAY)
    owner, terms = acting(sale.owner, sale.ipfs, sale.home), Terms(Bounds(0))
    custodian = Custodian(owner, terms)
    license_id = sale.buy().license_id
    localnet.rpc("anvil_mine", hex(500))
    assert custodian.poll() == []
    assert "deliveries a day" in custodian.waiting[license_id]
    real, asked = Provider.logs, []

    def logs(self, query, blocks):
        asked.append(blocks)
        return real(self, query, blocks)

    monkeypatch.setattr(Provider, "logs", logs)
    localnet.rpc("anvil_mine", hex(1))
    if starts_again:
        custodian = Custodian(owner, terms)
    localnet.pass_time(DAY)
    assert custodian.poll() == []
    assert "deliveries a day" in custodian.waiting[license_id]
    assert sum(asked) < 200


def test_an_envelope_that_was_not_published_is_made_again_by_the_key_in_force(
    sale, chain_for, looked_up, monkeypatch
):
    license_id = sale.buy().license_id

    def no_ipfs(*_):
        raise UnavailableError("The IPFS node does not answer.", "Start it.")

    with monkeypatch.context() as patch:
        patch.setattr("biodesci.market.in_flight.add", no_ipfs)
        with pytest.raises(UnavailableError):
            sale.release()
    looked_up.clear()
    again = Custodian(acting(chain_for(sale.owner.account), sale.ipfs, sale.home))
    assert again.poll() == [license_id]
    assert looked_up == ["KeyRegistered"]
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)


def test_what_a_run_sealed_that_was_killed_before_it_signed_is_looked_for_twice(sale, looked_up, localnet):
    """Each look goes through the whole chain, twice, and would be taken with each block for ever."""
    license_id = sale.buy().license_id
    evidence.note_unpublished(sale.home, sale.owner, license_id, b"\7" * 32)
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    assert custodian.poll() == [license_id]
    for _ in range(5):
        localnet.rpc("evm_mine")
        custodian.poll()
    assert looked_up.count("LicenseDelivered") == 2
    assert evidence.unpublished(sale.home, sale.owner) == []
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)


def test_what_is_sealed_and_about_to_be_sent_again_is_not_discarded(sale, localnet):
    """Between sealing and signing a command may take some blocks, beside the worker."""
    license_id = sale.buy().license_id
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    assert custodian.poll() == [license_id]
    with sale.owner.intent(AGAIN, about_licence(license_id)):
        evidence.note_unpublished(sale.home, sale.owner, license_id, b"\7" * 32)
        for _ in range(4):
            localnet.rpc("evm_mine")
            custodian.poll()
        assert evidence.unpublished(sale.home, sale.owner) == [(license_id, b"\7" * 32)]
    localnet.rpc("evm_mine")
    custodian.poll()
    assert evidence.unpublished(sale.home, sale.owner) == []


def test_for_a_new_key_nothing_is_asked_again_of_what_was_sold_before(sale, monkeypatch):
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    sold = sale.buy().license_id
    assert custodian.poll() == [sold]
    done = publish(
        acting(sale.owner, sale.ipfs, sale.home), sale.file, DatasetMeta("Another", "", HMB),
        OfferTerms(price=PRICE),
    )  # fmt: skip
    first, second = sale.buy(again=True).license_id, purchase(sale.buyer, done.offer_id, HMB).license_id
    tried = []
    real = Custodian._deliver
    monkeypatch.setattr(Custodian, "_deliver", lambda self, id_: (tried.append(id_), real(self, id_))[1])
    assert sorted(custodian.poll()) == [first, second]
    assert tried == [first, second]


def test_a_custodian_keeps_nothing_in_memory_of_what_it_has_done(sale, localnet):
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    first, second = (sale.buy(again=True).license_id for _ in range(2))
    sale.buyer.send(sale.buyer.keys.functions.revoke())
    custodian.poll()
    assert sorted(custodian.waiting) == [first, second]
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(sale.seed)))
    done = []
    while custodian.undelivered:
        done += custodian.poll()
        localnet.rpc("evm_mine")
    assert sorted(done) == [first, second]
    custodian.poll()
    kept = {**vars(custodian), **vars(custodian._in_flight)}
    assert {name: of for name, of in kept.items() if isinstance(of, set | dict) and of} == {}


def test_review_waits_for_the_owner(sale_of):
    sale = sale_of(terms=HMB | IRB)
    bought = sale.buy(HMB | IRB)
    assert bought.needs_review
    assert bought.license_id not in sale.release()
    with pytest.raises(StateError, match="waits for the data access committee"):
        downloaded(sale.buyer, sale.ipfs, sale.seed, bought.license_id)
    sale.owner.send(calls.approve(sale.owner, bought.license_id))
    assert bought.license_id in sale.release()


def test_late_custodian_and_refund(sale_of, tmp_path, localnet):
    sale = sale_of(delivery_window=100)
    license_id = sale.buy().license_id
    with pytest.raises(RevertedError, match="too early for this step of licence"):
        license.refund(sale.buyer, license_id)
    localnet.pass_time(101)
    assert license_id not in sale.release()
    with pytest.raises(StateError, match="not delivered yet") as caught:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    assert "refund" in caught.value.hint
    assert license.refund(sale.buyer, license_id) is not None


def test_home_without_the_dataset_key_delivers_nothing(sale, tmp_path):
    license_id = sale.buy().license_id
    assert license_id not in Custodian(acting(sale.owner, sale.ipfs, tmp_path / "empty")).poll()


def mining(localnet):
    """Blocks all the time: a delivery waits for those on top of it."""
    return meanwhile(lambda: localnet.rpc("evm_mine"), 0.05)


def test_a_purchase_counts_once_it_is_deep_enough(sale, chain_for, localnet):
    chain = chain_for(sale.owner.account, reading=Reading(2))
    custodian = Custodian(acting(chain, sale.ipfs, sale.home))
    license_id = sale.buy().license_id
    added: list[bytes] = []
    real = sale.ipfs.add
    sale.ipfs.add = lambda data, *named: added.append(data) or real(data, *named)
    assert custodian.poll() == []
    localnet.rpc("evm_mine")
    assert custodian.poll() == []
    assert added == [], "a reorganization would take the purchase back, not what was sealed for it"
    with mining(localnet):
        time.sleep(0.2)
        wait_for(lambda: custodian.poll() == [license_id])


def test_a_delivery_that_a_reorganization_takes_back_is_made_again(sale, chain_for, localnet):
    chain = chain_for(sale.owner.account, reading=Reading(2))
    custodian = Custodian(acting(chain, sale.ipfs, sale.home))
    license_id = sale.buy().license_id
    localnet.rpc("anvil_mine", hex(100))  # so old that its event is not read again
    before = localnet.rpc("evm_snapshot")
    assert license_id in sale.release()
    assert custodian.poll() == [], "somebody delivered, though not deep enough to stay"
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_mine", hex(2))
    with mining(localnet):
        wait_for(lambda: custodian.poll() == [license_id])


@pytest.mark.parametrize("starts_again", [False, True])
def test_a_delivery_that_was_done_and_is_taken_back_is_made_again(sale, localnet, starts_again):
    """Where blocks count at once, it is noted as done with the first; the node forgets it with that block."""
    member = acting(sale.owner, sale.ipfs, sale.home)
    custodian = Custodian(member)
    license_id = sale.buy().license_id
    localnet.rpc("anvil_mine", hex(100))  # so old that its event is not read again
    before = localnet.rpc("evm_snapshot")
    assert custodian.poll() == [license_id]
    other = sale.buy(again=True).license_id
    assert custodian.poll() == [other], "from here on, the first is not among those that wait on the disk"
    localnet.rpc("evm_revert", before)
    localnet.rpc("evm_increaseTime", 7)
    localnet.rpc("anvil_mine", hex(4))
    if starts_again:
        custodian = Custodian(member)
    assert custodian.poll() == [license_id]
    localnet.rpc("anvil_mine", hex(2))
    assert custodian.poll() == [], "it was delivered once more"


def test_a_purchase_that_is_gone_for_good_is_forgotten(sale, localnet):
    """It was there when it was read; a person would be told for ever of something that fails."""
    custodian = Custodian(acting(sale.owner, Ipfs("http://127.0.0.1:9", timeout=1.0), sale.home))
    before = localnet.rpc("evm_snapshot")
    license_id = sale.buy().license_id
    with pytest.raises(UnavailableError, match="IPFS"):
        custodian.poll()
    localnet.rpc("evm_revert", before)
    localnet.rpc("anvil_mine", hex(5))
    assert custodian.poll() == []
    assert f"no licence {license_id}" in custodian.waiting[license_id]
    localnet.rpc("anvil_mine", hex(60))
    assert custodian.poll() == []
    assert custodian.undelivered == 1, "the reorganization may bring it back yet"
    localnet.rpc("anvil_mine", hex(10))
    assert custodian.poll() == []
    assert custodian.undelivered == 0
    assert custodian.waiting == {}


def test_a_custodian_that_starts_again_goes_on_where_it_was(sale, chain_for, localnet, monkeypatch):
    """What was read is not read again; what waits is remembered."""
    member = acting(chain_for(sale.owner.account, reading=Reading(2)), sale.ipfs, sale.home)
    license_id = sale.buy().license_id
    localnet.rpc("anvil_mine", hex(300))
    monkeypatch.setattr(Custodian, "_release", lambda *_: False)
    Custodian(member).poll()
    monkeypatch.undo()
    localnet.rpc("anvil_mine", hex(20))
    asked: list[int] = []
    real = Provider.logs

    def logs(self, query, blocks):
        if query["address"] == [sale.owner.licenses.address.lower()] and len(query["topics"]) == 3:
            asked.append(int(query["fromBlock"], 16))
        return real(self, query, blocks)

    monkeypatch.setattr(Provider, "logs", logs)
    before = localnet.web3.eth.block_number
    with mining(localnet):
        custodian = Custodian(member)
        wait_for(lambda: custodian.poll() == [license_id])
    assert asked
    assert min(asked) > before - 100, "the place is written down every 64 blocks at least"


@pytest.mark.parametrize("right", ["train", "infer"])
def test_no_key_is_sealed_for_a_right_that_the_owners_node_serves(sale_of, monkeypatch, right):
    sale = sale_of(right=right)
    license_id = sale.buy().license_id
    sealed: list[object] = []
    monkeypatch.setattr(envelope, "seal_shown", lambda *made: sealed.append(made))
    monkeypatch.setattr(Ipfs, "add", lambda *added: sealed.append(added))
    assert sale.release() == [license_id]
    assert license.is_active(sale.buyer, license_id)
    assert license.envelopes_of(sale.buyer, license_id) == [bytes(32)]
    assert sealed == []


def test_the_key_of_a_publication_that_was_killed_after_the_mint_is_found_by_its_token(
    sale, chain_for, tmp_path, monkeypatch
):
    """Its owner does not run it again; the custodian knows what this account published."""
    account, home = sale.owner.account, tmp_path / "second"
    meta, offer = DatasetMeta("Second", "", HMB), OfferTerms(price=PRICE)

    def run() -> None:
        publish_module._result = die
        publish(acting(chain_for(account), Ipfs(sale.ipfs.api), home), sale.file, meta, offer)

    killed(run)
    dataset = int(sale.buyer.call(sale.buyer.datasets.functions.datasetCount()))
    bought = purchase(sale.buyer, offers.of_dataset(sale.buyer, dataset)[0].id, HMB).license_id
    assert Custodian(acting(sale.owner, sale.ipfs, home)).poll() == [bought]
    target = tmp_path / "out.csv"
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, bought, target)
    assert target.read_bytes() == sale.file.read_bytes()
