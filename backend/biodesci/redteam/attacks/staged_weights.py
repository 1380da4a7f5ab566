"""Experiments on weights: a fresh key, weights that drifted from a base, and what an attacker with that base
gets from the encrypted ones. The key scores, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from biodesci.core.documents.attack_figures import AgainstDummies
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.layout import Layout
from biodesci.ee.parts import Part
from biodesci.redteam import defences
from biodesci.redteam.attacks import alignment, heads, layerwise, linkage, reading, stripping
from biodesci.redteam.attacks.drift import gaussian

State = Mapping[str, Tensor]
DUMMIES = 0.1  # neurons added, as a share of those there are


def attack(layout: Layout, base: State, encrypted: State, split: bool = False) -> alignment.Belief:
    """What somebody with `base` makes of the `encrypted` weights; `split`: of those that a server holds
    then."""
    if not any(place.startswith("stream") for place in layout.places):
        return layerwise.align(layout, base, encrypted)
    if split:
        base, encrypted = reading.server_side(base), reading.server_side(encrypted)
    known = reading.read(layout, base, encrypted=False)
    return alignment.align(layout, known, reading.read(layout, encrypted, encrypted=True))


def aligned(key: ModelKey, base: State, secret: State, split: bool = False) -> dict[str, float]:
    """Scores of `attack` on the encrypted `secret` weights."""
    return alignment.score(attack(key.layout, base, key.encrypt(secret), split), key.parts)


def has_split(key: ModelKey) -> bool:
    """Whether there are blocks from the second on, for a server to hold."""
    return has_stream(key) and bool(reading.server_side(dict.fromkeys(key.names, torch.zeros(()))))


def has_stream(key: ModelKey) -> bool:
    """Whether the architecture has a residual stream, in which all that is read and written lies."""
    return any(place.startswith("stream") for place in key.layout.places)


@dataclass(frozen=True)
class HeadsToldApart:
    """The share of attention heads told apart by single matrices, and by products, which no key changes; and
    that of guessing."""

    by_single_matrices: float
    by_products: float
    chance: float


def told_apart(key: ModelKey, base: State, secret: State) -> HeadsToldApart | None:
    """The heads of the encrypted `secret` weights; None where there are none."""
    known = reading.read(key.layout, base, encrypted=False)
    seen = reading.read(key.layout, key.encrypt(secret), encrypted=True)
    products = heads.share(known, seen, key.parts)
    single = heads.share(known, seen, key.parts, products=False)
    if products is None or single is None:
        return None
    counts = [key.parts[f"{prefix}.heads"].size for view in seen.values() for prefix in view.heads]
    return HeadsToldApart(single, products, sum(1.0 / n for n in counts) / len(counts))


def linked(key: ModelKey, state: State) -> dict[str, float]:
    """Two encryptions of the same weights, and what leads from one to the other."""
    other = key.renewed()
    one, two = key.encrypt(state), other.encrypt(state)
    return linkage.score_link(linkage.link(key.layout, one, two), key.parts, other.parts)


def padded(
    config: Mapping[str, Any], state: State, mode: Mode, noise: float, seed: bytes
) -> tuple[AgainstDummies, ...]:
    """Alignment where the owner added dummy neurons (and noise) to every block, by an attacker who leaves
    them in and by one who strips them."""
    plain = ModelKey.for_model(config, state, mode)
    blocks = plain.layout.block_neurons
    count = plain.layout.places[blocks[0]].n
    pairs = max(1, round(count * DUMMIES / 2))
    wider, weights = defences.add_neurons(config, state, pairs, seed)
    key = ModelKey.for_model(wider, weights, mode)
    seen = reading.read(key.layout, key.encrypt(gaussian(weights, noise, seed)), encrypted=True)
    known = reading.read(plain.layout, state, encrypted=False)
    # Dummies change how many rows an order has: what can be scored is what they do not renumber.
    truth = {p: part for p, part in key.parts.items() if not p.endswith(".neurons")}
    rows = []
    for stripped in (False, True):
        clean = stripping.strip(seen) if stripped else seen
        sizes = [t.size for v in clean.values() for p, t in v.tables.items() if p in blocks]
        caught = 1.0 - (sum(sizes) / len(sizes) - count) / (2 * pairs)
        scored = _scored(plain, known, clean, truth)
        staged = {"dummies": 2 * pairs, "noise": noise, "stripped": stripped, "caught": caught}
        rows.append(AgainstDummies.of(scored, **staged))
    return tuple(rows)


def drifts(base: State, state: State) -> dict[str, float]:
    """How far `state` really is from `base`, per kind of tensor: the change's spread relative to the
    base's."""
    kinds: dict[str, list[float]] = {}
    for name, x in state.items():
        if x.is_floating_point() and x.numel() > 1 and name in base and base[name].shape == x.shape:
            change = (x.double() - base[name].double()).std() / (base[name].double().std() + 1e-12)
            kinds.setdefault(re.sub(r"\.\d+\.", ".*.", name), []).append(float(change))
    return {kind: sum(changes) / len(changes) for kind, changes in sorted(kinds.items())}


def _scored(
    plain: ModelKey, known: reading.Reading, clean: reading.Reading, truth: Mapping[str, Part]
) -> dict[str, float]:
    return alignment.score(alignment.align(plain.layout, known, clean), truth)
