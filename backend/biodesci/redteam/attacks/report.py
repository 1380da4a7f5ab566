"""The security card: `measure` runs every attack that fits a model, `render` says in words what the figures
mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

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
FORMAT = "biodesci/security-card/v1"


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
) -> dict[str, Any]:
    """Every attack on fresh keys of `mode`: `state` is the attacker's public base, and the secret weights are
    `state` plus drift. The key that the model is really encrypted with is neither used nor needed.

    With a `known.base` the same attacks are run with it on the real difference ("actualBase"). `drifts`:
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
    document: dict[str, Any] = {"format": FORMAT, "architecture": key.layout.architecture, "mode": mode}
    document["parameters"] = sum(x.numel() for x in state.values() if x.is_floating_point())
    document |= _weights(key, state, drifts, seed, progress)
    if staged_weights.has_stream(key) and registry.of(config).wider is not None:
        progress("dummy neurons")
        document["dummyNeurons"] = staged_weights.padded(config, state, mode, 0.0, seed)
    progress("gradients")
    document["labelLeak"] = [gradients.label_leak(k, z) for k in (1, 8) for z in NOISES]
    if order_of_tokens(key) is not None:
        document |= _tokens(Tokens(key, config, state, known.texts, seed), drifts, progress)
    else:
        document |= _records(key, seed)
    if base is not None:
        progress("the actual base")
        document["actualBase"] = _actual(key, config, base, state, seed)
    return document


def _weights(
    key: ModelKey,
    state: Mapping[str, Tensor],
    drifts: Sequence[float],
    seed: bytes,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    found: dict[str, Any] = {"alignment": [], "heads": [], "splitMode": []}
    for d in drifts:
        progress(f"alignment at drift {d:g}")
        secret = gaussian(state, d, seed)
        found["alignment"].append({"drift": d, **staged_weights.aligned(key, state, secret)})
        apart = staged_weights.told_apart(key, state, secret)
        found["heads"] += [{"drift": d, **apart}] if apart else []
    progress("alignment at low-rank drift")
    adapted = low_rank(state, 0.1, RANK, seed)
    found["alignmentLowRank"] = [{"drift": 0.1, "rank": RANK, **staged_weights.aligned(key, state, adapted)}]
    progress("alignment with unrelated weights")
    found["alignmentUnrelated"] = staged_weights.aligned(key, unrelated(state, seed), state)
    for d in SPLIT_DRIFTS if staged_weights.has_split(key) else ():
        progress(f"split mode at drift {d:g}")
        scored = staged_weights.aligned(key, state, gaussian(state, d, seed), split=True)
        found["splitMode"].append({"drift": d, **scored})
    progress("two encryptions")
    found["linkage"] = staged_weights.linked(key, state)
    return found


def _tokens(tokens: Tokens, drifts: Sequence[float], progress: Callable[[str], None]) -> dict[str, Any]:
    config, state, seed = tokens.config, tokens.base, tokens.seed
    chance = 1.0 / tokens.size
    found: dict[str, Any] = {"vocabularyMatching": []}
    for d in drifts:
        progress(f"vocabulary matching at drift {d:g}")
        right = tokens.matched(gaussian(state, d, seed))
        found["vocabularyMatching"].append({"drift": d, "tokensRight": right, "chance": chance})
    if registry.of(config).shuffled is not None:
        right = tokens.matched(state, shuffled=True)
        row = {"drift": 0.0, "shuffled": True, "tokensRight": right, "chance": chance}
        found["vocabularyMatching"].append(row)
    progress("known pairs")
    found |= tokens.pairs()
    progress("noise on the weights")
    found["noise"] = []
    for d in drifts:
        ids = tokens.ids(64, "noise").reshape(4, 16)
        off = answers.off(config, state, gaussian(state, d, seed), ids) if d else None
        found["noise"] += [{"noise": d, "answersOff": off}] if off is not None else []
    if tokens.texts:
        progress("counting words")
        found["frequency"] = tokens.counted()
        progress("gradients of the embedding")
        found["tokenLeak"] = tokens.leaked()
    return found


def _records(key: ModelKey, seed: bytes) -> dict[str, Any]:
    """Pairs of records, or patches, with their encodings, where the model reads such."""
    place = next((name for name in ("records", "patch") if name in key.parts), None)
    if place is None:
        return {}
    part = key.parts[place]
    shift = key.shifts.get(place, torch.zeros(part.size, dtype=torch.float64))
    x = torch.from_numpy(Stream(seed, "records").gaussian(2 * part.size, part.size))
    encoded = part.apply(x, 1) + shift
    rows = []
    for n in sorted({1, part.size // 2, part.size, part.size + 1, 2 * part.size} - {0}):
        solved = known_plaintext.solve(x[:n], encoded[:n], key.mode)
        rows.append({"pairs": n, "inputKeyError": matching.relative_error(solved.matrix, part.matrix())})
    return {"knownPlaintext": rows}


def _actual(
    key: ModelKey,
    config: Mapping[str, Any],
    base: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    seed: bytes,
) -> dict[str, Any]:
    found: dict[str, Any] = {"drift": staged_weights.drifts(base, state)}
    found["alignment"] = staged_weights.aligned(key, base, state)
    if order_of_tokens(key) is not None:
        found["tokensRight"] = Tokens(key, config, base, (), seed).matched(state)
    return found
