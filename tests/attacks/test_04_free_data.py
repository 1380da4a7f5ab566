"""Key and file are taken, the purchase is disputed, and the price is back: again and again."""

from __future__ import annotations

import pytest

from biodesci.chain.currency import ETHER
from biodesci.core.errors import InputError, RevertedError, StateError
from biodesci.core.onchain import DAY, LicenseState, Role
from biodesci.market import arbitration, license, licensed_copy, offers, roles
from biodesci.market.offers import OfferTerms
from tests.attacks.at_work import custodian_of, delivered
from tests.backend import calls

PRICE = 10**15


def owed(chain, account) -> int:
    return int(chain.call(chain.licenses.functions.owed(account.address, ETHER)))


def taken(sale, localnet, target) -> int:
    """A licence of which the buyer has the file already."""
    license_id = sale.buy(again=True).license_id
    with custodian_of(sale, localnet):
        delivered(sale, license_id)
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert target.read_bytes() == sale.file.read_bytes()
    return license_id


def test_a_thief_takes_the_file_by_the_default_offer_and_gets_the_price_back(sale, localnet, tmp_path):
    for attempt in range(2):
        license_id = taken(sale, localnet, tmp_path / f"{attempt}.csv")
        with pytest.raises(StateError, match="nothing can be disputed"):
            license.dispute(sale.buyer, license_id, "not for me")
        with pytest.raises(RevertedError) as caught:
            sale.buyer.send(sale.buyer.licenses.functions.dispute(license_id, b"\1" * 32))
        assert caught.value.name == "AccessLicense_NoArbiter"
        with pytest.raises(RevertedError) as caught:
            license.refund(sale.buyer, license_id)
        assert caught.value.name == "AccessLicense_WrongState"
        localnet.pass_time(DAY + 1)
        sale.owner.send(sale.owner.licenses.functions.claim(license_id))
        assert owed(sale.buyer, sale.buyer) == 0
        assert owed(sale.buyer, sale.owner) == (attempt + 1) * PRICE


def test_a_thief_takes_the_file_and_disputes_before_an_arbiter(sale_of, chain_for, localnet, tmp_path):
    """Nothing moves before the arbiter decides, and it sees who is right."""
    arbiter = chain_for()
    arbitration.accept(arbiter, accepted=True)
    sale = sale_of(arbiter=arbiter.address)
    license_id = taken(sale, localnet, tmp_path / "loot.csv")
    license.dispute(sale.buyer, license_id, "not for me")
    assert license.get(sale.buyer, license_id).state is LicenseState.DISPUTED
    assert not license.is_active(sale.buyer, license_id)
    with pytest.raises(RevertedError) as caught:
        license.refund(sale.buyer, license_id)
    assert caught.value.name == "AccessLicense_TooEarly"
    for other in (sale.buyer, sale.owner, chain_for()):
        with pytest.raises(RevertedError) as caught:
            other.send(calls.resolve(other, license_id, pay_owner=False))
        assert caught.value.name == "AccessLicense_NotArbiter"
    assert (owed(arbiter, sale.buyer), owed(arbiter, sale.owner)) == (0, 0)
    arbiter.send(calls.resolve(arbiter, license_id, pay_owner=True))
    assert (owed(arbiter, sale.buyer), owed(arbiter, sale.owner)) == (0, PRICE)


def test_an_owner_names_an_arbiter_who_never_agreed(sale, chain_for):
    """Or one who sells with it: such an offer is not made, nor sold by when that changes later."""
    stranger, helper = chain_for(), chain_for()
    with pytest.raises(InputError, match="has not agreed"):
        offers.create(sale.owner, sale.dataset, OfferTerms(arbiter=stranger.address))
    arbitration.accept(helper, accepted=True)
    judged = offers.create(sale.owner, sale.dataset, OfferTerms(arbiter=helper.address))
    sold = offers.get(sale.buyer, judged).terms.hash
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, helper.address)
    roles.accept(helper, sale.dataset, Role.CUSTODIAN)
    for attempt in (
        lambda: offers.create(sale.owner, sale.dataset, OfferTerms(arbiter=helper.address)),
        lambda: sale.buyer.send(sale.buyer.licenses.functions.purchase(judged, sold, 1, 1 << 2, False)),
    ):
        with pytest.raises(RevertedError) as caught:
            attempt()
        assert (caught.value.name, caught.value.args_) == (
            "AccessLicense_ArbiterTakesPart", (sale.dataset, helper.address),
        )  # fmt: skip


def test_a_buyer_disputes_what_it_used(sale_of, chain_for, tmp_path):
    """The first counted use says that the key works: the owner is paid, and no arbiter is troubled."""
    arbiter = chain_for()
    arbitration.accept(arbiter, accepted=True)
    sale = sale_of(arbiter=arbiter.address, uses=3)
    license_id = sale.buy().license_id
    sale.release()
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, tmp_path / "file.csv")
    assert owed(sale.buyer, sale.owner) == PRICE
    with pytest.raises((RevertedError, StateError)) as caught:
        license.dispute(sale.buyer, license_id, "not for me")
    assert caught.value.name == "AccessLicense_WrongState"
