"""A right to train or to ask is turned into a copy of the data, or is used more often than was paid for."""

from __future__ import annotations

import pytest

from biodesci.core.errors import AccessDeniedError, BioDeSciError, RevertedError
from biodesci.market import license, licensed_copy
from tests.attacks.at_work import custodian_of, delivered
from tests.backend import calls

TRAIN = 2


@pytest.mark.parametrize("right", ["train", "infer"])
def test_a_buyer_of_training_or_inference_takes_the_key_and_the_file(sale_of, localnet, tmp_path, right):
    """The custodian grants access, and nothing leaves it that opens the file."""
    sale = sale_of(right=right)
    license_id = sale.buy().license_id
    with custodian_of(sale, localnet):
        delivered(sale, license_id)
    assert license.is_active(sale.buyer, license_id), "what was bought is had"
    loot = tmp_path / "loot.csv"
    with pytest.raises(AccessDeniedError, match="no key is delivered"):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, loot)
    assert not loot.exists()
    assert license.envelope_of(sale.buyer, license_id) == bytes(32), "nothing was sealed"


def test_an_owner_who_seals_a_key_for_training_all_the_same_is_refused(sale_of):
    """A custodian of another make, which seals for every right, finds no way to deliver it."""
    sale = sale_of(right="train")
    license_id = sale.buy().license_id
    with pytest.raises(RevertedError) as caught:
        sale.owner.send(calls.deliver(sale.owner, license_id, b"\5" * 32))
    assert (caught.value.name, caught.value.args_) == ("AccessLicense_NoKeyWithRight", (license_id, TRAIN))


def test_a_licence_for_one_use_is_used_three_times(sale_of, localnet, tmp_path):
    """By the package. Who keeps the key or the file has them: a copy is counted by its holder alone."""
    sale = sale_of(uses=1)
    license_id = sale.buy().license_id
    with custodian_of(sale, localnet):
        delivered(sale, license_id)
    copies = [tmp_path / f"{number}.csv" for number in range(3)]
    for copy in copies:
        try:
            licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, copy)
        except BioDeSciError as exc:
            assert "uses" in exc.message
    assert [copy.exists() for copy in copies] == [True, False, False]
    assert license.get(sale.buyer, license_id).uses_left == 0
    with pytest.raises(RevertedError) as caught:
        sale.buyer.send(sale.buyer.licenses.functions.consume(license_id))
    assert caught.value.name == "AccessLicense_NotActive"


def test_a_stranger_counts_uses_of_a_training_licence(sale_of, chain_for):
    """Only the registry of rounds counts them, where they are used."""
    sale = sale_of(right="train", uses=2)
    license_id = sale.buy().license_id
    sale.release()
    for thief in (chain_for(), sale.owner):
        with pytest.raises(RevertedError) as caught:
            thief.send(
                thief.licenses.functions.consumeFor(license_id, sale.dataset, sale.buyer.address, TRAIN)
            )
        assert caught.value.name == "AccessLicense_NotModelRegistry"
    assert license.get(sale.buyer, license_id).uses_left == 2
