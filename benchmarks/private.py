"""What strangers get of a private container: every kind of them, asking a real server over a real chain.

Peer in the same run: the licensee whose licence is good, to whom the same server gives the whole file.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.sending import Sending
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.processes import free_port
from tests.backend.conftest import Localnet, deploy, running_ipfs, start_anvil, stop
from tests.backend.market.private import PrivateSale, get, serving, stranger_bytes, strangers


def figures() -> dict[str, dict[str, object]]:
    port = free_port()
    anvil = start_anvil(port)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measured(f"http://127.0.0.1:{port}", Path(folder))
    finally:
        stop(anvil)


def _measured(url: str, folder: Path) -> dict[str, dict[str, object]]:
    file = folder / "deployment.json"
    file.write_bytes(deploy(url).to_bytes())
    net = Localnet(url, file, Web3(HTTPProvider(url)))

    def chain_for(account: Any = None) -> Chain:
        return Chain(
            url, load_deployment(file), account or net.account(), folder, sending=Sending(block_timeout=15)
        )

    with running_ipfs(folder / "repo") as node, serving(chain_for(), folder / "owner") as served:
        sale = PrivateSale(chain_for, Ipfs(node.api, timeout=2.0), folder, served.origin)
        kinds = strangers(sale, served, chain_for)
        counted = stranger_bytes(sale, served, kinds)
        licensee = get(served, sale.content, sale.request(served, sale.buyer.signer(), sale.bought()))
        assert licensee.content == sale.sealed
    return {
        "private.stranger_bytes": {
            "value": sum(counted.values()),
            "unit": "bytes",
            "peer": f"a licensee: {len(licensee.content)} bytes, the whole file",
            "how": f"{len(kinds)} kinds of strangers, each with GET, HEAD and POST, whole and by three "
            "ranges: pieces of 16 bytes of the container in all that they got",
        }
    }
