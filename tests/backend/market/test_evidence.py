"""Evidence of a delivery is for one arbiter, and its custodian's to show."""

from __future__ import annotations

import pytest

from biodesci.core.errors import NotFoundError, StateError, WrongKeyError
from biodesci.market import evidence, judgement
from biodesci.party import keys
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.deliveries import custodian
from tests.backend.market.downloads import downloaded


def test_evidence_opens_for_its_arbiter_alone_and_is_the_custodians_to_show(sale, judge, chain_for, tmp_path):
    license_id = sale.buy().license_id
    with pytest.raises(NotFoundError, match="was not made with"):
        evidence.show(custodian(sale), license_id, judge.chain.address, tmp_path / "early")
    sale.release()
    stranger = acting(chain_for(), sale.ipfs, tmp_path / "stranger")
    keys.register(stranger.chain, stranger.home, PASSPHRASE)
    file = tmp_path / "file"
    evidence.show(custodian(sale), license_id, judge.chain.address, file)
    with pytest.raises(WrongKeyError):
        judgement.judge(stranger, license_id, file)
    with pytest.raises(NotFoundError, match="was not made with"):
        evidence.show(stranger, license_id, stranger.chain.address, tmp_path / "none")
    kept = list((sale.home / "deliveries").rglob("*.evidence"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    undelivered = sale.buy(again=True).license_id
    with pytest.raises(StateError, match="nothing to judge"):
        judgement.judge(judge, undelivered, file)
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
