"""Gas of whole transactions, as the contract tests measured and pinned them (tests/contracts/gas.json)."""

from __future__ import annotations

import json
from pathlib import Path

# Measured on the peers' own code in a local EVM, whole transactions.
PEERS = {
    "publish": "Ocean 2,645,107 (2 tx); Nevermined 691,089",
    "purchase": "Ocean 371,226 (2 tx) to 408,067 (3 tx); Nevermined 702,071",
    "purchase_erc20_permit": "Ocean 371,226 (2 tx) to 408,067 (3 tx), without a permit",
    "consume": "Ocean 89,623; Nevermined 92,597",
}


def figures() -> dict[str, dict[str, object]]:
    """One figure `gas.<operation>` for each operation in the snapshot, which `make test` compares exactly."""
    snapshot = json.loads(Path("tests/contracts/gas.json").read_text())
    return {
        f"gas.{operation}": {
            "value": gas,
            "unit": "gas",
            "peer": PEERS.get(operation, "none on chain"),
            "how": "gas used by the whole transaction on anvil (cancun), compiled by way of Yul with the "
            "optimizer at 500 runs; a cold buyer, publish with an offer; pinned in tests/contracts/gas.json, "
            "which every test run compares",
        }
        for operation, gas in snapshot.items()
    }
