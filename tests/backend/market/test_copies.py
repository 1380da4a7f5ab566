"""Partners and new owners keep copies of private containers in homes of their own, and serve them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core import cid
from biodesci.core.documents.copies import CopyReceipt, Partner, PartnerList
from biodesci.core.errors import (
    AccessDeniedError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import DAY
from biodesci.ipfs.client import Ipfs
from biodesci.market import (
    copies,
    erasure,
    evidence,
    handover,
    license,
    licensed_copy,
    offers,
    partners,
)
from biodesci.market.container_server import ContainerServer
from biodesci.market.custody import Custodian
from biodesci.market.judgement import Finding, judge
from biodesci.market.offers import OfferTerms
from biodesci.market.sources import OwnersServer, also_at, signer
from biodesci.party import keys
from biodesci.party.containers import FOLDER, RECEIPT, Containers
from biodesci.party.member import Member
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.private import HMB, PrivateSale, get, serving

PLACES = 4


class Houses:
    """A private sale, its owner's server, and a partner with a home and a server of its own."""

    def __init__(self, chain_for: Callable[..., Any], ipfs: Ipfs, folder: Path) -> None:
        self.chain_for, self.folder = chain_for, folder
        self._owners = serving(chain_for(), folder / "owner")
        self.served: ContainerServer = self._owners.__enter__()
        self.sale = PrivateSale(chain_for, ipfs, folder, self.served.origin)
        self.owner: Member = acting(self.sale.owner, ipfs, self.sale.home)
        self.partner: Member = acting(chain_for(), ipfs, folder / "partner")
        keys.register(self.partner.chain, self.partner.home, PASSPHRASE)
        self._partners = serving(chain_for(), self.partner.home)
        self.copies: ContainerServer = self._partners.__enter__()
        self.is_up = True

    @property
    def content(self) -> bytes:
        return self.sale.content

    def name(self) -> PartnerList:
        chosen = Partner(account=self.partner.chain.address, url=self.copies.origin)
        return partners.name(self.owner, self.sale.dataset, self.served.origin, [chosen])

    def keep(self) -> copies.Kept:
        return copies.keep(self.partner, self.sale.dataset, 1)

    def owner_goes(self) -> None:
        """The owner's server answers no more."""
        if self.is_up:
            self.is_up = False
            self._owners.__exit__(None, None, None)

    def end(self) -> None:
        self.owner_goes()
        self._partners.__exit__(None, None, None)

    def download(self, license_id: int) -> bytes:
        target, sale = self.folder / f"copy {license_id}", self.sale
        licensed_copy.download_over(sale.buyer, sale.ipfs, sale.seed, license_id, target)
        return target.read_bytes()

    def challenged(self) -> copies.Challenged:
        [one] = copies.challenge(self.owner, self.name(), PLACES)
        return one


@pytest.fixture
def houses(chain_for: Callable[..., Any], ipfs: Ipfs, tmp_path: Path) -> Iterator[Houses]:
    made = Houses(chain_for, ipfs, tmp_path)
    yield made
    made.end()


def test_a_partner_keeps_a_copy_signs_that_and_serves_licensees_while_the_owner_is_away(
    houses: Houses,
) -> None:
    sale = houses.sale
    with pytest.raises(AccessDeniedError):
        houses.keep()
    houses.name()
    kept = houses.keep()
    held = Containers(houses.partner.home)
    assert held.path(houses.content).read_bytes() == sale.sealed
    assert kept.receipt is not None
    assert kept.receipt.partner == houses.partner.chain.address
    assert houses.keep().size == kept.size, "done again, it does nothing new"

    one = houses.challenged()
    assert (one.problem, one.places) == ("", PLACES + 1)
    assert one.receipt is not None
    filed = Containers(sale.home).attached(
        houses.content, f"{houses.partner.chain.address.lower()}.{RECEIPT}"
    )
    assert filed == one.receipt.to_bytes()

    license_id = sale.bought()
    houses.owner_goes()
    with pytest.raises(UnavailableError, match="does not answer") as refused:
        houses.download(license_id)
    assert "--from" in refused.value.hint
    with also_at([houses.copies.origin]):
        assert houses.download(license_id) == sale.plaintext


