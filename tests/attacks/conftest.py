"""What an attack meets: a real chain and IPFS node, and the unmodified workers (as in tests/backend)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.client import Chain
from biodesci.fl.quantize import Ring
from biodesci.ipfs.client import Ipfs
from biodesci.rounds import aggregator as worker
from tests.attacks.sites import Sites, SitesOf
from tests.backend.conftest import (
    anvil,
    chain_for,
    dollar,
    ipfs_node,
    keyed,
    localnet,
    lost,
    noted,
    quick_disk,
    quick_scrypt,
    senders_home,
    token_of,
)
from tests.backend.market.conftest import arbiter, ipfs, judge, sale, sale_of, shop, shop_of, silent

__all__ = [
    "anvil",
    "arbiter",
    "chain_for",
    "dollar",
    "ipfs",
    "ipfs_node",
    "judge",
    "keyed",
    "localnet",
    "lost",
    "noted",
    "quick_disk",
    "quick_scrypt",
    "sale",
    "sale_of",
    "senders_home",
    "shop",
    "shop_of",
    "silent",
    "token_of",
]


@pytest.fixture
def sites_of(chain_for: Callable[..., Chain], ipfs: Ipfs, tmp_path: Path) -> SitesOf:
    """sites_of(4): a model owner, an aggregator and four sites, in the test's own folder."""
    return partial(Sites, chain_for, ipfs, tmp_path)


@pytest.fixture
def sums(monkeypatch: pytest.MonkeyPatch) -> dict[int, Ring]:
    """What aggregators come to know: of each round that is unmasked, the sum."""
    seen: dict[int, Ring] = {}
    real = worker.outcome

    def outcome(chain: Any, ipfs: Any, round_: Any, plan: Any, total: Ring) -> Any:
        seen[round_.id] = total.copy()
        return real(chain, ipfs, round_, plan, total)

    monkeypatch.setattr(worker, "outcome", outcome)
    return seen
