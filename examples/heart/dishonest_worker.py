"""What a cheating worker would do, for demo and tests: compute with other weights, and claim the registered
ones.

It does nothing an attacker could not do with the public protocol, and no product module knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from biodesci.chain.client import Chain
from biodesci.inference import computing
from biodesci.inference.in_flight import commit_answer
from biodesci.inference.journal import journal
from biodesci.inference.requests import input_rows, open_input, read_request
from biodesci.ipfs.client import Ipfs
from biodesci.proof.trace import context
from biodesci.registry.models import load_registered


def answer_with_other_weights(
    chain: Chain,
    ipfs: Ipfs,
    home: Path,
    seed: bytes,
    request_id: int,
    weights: Mapping[str, NDArray[Any]] | int,
) -> None:
    """Answers a request addressed to `chain.address` with `weights` (or another version's), under the
    registered root.

    The commitment on chain is well-formed and opens: only computing the answer again, or its products, tells.
    """
    request = read_request(chain, request_id)
    registered = load_registered(chain, ipfs, request.model_id, request.version)
    if isinstance(weights, int):
        weights = load_registered(chain, ipfs, request.model_id, weights).tensors
    x = input_rows(registered.config, open_input(chain, ipfs, seed, request))
    place = context(chain.chain_id, chain.inferences.address, request_id)
    answer = computing.compute(replace(registered, tensors=weights), x, place)
    folder = journal(home, chain, request_id)
    computing.write_answer(folder, answer)
    commit_answer(chain, ipfs, folder, request, registered.weights_root)
