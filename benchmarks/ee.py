"""What equivariant encryption costs and how exact it is, against the same plaintext model in one process.

Measured in pairs, alternating which of the two goes first, median of the pairs' ratios, in CPU
time of this one-thread process: so that other work on the machine does not count.
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import torch

from benchmarks.pairs import one_thread, ratio
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.keys import ModelKey
from biodesci.ee.runtime import infer
from biodesci.ee.training import train
from examples.heart import baselines

PAIRS, SECONDS = 51, 60.0
ROWS = 200


def _largest_error(config: TabularConfig, models: int, rows: int) -> float:
    """Largest |decoded - plaintext logit| / largest |plaintext logit|, over fresh models and keys."""
    worst = 0.0
    for _ in range(models):
        state = {n: torch.from_numpy(w) for n, w in config.initial_weights(os.urandom(32)).items()}
        key = ModelKey.for_model(config.settings(), state)
        codec = key.codec("inference")
        x = np.random.default_rng().normal(size=(rows, config.features))
        expected = infer(config, {n: t.numpy() for n, t in state.items()}, x)
        answer = infer(config, {n: t.numpy() for n, t in key.encrypt(state).items()}, codec.encode_inputs(x))
        gap = np.abs(codec.decode_logits(answer) - expected).max()
        worst = max(worst, float(gap / np.abs(expected).max()))
    return worst


def figures() -> dict[str, dict[str, object]]:
    """Ratios of encrypted to plaintext time (encoding and decoding included), and the largest error."""
    with one_thread():
        return _figures()


def _figures() -> dict[str, dict[str, object]]:
    config, plan = baselines.CONFIG, replace(baselines.TRAINING, epochs=1)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, config.features))
    y = (x[:, 0] > 0).astype(np.int64)
    state = {n: torch.from_numpy(w) for n, w in config.initial_weights(os.urandom(32)).items()}
    key = ModelKey.for_model(config.settings(), state)
    hidden = key.encrypt(state)
    asking, teaching = key.codec("inference"), key.codec("training")
    plain_weights = {n: t.numpy() for n, t in state.items()}
    hidden_weights = {n: t.numpy() for n, t in hidden.items()}

    inference = ratio(
        lambda: infer(config, plain_weights, x),
        lambda: asking.decode_logits(infer(config, hidden_weights, asking.encode_inputs(x))),
        PAIRS,
        SECONDS,
    )
    training = ratio(
        lambda: train(config.build(state), x, y, plan),
        lambda: train(config.build(hidden), teaching.encode_inputs(x), teaching.encode_labels(y), plan),
        PAIRS,
        SECONDS,
    )
    where = f"in one process, one thread, {ROWS} records, fp64"
    return {
        "ee.infer_ratio.tabular": {
            "value": inference.median,
            "unit": "CPU time encrypted / CPU time plaintext",
            "peer": "the same plaintext model in the same run; confidential-computing GPUs cost about 1.07",
            "how": f"{inference}, {where}; encoding and decoding counted as part of the encrypted run",
        },
        "ee.train_ratio.tabular": {
            "value": training.median,
            "unit": "CPU time encrypted / CPU time plaintext",
            "peer": "the same plaintext training in the same run",
            "how": f"{training}, {where}, one epoch; encoding of records and labels counted",
        },
        "ee.max_rel_err.tabular": {
            "value": float(f"{_largest_error(config, 10, 100):.3g}"),
            "unit": "largest logit difference / largest logit",
            "peer": "the same plaintext model in fp64",
            "how": "10 fresh models and keys, 100 random records each",
        },
    }
