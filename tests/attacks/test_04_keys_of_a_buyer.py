"""A buyer with the key in its hands makes the delivery of it look wrong."""

from __future__ import annotations

import pytest

from biodesci.chain.outbox import Intent
from biodesci.core.envelope import generate_seed, public_key
from biodesci.market import evidence, judgement, license, licensed_copy
from biodesci.market.judgement import Finding, Side
from tests.backend.acting import acting


@pytest.mark.parametrize("trick", ["replaces", "revokes", "replaces twice"])
def test_a_buyer_changes_its_key_in_front_of_the_delivery(sale_of, judge, tmp_path, monkeypatch, trick):
    """It sees the delivery on its way, opens it with the former seed, and disputes."""
    sale = sale_of(arbiter=judge.chain.address)
    license_id, buyer, real = sale.buy().license_id, sale.buyer, Intent.begin

    def change() -> None:
        functions = buyer.keys.functions
        if trick == "revokes":
            buyer.send(functions.revoke())
            return
        for _ in range(2 if "twice" in trick else 1):
            buyer.send(functions.register(public_key(generate_seed())))

    def begin(self, function, value=0):
        if function.fn_name == "deliver":
            monkeypatch.setattr(Intent, "begin", real)
            change()
        real(self, function, value)

    monkeypatch.setattr(Intent, "begin", begin)
    assert sale.release() == [license_id]
    licensed_copy.download(buyer, sale.ipfs, sale.seed, license_id, tmp_path / "loot.csv")
    license.dispute(buyer, license_id, "I cannot open it")
    file = tmp_path / "shown"
    evidence.show(acting(sale.owner, sale.ipfs, sale.home), license_id, judge.chain.address, file)
    judged = judgement.judge(judge, license_id, file)
    assert judged.finding is Finding.RIGHT_KEY
    assert judged.favours is Side.OWNER
    assert "in force at its purchase or after it" in judged.says