def test_a_licensee_to_whom_partners_were_named_once_finds_them_when_the_owner_is_away(
    houses: Houses,
) -> None:
    sale = houses.sale
    houses.name()
    houses.keep()
    at_owners, at_partners, later = sale.bought(), sale.bought(), sale.bought()
    assert houses.download(at_owners) == sale.plaintext
    houses.owner_goes()
    assert houses.download(later) == sale.plaintext, "the owner's server had named the partner"
    forget(houses)
    with pytest.raises(UnavailableError):
        houses.download(at_partners)
    with also_at([houses.copies.origin]):
        assert houses.download(at_partners) == sale.plaintext
    (houses.folder / f"copy {at_partners}").unlink()
    assert houses.download(at_partners) == sale.plaintext, "the partner has the owner's list, too"


def test_where_no_server_gives_the_file_each_is_named_with_its_reason(houses: Houses) -> None:
    sale = houses.sale
    houses.name()  # and the partner keeps nothing yet
    first, second = sale.bought(), sale.bought()
    assert houses.download(first) == sale.plaintext
    houses.owner_goes()
    with pytest.raises(UnavailableError) as refused:
        houses.download(second)
    for part in ("None of the 2 servers", f"at {houses.served.origin} does not answer", houses.copies.origin):
        assert part in refused.value.message
    assert "--from" in refused.value.hint


def test_a_list_that_was_remembered_ends_with_its_signers_ownership(houses: Houses) -> None:
    sale = houses.sale
    houses.name()
    houses.keep()
    first, second = sale.bought(), sale.bought()
    assert houses.download(first) == sale.plaintext
    transfer(houses, houses.partner.chain)
    houses.owner_goes()
    with pytest.raises(UnavailableError) as refused:
        houses.download(second)
    assert houses.copies.origin not in refused.value.message


