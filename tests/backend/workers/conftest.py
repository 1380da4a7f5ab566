"""What sells and stores, as the market's tests have it."""

from __future__ import annotations

from tests.backend.market.conftest import ipfs, sale, sale_of

__all__ = ["ipfs", "sale", "sale_of"]
