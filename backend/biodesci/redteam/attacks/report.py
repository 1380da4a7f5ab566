"""The security card: `measure` runs every attack that fits a model, `render` says in words what the figures
mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from biodesci.core.documents.attack_figures import (
    AtDrift,
    AtLowRankDrift,
    Frequency,
    HeadsAtDrift,
    Inversion,
    KnownPairs,
    NoiseCost,
    Scores,
    Sessions,
    TokenLeak,
    TokensAtDrift,
)
from biodesci.core.documents.security_card import ActualBase, SecurityCard
from biodesci.core.errors import InputError
from biodesci.ee.architectures import registry
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.keys import vocabulary as order_of_tokens
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks import answers, gradients, known_plaintext, matching, staged_weights
from biodesci.redteam.attacks.drift import gaussian, low_rank, unrelated
from biodesci.redteam.attacks.markdown import render
from biodesci.redteam.attacks.staged_tokens import Tokens

__all__ = ["measure", "render"]
DRIFTS = (0.0, 0.1, 0.4, 1.0)
SPLIT_DRIFTS = (0.0, 0.4)
RANK = 8
NOISES = (0.0, 1.0)  # of DP, as multiples of the norm that gradients are clipped to


@dataclass(frozen=True, eq=False)
class Known:
    """What an attacker has beside the encrypted weights. `base`: the public weights that the model itself was
    trained from. `texts`: running text as token ids, int64 (n,) each, for counting words; half is the
    attacker's, half the victim's."""

    base: Mapping[str, Tensor] | None = None
    texts: Sequence[Tensor] = ()


NOTHING = Known()


def _silent(name: str) -> None:
    pass


def measure(
    config: Mapping[str, Any],
    state: Mapping[str, Tensor],
    mode: Mode,
    known: Known = NOTHING,
    *,
    drifts: Sequence[float] = DRIFTS,
    progress: Callable[[str], None] = _silent,
) -> SecurityCard:
    """Every attack on fresh keys of `mode`: `state` is the attacker's public base, and the secret weights are
    `state` plus drift. The key that the model is really encrypted with is neither used nor needed.

    With a `known.base` the same attacks are run with it on the real difference (`actual_base`). `drifts`:
    relative to each tensor's spread. `progress` is called with the name of each step. InputError if the base
    is of another architecture.
    """
    base = known.base
    if base is not None and {n: x.shape for n, x in base.items()} != {n: x.shape for n, x in state.items()}:
        raise InputError(
            "The base has other tensors than the model.", "Name the checkpoint that it was fine-tuned from."
        )
    seed = os.urandom(32)
    key = ModelKey.for_model(config, state, mode)
    weights = _weights(key, state, drifts, seed, progress)
    dummies = None
    if staged_weights.has_stream(key) and registry.of(config).wider is not None:
        progress("dummy neurons")
        dummies = staged_weights.padded(config, state, mode, 0.0, seed)
    progress("gradients")
    labels = tuple(gradients.label_leak(k, z) for k in (1, 8) for z in NOISES)
    if order_of_tokens(key) is not None:
        inputs = _tokens(Tokens(key, config, state, known.texts, seed), drifts, progress)
    else:
        inputs = _Inputs(known_plaintext=_record_pairs(key, seed))
    actual = None
    if base is not None:
        progress("the actual base")
        actual = _actual(key, config, base, state, seed)
    return SecurityCard(
        architecture=key.layout.architecture,
        mode=mode,
        parameters=sum(x.numel() for x in state.values() if x.is_floating_point()),
        dummy_neurons=dummies,
        label_leak=labels,
        actual_base=actual,
        **vars(weights),
        **vars(inputs),
    )


@dataclass(frozen=True)
class _Weights:
    """The card's fields of attacks on weights."""

    alignment: tuple[AtDrift, ...]
    heads: tuple[HeadsAtDrift, ...]
    split_mode: tuple[AtDrift, ...]
    alignment_low_rank: tuple[AtLowRankDrift, ...]
    alignment_unrelated: Scores
    linkage: Scores


@dataclass(frozen=True)
class _Inputs:
    """The card's fields of attacks on what a model reads: on tokens, or on records alone."""

    known_plaintext: tuple[KnownPairs, ...] | None
    vocabulary_matching: tuple[TokensAtDrift, ...] | None = None
    inversion: tuple[Inversion, ...] | None = None
    sessions: tuple[Sessions, ...] | None = None
    noise: tuple[NoiseCost, ...] | None = None
    frequency: tuple[Frequency, ...] | None = None
    token_leak: tuple[TokenLeak, ...] | None = None


