"""A hospital withdraws its data for its patients' sake, and those who derived data from them sell on."""

from __future__ import annotations

import pytest

from biodesci.chain.records import DatasetVersion, Listing, Sale
from biodesci.core import duo
from biodesci.core.errors import RevertedError
from biodesci.core.onchain import LicenseState
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.market import catalogue, license
from biodesci.market.card import DatasetMeta
from biodesci.market.custody import Custodian
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.market.purchase import purchase
from tests.backend import calls
from tests.backend.acting import acting

TERMS, HMB = duo.bits(["HMB", "NCU"]), duo.bits(["HMB"])


def derived(chain, ipfs, folder, parent: int) -> tuple[int, int]:
    """A dataset that an account derives from another, and its offer."""
    folder.mkdir(exist_ok=True)
    file = folder / "derived.csv"
    file.write_text("score\n" + "".join(f"{i % 7}\n" for i in range(40)))
    meta = DatasetMeta(f"Derived from {parent}", "", TERMS, parents=(parent,))
    done = publish(acting(chain, ipfs, folder), file, meta, OfferTerms(price=1))
    assert done.offer_id is not None
    return done.dataset_id, done.offer_id


def test_data_derived_from_withdrawn_data_are_sold_on(sale, keyed, ipfs, tmp_path):
    """A licensee derives data, as its licence permits, and derives from those once more; both are sold."""
    sale.buy()
    sale.release()
    seller, home = sale.buyer, tmp_path / "seller"
    child, child_offer = derived(seller, ipfs, home, sale.dataset)
    grandchild, offer = derived(seller, ipfs, home, child)
    buyer = keyed()
    opened = purchase(buyer, offer, HMB).license_id
    assert Custodian(acting(seller, ipfs, home)).poll() == [opened]
    waits = purchase(buyer, offer, HMB, again=True).license_id

    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))

    for one in (child_offer, offer):
        functions, sold = buyer.licenses.functions, buyer.read(Listing, one).offer.hash
        with pytest.raises(RevertedError) as caught:
            buyer.send(functions.purchase(one, sold, 1, HMB, False), 1)
        assert caught.value.name == "AccessLicense_Withdrawn"
    assert Custodian(acting(seller, ipfs, home)).poll() == []
    with pytest.raises(RevertedError) as caught:
        seller.send(calls.deliver(seller, waits, b"\1" * 32))
    assert caught.value.name == "AccessLicense_Withdrawn"
    buyer.send(buyer.licenses.functions.refund(waits))
    assert license.get(buyer, waits).state is LicenseState.REFUNDED
    assert license.is_active(buyer, opened)  # as the hospital's own licensees keep what was delivered
    for dataset, parent in ((child, sale.dataset), (grandchild, child)):
        assert buyer.read(Sale, dataset).withdrawn
        assert buyer.read(DatasetVersion, dataset, 1).withdrawn_at > 0
        entry = catalogue.entry(buyer, ipfs, dataset)
        assert (entry.open_offers, entry.withdrawn_with) == ((), (parent,))
    with Store(tmp_path / "index.sqlite") as store:
        sync(sale.owner, ipfs, store)
        for dataset in (child, grandchild):
            (version,) = queries.versions(store, dataset)
            assert version["withdrawn_at"] == buyer.read(DatasetVersion, dataset, 1).withdrawn_at
            assert version["withdrawn_with"] == sale.dataset


def test_data_of_a_stranger_who_only_claims_the_descent_stay_on_sale(sale, keyed, ipfs, tmp_path):
    """Else anybody could be stopped by a dataset that it names, or would not name it."""
    child, _ = derived(keyed(), ipfs, tmp_path / "stranger", sale.dataset)
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    assert not sale.buyer.read(Sale, child).withdrawn
