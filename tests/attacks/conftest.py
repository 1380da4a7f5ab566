"""What an attack meets: a real chain and IPFS node, and the unmodified workers (as in tests/backend)."""

from __future__ import annotations

from tests.backend.conftest import (
    anvil,
    chain_for,
    dollar,
    ipfs_node,
    keyed,
    localnet,
    lost,
    noted,
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
    "quick_scrypt",
    "sale",
    "sale_of",
    "senders_home",
    "shop",
    "shop_of",
    "silent",
    "token_of",
]