def _weights(
    key: ModelKey,
    state: Mapping[str, Tensor],
    drifts: Sequence[float],
    seed: bytes,
    progress: Callable[[str], None],
) -> _Weights:
    alignment, heads, split_mode = [], [], []
    for d in drifts:
        progress(f"alignment at drift {d:g}")
        secret = gaussian(state, d, seed)
        alignment.append(AtDrift.of(staged_weights.aligned(key, state, secret), drift=d))
        apart = staged_weights.told_apart(key, state, secret)
        if apart is not None:
            heads.append(HeadsAtDrift(drift=d, **vars(apart)))
    progress("alignment at low-rank drift")
    adapted = staged_weights.aligned(key, state, low_rank(state, 0.1, RANK, seed))
    progress("alignment with unrelated weights")
    apart_from_all = Scores.of(staged_weights.aligned(key, unrelated(state, seed), state))
    for d in SPLIT_DRIFTS if staged_weights.has_split(key) else ():
        progress(f"split mode at drift {d:g}")
        scores = staged_weights.aligned(key, state, gaussian(state, d, seed), split=True)
        split_mode.append(AtDrift.of(scores, drift=d))
    progress("two encryptions")
    return _Weights(
        tuple(alignment),
        tuple(heads),
        tuple(split_mode),
        (AtLowRankDrift.of(adapted, drift=0.1, rank=RANK),),
        apart_from_all,
        Scores.of(staged_weights.linked(key, state)),
    )


def _tokens(tokens: Tokens, drifts: Sequence[float], progress: Callable[[str], None]) -> _Inputs:
    config, state, seed = tokens.config, tokens.base, tokens.seed
    chance = 1.0 / tokens.size
    matched = []
    for d in drifts:
        progress(f"vocabulary matching at drift {d:g}")
        right = tokens.matched(gaussian(state, d, seed))
        matched.append(TokensAtDrift(drift=d, tokens_right=right, chance=chance))
    if registry.of(config).shuffled is not None:
        right = tokens.matched(state, shuffled=True)
        matched.append(TokensAtDrift(drift=0.0, shuffled=True, tokens_right=right, chance=chance))
    progress("known pairs")
    pairs, inversion, sessions = tokens.pairs()
    progress("noise on the weights")
    noise = []
    for d in drifts:
        ids = tokens.ids(64, "noise").reshape(4, 16)
        off = answers.off(config, state, gaussian(state, d, seed), ids) if d else None
        if off is not None:
            noise.append(NoiseCost(noise=d, answers_off=off))
    frequency, leaked = None, None
    if tokens.texts:
        progress("counting words")
        frequency = tokens.counted()
        progress("gradients of the embedding")
        leaked = tokens.leaked()
    return _Inputs(pairs, tuple(matched), inversion, sessions, tuple(noise), frequency, leaked)


def _record_pairs(key: ModelKey, seed: bytes) -> tuple[KnownPairs, ...] | None:
    """What known pairs of records, or patches, with their encodings give, where the model reads such."""
    place = next((name for name in ("records", "patch") if name in key.parts), None)
    if place is None:
        return None
    part = key.parts[place]
    shift = key.shifts.get(place, torch.zeros(part.size, dtype=torch.float64))
    x = torch.from_numpy(Stream(seed, "records").gaussian(2 * part.size, part.size))
    encoded = part.apply(x, 1) + shift
    rows = []
    for n in sorted({1, part.size // 2, part.size, part.size + 1, 2 * part.size} - {0}):
        solved = known_plaintext.solve(x[:n], encoded[:n], key.mode)
        error = matching.relative_error(solved.matrix, part.matrix())
        rows.append(KnownPairs(pairs=n, input_key_error=error))
    return tuple(rows)


def _actual(
    key: ModelKey,
    config: Mapping[str, Any],
    base: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    seed: bytes,
) -> ActualBase:
    reads_tokens = order_of_tokens(key) is not None
    return ActualBase(
        drift=staged_weights.drifts(base, state),
        alignment=Scores.of(staged_weights.aligned(key, base, state)),
        tokens_right=Tokens(key, config, base, (), seed).matched(state) if reads_tokens else None,
    )
