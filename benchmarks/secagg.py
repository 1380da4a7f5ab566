"""Secure aggregation in process, against the plain sum of float32 updates in the same run.

Four nodes, 10,000 parameters: dealing, masking, answers and the sum, messages as bytes; no network, no chain.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biodesci.core.documents.round_messages import Inbox, Shares, UnmaskAnswer
from biodesci.fl.aggregation import Aggregator
from biodesci.fl.masking import Context
from biodesci.fl.messages import MaskedVector
from biodesci.fl.protocol import Node
from biodesci.fl.quantize import decode, encode
from biodesci.fl.roster import Member, threshold_of

Update = NDArray[np.float64]
NODES, PARAMETERS, SCALE, RUNS = 4, 10_000, 18, 9


def one_round(updates: list[Update]) -> tuple[Update, float, int]:
    """The sum, seconds, and the bytes of one node's masked vector."""
    context = Context(31337, bytes(20), 1)
    began = time.perf_counter()
    nodes = [Node.create(context, (i + 1).to_bytes(20, "big")) for i in range(len(updates))]
    roster = tuple(Member(n.address, n.round_keys[:32], n.round_keys[32:]) for n in nodes)
    threshold = threshold_of(len(nodes))
    aggregator = Aggregator(context, roster, threshold, 3, updates[0].size)
    for node in nodes:
        aggregator.add_shares(node.address, Shares.parse(node.deal(roster, threshold)))
    aggregator.close_shares()
    bodies = {}
    for node, update in zip(nodes, updates, strict=True):
        node.receive(Inbox.parse(aggregator.inbox(node.address).to_bytes()), aggregator.dealt)
        bodies[node.address] = node.mask(encode(update, SCALE, len(nodes)), aggregator.dealt)
        aggregator.add_masked(node.address, MaskedVector.from_bytes(bodies[node.address]))
    aggregator.close(bodies)
    for node in nodes:
        answer = node.answer(list(bodies), aggregator.dealt)
        aggregator.add_answer(node.address, UnmaskAnswer.parse(answer))
    total = decode(aggregator.total(bodies.__getitem__), SCALE)
    return total, time.perf_counter() - began, len(next(iter(bodies.values())))


def figures() -> dict[str, dict[str, Any]]:
    rng = np.random.default_rng(7)
    updates = [rng.normal(scale=0.1, size=PARAMETERS) for _ in range(NODES)]
    exact = np.sum([np.rint(u * 2**SCALE) for u in updates], axis=0) / 2**SCALE
    seconds = []
    for _ in range(RUNS):
        total, took, size = one_round(updates)
        if not np.array_equal(total, exact):
            raise AssertionError("the sum is not the integer sum of the updates")
        seconds.append(took)
    plain = []
    for _ in range(RUNS):
        began = time.perf_counter()
        bodies = [u.astype("<f4").tobytes() for u in updates]
        np.sum([np.frombuffer(b, dtype="<f4") for b in bodies], axis=0)
        plain.append(time.perf_counter() - began)
    how = f"{NODES} nodes, {PARAMETERS} parameters, in process, median of {RUNS}; sum checked bit for bit"
    return {
        "secagg.round_ms.4x10k": {
            "value": round(1000 * statistics.median(seconds), 2),
            "unit": "ms",
            "peer": f"plain float32 sum, same run: {1000 * statistics.median(plain):.2f} ms",
            "how": how,
        },
        "secagg.upload_bytes_per_parameter": {
            "value": round(size / PARAMETERS, 4),
            "unit": "B",
            "peer": "plain float32: 4 B",
            "how": "bytes of a node's masked vector message",
        },
    }