def test_a_server_with_an_older_list_than_is_remembered_names_nobody(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale, older = houses.sale, houses.name()
    newest = partners.name(houses.owner, sale.dataset, houses.served.origin, [])
    assert sale.buyer.home is not None
    partners.remember(sale.buyer, Containers(sale.buyer.home), partners.Given(newest, by_owner=True))
    monkeypatch.setattr(partners, "asked_of", lambda *_: partners.Given(older, by_owner=False))
    server = OwnersServer(houses.served.origin, signer(sale.buyer, sale.dataset, sale.bought()))
    partners.joined(sale.buyer, server, houses.content, sale.dataset)
    assert server.origins == (houses.served.origin,)


def forget(houses: Houses) -> None:
    """Takes from the buyer's home what servers had named to it."""
    home = houses.sale.buyer.home
    assert home is not None
    for file in (home / FOLDER).glob(f"*-{houses.sale.dataset}.partners"):
        file.unlink()


def test_a_download_goes_on_at_a_partner_when_the_owner_goes_away_in_between(houses: Houses) -> None:
    houses.name()
    houses.keep()
    sale = houses.sale
    sign = signer(sale.buyer, sale.dataset, sale.bought())
    source = partners.joined(
        sale.buyer, OwnersServer(houses.served.origin, sign), houses.content, sale.dataset
    )
    beginning = b"".join(source.stream(houses.content, 0, 1_000))
    houses.owner_goes()
    source.download(houses.content, houses.folder / "fetched")
    assert (houses.folder / "fetched").read_bytes() == sale.sealed
    assert sale.sealed.startswith(beginning)


def test_a_partner_serves_on_the_same_terms_as_the_owner(houses: Houses) -> None:
    houses.name()
    houses.keep()
    sale, stranger = houses.sale, houses.chain_for()
    good = sale.bought()
    assert (
        get(houses.copies, sale.content, sale.request(houses.copies, sale.buyer.signer(), good)).content
        == sale.sealed
    )
    for shown in (
        None,
        sale.request(houses.copies, stranger.signer()),
        sale.request(houses.copies, stranger.signer(), good),
        sale.request(houses.served, sale.buyer.signer(), good),  # signed for the owner's server
    ):
        assert get(houses.copies, sale.content, shown).status_code in (401, 403)
    for what in (partners.DOCUMENT, RECEIPT):
        with pytest.raises(AccessDeniedError):
            OwnersServer(houses.copies.origin, signer(stranger, sale.dataset, 0)).document(sale.content, what)
    licensee = OwnersServer(houses.copies.origin, signer(sale.buyer, sale.dataset, good))
    assert PartnerList.parse(licensee.document(sale.content, partners.DOCUMENT)).dataset_id == sale.dataset
    with pytest.raises(NotFoundError):
        licensee.document(sale.content, RECEIPT)  # for those who act for the dataset
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    again = sale.request(houses.copies, sale.buyer.signer(), good)
    assert get(houses.copies, sale.content, again).status_code == 403


def test_a_copy_that_was_thrown_away_or_changed_is_seen(houses: Houses) -> None:
    houses.name()
    houses.keep()
    file = Containers(houses.partner.home).path(houses.content)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "other bytes" in houses.challenged().problem
    file.unlink()
    one = houses.challenged()
    assert (one.places, bool(one.problem)) == (0, True)


def test_a_receipt_of_another_copy_or_by_somebody_else_does_not_count(houses: Houses) -> None:
    houses.name()
    receipt = houses.keep().receipt
    assert receipt is not None
    held = Containers(houses.partner.home)
    for changed in ({"size": receipt.size - 1}, {"version": 2}, {"signature": bytes(65)}, {"kept": 1}):
        held.attach(houses.content, RECEIPT, receipt.model_copy(update=changed).to_bytes())
        assert "not signed" in houses.challenged().problem
    held.attach(houses.content, RECEIPT, CopyReceipt.parse(receipt.to_bytes()).to_bytes())
    assert not houses.challenged().problem


def test_a_strangers_card_gets_no_receipt_of_another_datasets_container(houses: Houses) -> None:
    """It names the container and the partner of the victim, and its content root or one made up."""
    houses.name()
    true, sale, stranger = houses.keep().receipt, houses.sale, houses.chain_for()
    assert true is not None
    victim = sale.owner.read(DatasetVersion, sale.dataset, 1)
    root, made_up = commitments(sale.owner, victim).content_root, b"\7" * 32
    card = sale.ipfs.cat(victim.card)
    for claimed in (root, made_up):
        copied = sale.ipfs.add(card.replace(root.hex().encode(), claimed.hex().encode()))
        publication = (copied, claimed, b"\3" * 32, HMB, bytes(32))
        sent = stranger.send(stranger.datasets.functions.publish(publication, []))
        dataset = int(stranger.event(sent, stranger.datasets, "DatasetPublished")["datasetId"])
        chosen = [Partner(account=houses.partner.chain.address, url=houses.copies.origin)]
        partners.keep(
            houses.partner.chain,
            Containers(houses.partner.home),
            partners.name(
                acting(stranger, sale.ipfs, houses.folder / "stranger"), dataset, "https://x.example", chosen
            ),
            time.time(),
        )
        with pytest.raises(IntegrityError, match=f"kept here as that of dataset {sale.dataset}, version 1"):
            copies.keep(houses.partner, dataset, 1)
    held = Containers(houses.partner.home)
    assert held.attached(houses.content, RECEIPT) == true.to_bytes()
    assert held.path(houses.content).read_bytes() == sale.sealed


def test_a_receipt_is_signed_of_bytes_that_were_checked_now(houses: Houses) -> None:
    houses.name()
    houses.keep()
    file = Containers(houses.partner.home).path(houses.content)
    for damaged in (b"no container", houses.sale.sealed[:-1]):
        file.write_bytes(damaged)
        kept = houses.keep()
        assert file.read_bytes() == houses.sale.sealed, "it was fetched anew"
        assert kept.receipt is not None
        assert kept.receipt.size == len(houses.sale.sealed)


def test_a_list_counts_only_while_its_signer_owns_the_dataset(houses: Houses) -> None:
    named, sale = houses.name(), houses.sale
    chain: Chain = sale.owner
    forged = named.model_copy(
        update={"partners": (Partner(account=sale.buyer.address, url="https://x.example"),)}
    )
    for wrong in (forged, named.model_copy(update={"dataset_id": sale.dataset + 1})):
        with pytest.raises(IntegrityError):
            partners.require(chain, wrong, sale.dataset)
    with pytest.raises(AccessDeniedError):
        partners.name(houses.partner, sale.dataset, houses.copies.origin, [])
    with pytest.raises(InputError, match="each once"):
        partners.name(houses.owner, sale.dataset, houses.served.origin, [*named.partners, *named.partners])
    transfer(houses, houses.partner.chain)
    assert partners.known(chain, Containers(sale.home), sale.dataset) is None


def test_a_partner_who_was_dropped_gets_nothing_from_another_partner(houses: Houses) -> None:
    sale, dropped = houses.sale, houses.chain_for()
    alone = houses.name().partners
    both = [*alone, Partner(account=dropped.address, url="https://dropped.example")]
    old = partners.name(houses.owner, sale.dataset, houses.served.origin, both)
    houses.keep()
    held = Containers(houses.partner.home)

    def status() -> int:
        shown = sale.request(houses.copies, dropped.signer())
        return get(houses.copies, sale.content, shown).status_code

    assert status() == 200
    later = time.time() + 3 * DAY
    for served, is_given in ((houses.served, True), (houses.copies, False)):
        asked = sale.request(served, dropped.signer(), expires=int(later) + 300).header()
        then = replace(served, clock=lambda: later)
        if is_given:
            then.authorize(cid.from_digest(sale.content), asked)
        else:
            with pytest.raises(AccessDeniedError):
                then.authorize(cid.from_digest(sale.content), asked)

    newer = partners.name(houses.owner, sale.dataset, houses.served.origin, alone)
    assert newer.named > old.named, "also within one second"
    houses.keep()
    assert status() == 403
    with pytest.raises(StateError, match="newer list"):
        partners.keep(houses.partner.chain, held, old, time.time())
    assert status() == 403


def test_a_list_that_the_owners_server_did_not_give_makes_nobody_a_fellow(houses: Houses) -> None:
    """A partner that was dropped gives the old one to somebody who keeps a copy for the first time."""
    named, late = houses.name(), Containers(houses.folder / "late")
    chain, dataset = houses.partner.chain, houses.sale.dataset
    partners.keep(chain, late, named, 0)
    assert partners.known(chain, late, dataset) == named
    assert not partners.served(chain, late, dataset, "https://late.example", time.time())
    partners.keep(chain, late, named, time.time())
    partners.keep(chain, late, named, 0)
    assert partners.served(chain, late, dataset, "https://late.example", time.time()) == {chain.address}


def test_a_partner_hears_of_a_newer_list_from_another_one_while_the_owner_is_away(houses: Houses) -> None:
    alone = houses.name().partners
    houses.keep()
    sale, other = houses.sale, acting(houses.chain_for(), houses.sale.ipfs, houses.folder / "other")
    with serving(houses.chain_for(), other.home) as others:
        both = [*alone, Partner(account=other.chain.address, url=others.origin)]
        partners.name(houses.owner, sale.dataset, houses.served.origin, both)
        houses.keep()
        newest = partners.name(houses.owner, sale.dataset, houses.served.origin, list(reversed(both)))
        copies.keep(other, sale.dataset, 1)
        houses.owner_goes()
        held = Containers(houses.partner.home)
        before = held.partners_asked(houses.partner.chain, sale.dataset)
        assert partners.known(houses.partner.chain, held, sale.dataset) != newest
        houses.keep()
    assert partners.known(houses.partner.chain, held, sale.dataset) == newest
    assert held.partners_asked(houses.partner.chain, sale.dataset) == before, "not the owner's server gave it"


def test_erasing_asks_partners_and_names_those_who_are_silent(houses: Houses) -> None:
    named, sale = houses.name(), houses.sale
    houses.keep()
    silent = Partner(account=houses.chain_for().address, url="http://127.0.0.1:9")
    partners.name(houses.owner, sale.dataset, houses.served.origin, [*named.partners, silent])
    houses.keep()  # with the new list
    done = erasure.erase(houses.owner, sale.dataset, 1, [], [])
    both = [houses.partner.chain.address, silent.account]
    assert [one.name for one in done.holders if one.answer] == both
    with pytest.raises(StateError, match="withdrawn"):
        houses.keep()

    assert [one.version for one in copies.delete_withdrawn(houses.partner, sale.dataset)] == [1]
    assert not Containers(houses.partner.home).path(houses.content).exists()
    done = erasure.erase(houses.owner, sale.dataset, 1, [], [])
    assert [one.name for one in done.holders if one.answer] == [silent.account]
    assert set(erasure.receipts(houses.owner, sale.dataset, 1)) == {houses.partner.chain.address}
    assert copies.delete_withdrawn(houses.partner, sale.dataset) == []


def test_a_copy_stays_where_its_version_is_withdrawn_and_no_deletion_is_asked_for(houses: Houses) -> None:
    houses.name()
    houses.keep()
    sale = houses.sale
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    [left] = copies.delete_withdrawn(houses.partner, sale.dataset)
    assert (left.version, left.deleted) == (1, False)
    assert Containers(houses.partner.home).path(houses.content).exists()


def transfer(houses: Houses, to: Chain) -> None:
    chain, sale = houses.sale.owner, houses.sale
    chain.send(chain.datasets.functions.transferFrom(chain.address, to.address, sale.dataset))


def test_a_new_owner_takes_keys_and_containers_over_and_serves_them_alone(houses: Houses) -> None:
    sale, new = houses.sale, houses.partner
    with pytest.raises(AccessDeniedError):
        houses.keep()
    sold, file = sale.bought(), houses.folder / "keys"
    transfer(houses, new.chain)
    handover.hand_over(houses.owner, sale.dataset, new.chain.address, file)
    handover.take_over(new, sale.dataset, file)
    kept = houses.keep()
    assert (kept.size, kept.receipt) == (len(sale.sealed), None)
    partners.name(new, sale.dataset, houses.copies.origin, [])
    with pytest.raises(AccessDeniedError):
        OwnersServer(houses.served.origin, signer(sale.owner, sale.dataset, 0)).size(sale.content)

    houses.owner_goes()
    with also_at([houses.copies.origin]):
        assert houses.download(sold) == sale.plaintext
        waiting = sale.buy(offer_of(houses))
        assert Custodian(new).poll() == [waiting]
        assert houses.download(waiting) == sale.plaintext


def test_an_arbiter_judges_by_a_partners_copy_while_the_owner_is_away(
    houses: Houses, arbiter: Chain, tmp_path: Path
) -> None:
    houses.name()
    houses.keep()
    sale, judging = houses.sale, acting(arbiter, houses.sale.ipfs, tmp_path / "judge")
    keys.register(arbiter, judging.home, PASSPHRASE)
    license_id = sale.buy(
        offers.create(sale.owner, sale.dataset, OfferTerms(price=1, arbiter=arbiter.address))
    )
    sale.release()
    license.dispute(sale.buyer, license_id, "it does not open")
    file = tmp_path / "evidence"
    evidence.show(houses.owner, license_id, arbiter.address, file)
    houses.owner_goes()
    assert judge(judging, license_id, file).finding is Finding.CONTAINER_NOT_FETCHED
    with also_at([houses.copies.origin]):
        judged = judge(judging, license_id, file)
    assert judged.finding is Finding.RIGHT_KEY
    assert f"server at {houses.copies.origin} gave it to you" in judged.says


def offer_of(houses: Houses) -> int:
    """The new owner's own: a transfer ended those of the one before."""
    return offers.create(houses.partner.chain, houses.sale.dataset, OfferTerms(**houses.sale.terms))
