"""Versions of a model as the chain has them, and their encrypted weights. Imports no torch."""

from __future__ import annotations

from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import ModelVersion
from biodesci.core import checkpoint, commitment
from biodesci.core.errors import NotFoundError
from biodesci.ipfs.client import Ipfs

MAX_WEIGHTS: Final = 1 << 31


def read(chain: Chain, model_id: int, number: int) -> ModelVersion:
    """NotFoundError where the model has no such version."""
    latest = chain.call(chain.models.functions.latestVersion(model_id))
    if not 1 <= number <= latest:
        raise NotFoundError(f"Model {model_id} has no version {number}.", f"Its latest version is {latest}.")
    return chain.read(ModelVersion, model_id, number)


def fetch_weights(chain: Chain, ipfs: Ipfs, model_id: int, number: int) -> dict[str, checkpoint.Tensor]:
    """The encrypted weights of a version, checked against the weights root on chain."""
    on_chain = read(chain, model_id, number)
    tensors = checkpoint.load(ipfs.cat(on_chain.weights, max_size=MAX_WEIGHTS))
    root = checkpoint.root(tensors)
    commitment.check(on_chain.weights_root, root, f"weights root of model {model_id} version {number}")
    return tensors
