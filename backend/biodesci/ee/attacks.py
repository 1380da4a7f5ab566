"""A small red team: what someone with the encrypted weights, and some help, gets back.

Known plaintext: pairs of a record and its encoding give the input key S by least squares. Alignment:
an attacker who knows the weights that the model was fine-tuned from matches neurons by what every key
leaves unchanged (norms, inner products, biases), refines by Procrustes and matching in turn, and so gets
the stream key Q, and with it S. The figures go on the model's security card.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biodesci.ee.keys import TabularKey
from biodesci.ee.sampling import Stream, initial_weights
from biodesci.ee.architectures.tabular import TabularConfig

Matrix = NDArray[np.float64]
DRIFTS = (0.0, 0.1, 0.4, 1.0)


def known_plaintext(key: TabularKey, pairs: int) -> float:
    """Relative error of S as solved from `pairs` records and their encodings."""
    s = key.parts["input_key"]
    x = Stream(os.urandom(32), "records").gaussian(pairs, key.config.features)
    encoded = key.inference_codec().encode_inputs(x)
    guess = np.linalg.lstsq(x, encoded, rcond=None)[0].T
    return _error(guess, s)


def alignment(key: TabularKey, base: Mapping[str, Matrix], drift: float) -> dict[str, float]:
    """Share of neurons matched, and relative errors of Q and S.

    The secret weights are `base` plus noise of `drift` times each tensor's own size.
    """
    c = key.config
    noise = Stream(os.urandom(32), "drift")
    secret = {n: torch.from_numpy(w + drift * w.std() * noise.gaussian(*w.shape)) for n, w in base.items()}
    seen = {n: t.numpy() for n, t in key.encrypt(secret).items()}
    matches = [_nearest(_invariants(base, i), _invariants(seen, i)) for i in range(c.layers)]
    q = _stream_key(base, seen, matches)
    for _ in range(8):
        matches = [_nearest(_rows(base, i) @ np.kron(np.eye(2), q), _rows(seen, i)) for i in range(c.layers)]
        q = _stream_key(base, seen, matches)
    truth = [np.argsort(key.parts["neurons"][i]) for i in range(c.layers)]
    tokens = _nearest(base["input.bias"].reshape(c.tokens, -1) @ q, seen["input.bias"].reshape(c.tokens, -1))
    known = base["input.weight"].reshape(c.tokens, c.width, -1)
    moved = seen["input.weight"].reshape(c.tokens, c.width, -1)[tokens]
    s = _procrustes((q.T @ known).reshape(-1, c.features), moved.reshape(-1, c.features)).T
    return {
        "neuronsMatched": float(np.mean([np.mean(m == t) for m, t in zip(matches, truth, strict=True)])),
        "streamKeyError": _error(q, key.parts["stream"]),
        "inputKeyError": _error(s, key.parts["input_key"]),
    }


def measure(config: TabularConfig, drifts: Sequence[float] = DRIFTS) -> dict[str, Any]:
    """The security card's figures for an architecture, on fresh weights and a fresh orthogonal key."""
    key = TabularKey.generate(config)
    base = initial_weights(config, os.urandom(32))
    # Fresh biases are zero; trained ones are not, and they help the attacker.
    stream = Stream(os.urandom(32), "biases")
    base |= {n: 0.1 * stream.gaussian(*w.shape) for n, w in base.items() if n.endswith(".bias")}
    f = config.features
    return {
        "knownPlaintext": [
            {"pairs": n, "inputKeyError": known_plaintext(key, n)}
            for n in sorted({1, max(1, f // 2), f, 2 * f})
        ],
        "alignmentWithPublicBase": [{"drift": d, **alignment(key, base, d)} for d in drifts],
        "linkable": {"streamKeyError": linked(base, config)},
    }


def linked(base: Mapping[str, Matrix], config: TabularConfig) -> float:
    """Two encryptions of the same weights: relative error of Q₁ᵀQ₂ as computed from the two alone."""
    keys = [TabularKey.generate(config) for _ in range(2)]
    state: dict[str, Tensor] = {n: torch.from_numpy(w) for n, w in base.items()}
    one, two = ({n: t.numpy() for n, t in key.encrypt(state).items()} for key in keys)
    layers = range(config.layers)
    q = _stream_key(one, two, [_nearest(_invariants(one, i), _invariants(two, i)) for i in layers])
    return _error(q, np.asarray(keys[0].parts["stream"].T @ keys[1].parts["stream"], dtype=np.float64))


def _invariants(weights: Mapping[str, Matrix], layer: int) -> Matrix:
    """Per neuron, what no orthogonal key and no order changes: (hidden, 4)."""
    w1, w2 = weights[f"blocks.{layer}.expand.weight"], weights[f"blocks.{layer}.contract.weight"].T
    b1 = weights[f"blocks.{layer}.expand.bias"]
    table = np.stack([(w1**2).sum(axis=1), (w2**2).sum(axis=1), (w1 * w2).sum(axis=1), b1], axis=1)
    scaled: Matrix = (table - table.mean(axis=0)) / (table.std(axis=0) + 1e-12)
    return scaled


def _rows(weights: Mapping[str, Matrix], layer: int) -> Matrix:
    """Per neuron, its incoming and outgoing weights: (hidden, 2 d); both turn by Q."""
    return np.hstack([weights[f"blocks.{layer}.expand.weight"], weights[f"blocks.{layer}.contract.weight"].T])


def _nearest(known: Matrix, seen: Matrix) -> NDArray[np.int64]:
    """For each row of `known` the nearest row of `seen`."""
    distance = (known**2).sum(axis=1)[:, None] + (seen**2).sum(axis=1) - 2.0 * known @ seen.T
    result: NDArray[np.int64] = distance.argmin(axis=1)
    return result


def _stream_key(
    base: Mapping[str, Matrix], seen: Mapping[str, Matrix], matches: Sequence[NDArray[np.int64]]
) -> Matrix:
    d = base["head.weight"].shape[1]
    known = [_rows(base, i).reshape(-1, 2, d) for i in range(len(matches))]
    moved = [_rows(seen, i)[m].reshape(-1, 2, d) for i, m in enumerate(matches)]
    return _procrustes(np.concatenate(known).reshape(-1, d), np.concatenate(moved).reshape(-1, d))


def _procrustes(known: Matrix, moved: Matrix) -> Matrix:
    """The orthogonal Q that brings `known` Q nearest to `moved` (Schönemann 1966)."""
    u, _, v = np.linalg.svd(known.T @ moved, full_matrices=False)
    result: Matrix = u @ v
    return result


def _error(guess: Matrix, truth: Matrix) -> float:
    return float(np.linalg.norm(guess - truth) / np.linalg.norm(truth))
