"""The red team's figures for the security card of a model of records, on fresh weights and fresh keys."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import Tensor

from biodesci.core.documents.attack_figures import (
    KnownPairs,
    PopulationSample,
    RecordFigures,
    RecordsAtDrift,
    RecordScores,
)
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks import gradients, known_plaintext, matching, staged_weights, unsupervised
from biodesci.redteam.attacks.drift import gaussian

DRIFTS = (0.0, 0.1, 0.4, 1.0, 30.0)  # at 30 the secret weights have nothing to do with the base


def measure(config: Blueprint, mode: Mode = "orthogonal", drifts: Sequence[float] = DRIFTS) -> RecordFigures:
    """Every attack that a model without tokens is open to."""
    key = ModelKey.generate(config.settings(), config.shapes(), mode)
    base = fresh(config)
    f = config.features
    return RecordFigures(
        mode=mode,
        known_plaintext=tuple(
            KnownPairs(pairs=n, input_key_error=known_pairs(key, n))
            for n in sorted({1, max(1, f // 2), f, f + 1, 2 * f})
        ),
        alignment_with_public_base=tuple(
            RecordsAtDrift(drift=d, **align_with(key, base, d).model_dump()) for d in drifts
        ),
        linkable=linked(key, base),
        population_sample=(population(key, 2000),),
        label_leak=tuple(
            gradients.label_leak(k, noise, config.classes) for k in (1, 8) for noise in (0.0, 1.0)
        ),
    )


def fresh(config: Blueprint) -> dict[str, Tensor]:
    """Weights as initialized. Fresh biases are zero; trained ones are not, and they help the attacker."""
    base = {n: torch.from_numpy(w) for n, w in config.initial_weights(os.urandom(32)).items()}
    stream = Stream(os.urandom(32), "biases")
    for name, x in base.items():
        if name.endswith(".bias") and not bool(x.any()):
            base[name] = 0.1 * torch.from_numpy(stream.gaussian(*x.shape))
    return base


def known_pairs(key: ModelKey, pairs: int) -> float:
    """Relative error of the input key as solved from `pairs` records and their encodings."""
    x = Stream(os.urandom(32), "records").gaussian(pairs, key.parts["records"].size)
    encoded = key.codec("inference").encode_inputs(x)
    solved = known_plaintext.solve(torch.from_numpy(x), torch.from_numpy(encoded), key.mode)
    return matching.relative_error(solved.matrix, key.parts["records"].matrix())


def align_with(key: ModelKey, base: dict[str, Tensor], drift: float) -> RecordScores:
    """Shares matched and errors of the keys, where the secret weights are the base plus drift."""
    secret = gaussian(base, drift, os.urandom(32))
    scores = _named(staged_weights.aligned(key, base, secret))
    apart = staged_weights.told_apart(key, base, secret)
    return scores.model_copy(update={"heads_by_invariants": apart.by_products}) if apart else scores


def linked(key: ModelKey, base: dict[str, Tensor]) -> RecordScores:
    """Two encryptions of the same weights: relative error of Q₁ᵀQ₂ as computed from the two alone."""
    return _named(staged_weights.linked(key, base))


def _named(scores: dict[str, float]) -> RecordScores:
    """Scores by the names that cards on chain have for them."""
    return RecordScores(
        neurons_matched=scores.get("neurons"),
        stream_key_error=scores.get("streamKeyError"),
        input_key_error=scores.get("recordsKeyError"),
    )


def population(key: ModelKey, records: int) -> PopulationSample:
    """Relative error of the key, and of other people's records decoded with it, from a population sample."""
    x = synthetic_population(2 * records, key.parts["records"].size)
    encoded = torch.from_numpy(key.codec("inference").encode_inputs(x[records:].numpy()))
    solved = unsupervised.align_population(x[:records], encoded, key.mode, rounds=6)
    return PopulationSample(
        records=records,
        input_key_error=matching.relative_error(solved.matrix, key.parts["records"].matrix()),
        record_error=known_plaintext.decode_error(solved, x[records:], encoded),
    )


def synthetic_population(count: int, features: int) -> Tensor:
    """Records (count, F) as clinical ones are: skewed or yes-or-no, each column in its own way,
    correlated."""
    stream, shape = Stream(os.urandom(32), "population"), Stream(bytes(32), "columns")
    mixing = torch.from_numpy(shape.gaussian(features, features)) / features**0.5
    threshold, spread = torch.from_numpy(shape.gaussian(features)), torch.from_numpy(shape.uniform(features))
    mixed = torch.from_numpy(stream.gaussian(count, features)) @ (torch.eye(features) + 0.7 * mixing)
    x = torch.where(torch.arange(features) % 3 == 0, (mixed > threshold).double(), (spread * mixed).exp())
    return (x - x.mean(0)) / (x.std(0) + 1e-12)
