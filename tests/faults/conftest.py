"""The chain and the IPFS node of tests/backend, behind faults."""

from __future__ import annotations

from tests.backend.conftest import (  # noqa: F401
    anvil,
    chain_for,
    ipfs_node,
    keyed,
    localnet,
    quick_disk,
    quick_scrypt,
    senders_home,
)
from tests.backend.inference.conftest import world  # noqa: F401
from tests.backend.postgres import postgres  # noqa: F401
