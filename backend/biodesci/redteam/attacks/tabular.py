"""The red team's figures for a tabular transformer's security card, on fresh weights and fresh keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from biodesci.ee.architectures.tabular import TabularConfig, initial_weights, shapes
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks import (
    alignment,
    gradients,
    heads,
    known_plaintext,
    linkage,
    matching,
    reading,
    unsupervised,
)
from biodesci.redteam.attacks.drift import gaussian

DRIFTS = (0.0, 0.1, 0.4, 1.0, 30.0)  # at 30 the secret weights have nothing to do with the base


def measure(
    config: TabularConfig, mode: Mode = "orthogonal", drifts: Sequence[float] = DRIFTS
) -> dict[str, Any]:
    """Every attack that a model without tokens is open to."""
    key = ModelKey.generate(config.settings(), shapes(config), mode)
    base = fresh(config)
    f = config.features
    return {
        "mode": mode,
        "knownPlaintext": [
            {"pairs": n, "inputKeyError": known_pairs(key, n)}
            for n in sorted({1, max(1, f // 2), f, f + 1, 2 * f})
        ],
        "alignmentWithPublicBase": [{"drift": d, **align_with(key, base, d)} for d in drifts],
        "linkable": linked(key, base),
        "populationSample": [{"records": n, **population(key, n)} for n in (2000,)],
        "labelLeak": [gradients.label_leak(k, noise, config.classes) for k in (1, 8) for noise in (0.0, 1.0)],
    }


def fresh(config: TabularConfig) -> dict[str, Tensor]:
    """Weights as initialized. Fresh biases are zero; trained ones are not, and they help the attacker."""
    base = {n: torch.from_numpy(w) for n, w in initial_weights(config, os.urandom(32)).items()}
    stream = Stream(os.urandom(32), "biases")
    for name, x in base.items():
        if name.endswith(".bias") and not bool(x.any()):
            base[name] = 0.1 * torch.from_numpy(stream.gaussian(*x.shape))
    return base


def known_pairs(key: ModelKey, pairs: int) -> float:
    """Relative error of the input key as solved from `pairs` records and their encodings."""
    x = Stream(os.urandom(32), "records").gaussian(pairs, key.parts["records"].size)
    encoded = key.codec("inference").encode_inputs(x)
    found = known_plaintext.solve(torch.from_numpy(x), torch.from_numpy(encoded), key.mode)
    return matching.relative_error(found.matrix, key.parts["records"].matrix())


def align_with(key: ModelKey, base: dict[str, Tensor], drift: float) -> dict[str, float]:
    """Shares matched and errors of the keys, where the secret weights are the base plus drift."""
    seen = reading.read(key.layout, key.encrypt(gaussian(base, drift, os.urandom(32))), encrypted=True)
    known = reading.read(key.layout, base, encrypted=False)
    found = alignment.score(alignment.align(key.layout, known, seen), key.parts)
    result = {
        "neuronsMatched": found["neurons"],
        "streamKeyError": found["streamKeyError"],
        "headsByInvariants": heads.share(known, seen, key.parts) or 0.0,
    }
    if "recordsKeyError" in found:
        result["inputKeyError"] = found["recordsKeyError"]
    return result


def linked(key: ModelKey, base: dict[str, Tensor]) -> dict[str, float]:
    """Two encryptions of the same weights: relative error of Q₁ᵀQ₂ as computed from the two alone."""
    other = key.renewed()
    found = linkage.link(key.layout, key.encrypt(base), other.encrypt(base))
    scored = linkage.score_link(found, key.parts, other.parts)
    return {"streamKeyError": scored["streamKeyError"], "neuronsMatched": scored["neurons"]}


def population(key: ModelKey, records: int) -> dict[str, float]:
    """Relative error of the key, and of other people's records decoded with it, from a population sample."""
    x = synthetic_population(2 * records, key.parts["records"].size)
    encoded = torch.from_numpy(key.codec("inference").encode_inputs(x[records:].numpy()))
    found = unsupervised.align_population(x[:records], encoded, key.mode, rounds=6)
    return {
        "inputKeyError": matching.relative_error(found.matrix, key.parts["records"].matrix()),
        "recordError": known_plaintext.decode_error(found, x[records:], encoded),
    }


def synthetic_population(count: int, features: int) -> Tensor:
    """Records (count, F) as clinical ones are: skewed or yes-or-no, each column in its own way,
    correlated."""
    stream, shape = Stream(os.urandom(32), "population"), Stream(bytes(32), "columns")
    mixing = torch.from_numpy(shape.gaussian(features, features)) / features**0.5
    threshold, spread = torch.from_numpy(shape.gaussian(features)), torch.from_numpy(shape.uniform(features))
    mixed = torch.from_numpy(stream.gaussian(count, features)) @ (torch.eye(features) + 0.7 * mixing)
    x = torch.where(torch.arange(features) % 3 == 0, (mixed > threshold).double(), (spread * mixed).exp())
    return (x - x.mean(0)) / (x.std(0) + 1e-12)
