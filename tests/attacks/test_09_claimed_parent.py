"""Descent is proven by ownership or by a licence, and is told apart from what somebody only says."""

from __future__ import annotations

import pytest

from biodesci.chain.records import Provenance
from biodesci.core import duo
from biodesci.core.errors import InputError, RevertedError
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.market import catalogue
from biodesci.market.card import DatasetMeta
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from tests.backend.acting import acting

NRES, HMB_NCU = duo.bits(["NRES"]), duo.bits(["HMB", "NCU"])


def derived(chain, sale, folder, terms: int, **more) -> int:
    folder.mkdir(exist_ok=True)
    file = folder / "derived.csv"
    file.write_text("score\n" + "".join(f"{i % 7}\n" for i in range(40)))
    meta = DatasetMeta("Derived", "", terms, parents=(sale.dataset,))
    return publish(acting(chain, sale.ipfs, folder), file, meta, OfferTerms(price=1), **more).dataset_id


def descent(chain, dataset: int) -> list[bool]:
    return [parent.proven for parent in chain.read(Provenance, dataset).parents]


def test_a_stranger_without_a_licence_publishes_an_unrestricted_child_of_restricted_data(
    sale, chain_for, ipfs, tmp_path
):
    """The sale's dataset is for non-commercial health research; nobody gave the stranger anything."""
    child = derived(chain_for(), sale, tmp_path / "stranger", NRES)
    own = derived(sale.owner, sale, sale.home, HMB_NCU)
    assert descent(sale.buyer, child) == [False]
    assert descent(sale.buyer, own) == [True]
    assert [parent.proven for parent in catalogue.entry(sale.buyer, ipfs, child).parents] == [False]
    with Store(tmp_path / "index.sqlite") as store:
        sync(sale.owner, ipfs, store)
        children = queries.related(store, sale.dataset).children
        assert {one.id: one.proven for one in children} == {child: False, own: True}
        assert [one.proven for one in queries.related(store, child).parents] == [False]


def test_a_licensee_publishes_what_its_licence_does_not_permit(sale, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    with pytest.raises(InputError, match="wider than those of dataset"):
        derived(sale.buyer, sale, tmp_path / "buyer", NRES)
    # Around the command, by the contract's own functions.
    publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, NRES, bytes(32))
    with pytest.raises(RevertedError) as caught:
        sale.buyer.send(sale.buyer.datasets.functions.publish(publication, [(sale.dataset, license_id)]))
    assert caught.value.name == "DatasetNFT_WiderThanParent"
    child = derived(sale.buyer, sale, tmp_path / "buyer", HMB_NCU)
    assert descent(sale.buyer, child) == [True]
    wider = sale.buyer.datasets.functions.publishVersion(child, publication)
    with pytest.raises(RevertedError) as caught:
        sale.buyer.send(wider)
    assert caught.value.name == "DatasetNFT_WiderThanParent"


def test_a_licence_of_somebody_else_proves_nothing(sale, chain_for):
    license_id = sale.buy().license_id
    sale.release()
    stranger = chain_for()
    publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB_NCU, bytes(32))
    with pytest.raises(RevertedError) as caught:
        stranger.send(stranger.datasets.functions.publish(publication, [(sale.dataset, license_id)]))
    assert caught.value.name == "DatasetNFT_NoRightToDerive"
