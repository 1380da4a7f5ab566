"""What an audit costs: Freivalds' test against computing a product again, and a receipt without a node.

The product is of BERT-base's feed-forward size, (2048, 768) x (768, 3072) in float64 on one thread; both
ways alternate, and the figure is the median of the paired ratios.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from biodesci.core import checkpoint, commitment
from biodesci.core.documents.receipt import Receipt
from biodesci.proof.freivalds import check_product
from biodesci.proof.receipt import verify_offline

ROWS, INPUTS, OUTPUTS = 2048, 768, 3072
PAIRS, RECEIPTS = 9, 51


def figures() -> dict[str, dict[str, object]]:
    """audit.freivalds_ratio and receipt.verify_ms."""
    ratio, tolerance, again = _freivalds()
    return {
        "audit.freivalds_ratio": {
            "value": ratio,
            "unit": "of recomputing",
            "peer": f"recomputing the product: 1 ({again:.2f} s)",
            "how": f"median of {PAIRS} paired runs, ({ROWS}, {INPUTS}) x ({INPUTS}, {OUTPUTS}) float64, "
            f"one thread, three columns of fresh coins; errors above {tolerance:.2g} are missed with "
            "probability at most (tolerance/error)^3",
        },
        "receipt.verify_ms": {
            "value": _receipt_ms(),
            "unit": "ms",
            "peer": "-",
            "how": f"median of {RECEIPTS}: parse a receipt and recompute its commitments; target 10 ms",
        },
    }


def _freivalds() -> tuple[float, float, float]:
    rng = np.random.default_rng(1)
    x, w, b = rng.normal(size=(ROWS, INPUTS)), rng.normal(size=(OUTPUTS, INPUTS)), rng.normal(size=OUTPUTS)
    tensors = [torch.from_numpy(a) for a in (x, w, b)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        y = torch.nn.functional.linear(*tensors).numpy()
        ratios, agains, tolerance = [], [], 0.0
        for _ in range(PAIRS):
            again = _seconds(lambda: torch.nn.functional.linear(*tensors))
            found = check_product(x, w, y, b)
            ratios.append(_seconds(lambda: check_product(x, w, y, b)) / again)
            agains.append(again)
            tolerance = max(tolerance, found.tolerance)
    finally:
        torch.set_num_threads(threads)
    return statistics.median(ratios), tolerance, statistics.median(agains)


def _receipt_ms() -> float:
    chain, contract, worker = 31337, "0x" + "a1" * 20, "0x" + "d4" * 20
    salts, root = (os.urandom(32), os.urandom(32)), os.urandom(32)
    tensors = checkpoint.root({"x": np.zeros((8, 20))})
    receipt = Receipt(
        chain_id=chain,
        contract=contract,
        registry=contract,
        request_id=1,
        model_id=1,
        model_version=1,
        weights_root=root,
        architecture=root,
        requester=worker,
        worker=worker,
        input_commitment=commitment.input_commitment(
            commitment.Inquiry(chain, contract, worker, worker), salts[0], tensors
        ),
        output_commitment=commitment.output_commitment(
            commitment.Answer(chain, contract, 1, worker, root), salts[1], tensors
        ),
        request_tx=root,
        request_block=1,
        commit_tx=root,
        commit_block=2,
    )
    data = receipt.opened(salts[0], tensors, salts[1], tensors).to_bytes()
    return 1000 * statistics.median(
        _seconds(lambda: verify_offline(Receipt.parse(data))) for _ in range(RECEIPTS)
    )


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
