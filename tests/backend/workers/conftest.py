"""What sells and stores, as the market's tests have it."""

from __future__ import annotations

from tests.backend.market.conftest import ipfs, sale, sale_of
from tests.backend.workers.processes import hospital, start

__all__ = ["hospital", "ipfs", "sale", "sale_of", "start"]
