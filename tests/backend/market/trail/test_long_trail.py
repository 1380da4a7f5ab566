"""A trail of 100,000 events takes no more memory than one of a thousand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from biodesci.chain.deployment import load_deployment

EVENTS, IN_A_BLOCK = 100_000, 100
MOST_MORE = 64 << 20  # bytes
MEASURE = """
import json, resource, sys, time
from pathlib import Path
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.market.trail.exporting import export
from biodesci.market.trail.verifying import verify
url, file, dataset, folder = sys.argv[1:]
chain = Chain(url, load_deployment(Path(file)), reading=Reading(0))
told = []
began = time.process_time()
done = export(chain, int(dataset), Path(folder) / "trail", progress=lambda read, total: told.append(read))
wrote = time.process_time()
assert verify(Path(folder) / "trail.csv").events == done.events
print(json.dumps({
    "events": done.events, "told": len(told), "export_s": wrote - began,
    "verify_s": time.process_time() - wrote,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    "size": sum(path.stat().st_size for path in done.files),
}))
"""


def declare(localnet: Any, visas: str, dataset: int, first: int, number: int) -> None:
    """So many events of VisaRegistry that name a dataset, which anybody may make."""
    sender, selector = localnet.web3.eth.accounts[1], keccak(text="trustFor(uint256,address,uint8)")[:4]
    nonce = localnet.web3.eth.get_transaction_count(sender) - first
    localnet.rpc("evm_setAutomine", False)
    for start in range(first, first + number, IN_A_BLOCK):
        calls = []
        for issuer in range(start, start + IN_A_BLOCK):
            data = selector + encode(["uint256", "address", "uint8"], [dataset, f"0x{issuer:040x}", 1])
            call = {"from": sender, "to": visas, "data": "0x" + data.hex(), "gas": hex(60_000)}
            call["nonce"] = hex(nonce + issuer)
            calls.append(("eth_sendTransaction", [call]))
        answers = localnet.web3.provider.make_batch_request(calls)
        assert [answer for answer in answers if "error" in answer] == []
        localnet.rpc("evm_mine")
    localnet.rpc("evm_setAutomine", True)


@pytest.mark.deep
@pytest.mark.timeout(1_800)
def test_memory_does_not_grow_with_the_trail(localnet: Any, chain_for: Any, tmp_path: Path) -> None:
    from tests.backend.market.trail.conftest import publish

    visas = load_deployment(localnet.deployment_file).contracts["VisaRegistry"].address
    measured = []
    for number in (1_000, EVENTS):
        dataset = publish(chain_for())
        declare(localnet, visas, dataset, 1, number)
        folder = tmp_path / str(number)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, localnet.rpc_url, localnet.deployment_file, str(dataset), folder],
            capture_output=True,
            check=True,
        )
        measured.append(json.loads(done.stdout))
    short, long = measured
    print(measured)
    assert (short["events"], long["events"]) == (1_002, EVENTS + 2)
    assert long["told"] > 1
    assert long["peak"] - short["peak"] < MOST_MORE
