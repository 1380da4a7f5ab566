"""What the adapters count, for whoever watches a process (Prometheus): calls of services, and their failures.

Labels are words of ours: a method's name, a kind of refusal. Never a text of a service or of a stranger.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

RPC_CALLS: Final = Counter("biodesci_rpc_calls", "JSON-RPC calls of the chain, by method.", ["method"])
RPC_REFUSALS: Final = Counter(
    "biodesci_rpc_refusals", "Calls of the chain that were refused or not answered, by kind.", ["kind"]
)
IPFS_CALLS: Final = Counter("biodesci_ipfs_calls", "Calls of the IPFS node.")
IPFS_FAILURES: Final = Counter("biodesci_ipfs_failures", "Calls of the IPFS node that failed.")
