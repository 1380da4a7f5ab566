"""The chain and the IPFS node of tests/backend, behind faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from biodesci.ipfs.client import Ipfs
from tests.backend.conftest import (  # noqa: F401
    IpfsNode,
    Localnet,
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
from tests.faults.proxy import FaultProxy
from tests.faults.world import World


@pytest.fixture(scope="module")
def proxy(localnet: Localnet) -> Iterator[FaultProxy]:  # noqa: F811
    with FaultProxy(localnet.rpc_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def network(
    localnet: Localnet,  # noqa: F811
    proxy: FaultProxy,
    ipfs_node: IpfsNode,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """A seller, a buyer and a reader, each behind the proxy."""
    return World(localnet, proxy, Ipfs(ipfs_node.api, timeout=2.0), tmp_path_factory.mktemp("network"))
