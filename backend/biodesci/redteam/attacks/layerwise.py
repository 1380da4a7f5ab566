"""Attack 2 on networks without a residual stream: perceptrons and convolutional networks.

Each hidden order moves the rows of one layer and the columns of the next. First guesses come from sorted
values, which no order changes; then every order in turn is the assignment that fits best, given the others
(Ainsworth et al. 2023, arXiv:2209.04836). Secret positive factors are taken off by scaling rows and columns
to one size (Sinkhorn and Knopp 1967)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from biodesci.ee.groups import Invertibles, Logits, Scales, SignedPermutations
from biodesci.ee.layout import Axis, Layout
from biodesci.redteam.attacks import matching
from biodesci.redteam.attacks.alignment import Belief

ROUNDS = 10
SCALINGS = 30


@dataclass(frozen=True)
class Layer:
    """One tensor of base and encrypted checkpoint, with what orders each of its axes: the name of a place, or
    "" for a known order; `dense`: the place of an axis that is mixed instead."""

    known: Tensor
    seen: Tensor
    orders: tuple[str, ...]
    dense: str
    scaled: bool

    def rows(self, axis: int, guesses: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Both tensors as rows along `axis`, the other axes in the order of the guesses."""
        known = self.known
        for i, place in enumerate(self.orders):
            if i != axis and place:
                known = known.index_select(i, guesses[place])
        size = self.seen.shape[axis]
        return known.movedim(axis, 0).reshape(size, -1), self.seen.movedim(axis, 0).reshape(size, -1)

    def sorted_rows(self, axis: int) -> tuple[Tensor, Tensor]:
        """What no order of the other axes changes."""
        pair = []
        for x in (self.known, self.seen):
            moved = x.movedim(axis, 0)
            places = [place for i, place in enumerate(self.orders) if i != axis]
            for i, place in enumerate(places):
                if place == self.dense != "":
                    moved = moved.norm(dim=i + 1, keepdim=True)
                elif place:
                    moved = moved.sort(dim=i + 1).values
            pair.append(moved.reshape(len(moved), -1))
        return pair[0], pair[1]


def align(
    layout: Layout, base: Mapping[str, Tensor], encrypted: Mapping[str, Tensor], rounds: int = ROUNDS
) -> Belief:
    """The attacker's plain `base` against the `encrypted` weights: orders, and dense keys of inputs."""
    layers = _layers(layout, base, encrypted)
    places = sorted({p for layer in layers for p in layer.orders if p and p != layer.dense})
    guesses = {place: _first(place, layers) for place in places}
    belief = Belief()
    for _ in range(rounds):
        before = dict(guesses)
        belief.dense = {layer.dense: _dense(layer, guesses, layout) for layer in layers if layer.dense}
        for place in places:
            guesses[place] = _better(place, layers, guesses, belief.dense)
        if all(torch.equal(guesses[p], before[p]) for p in places):
            break
    belief.orders = guesses
    belief.dense = {
        layer.dense: _dense(layer, guesses, layout) for layer in layers if layer.dense and not layer.scaled
    }
    return belief


def _layers(layout: Layout, base: Mapping[str, Tensor], encrypted: Mapping[str, Tensor]) -> list[Layer]:
    layers = []
    for name, rule in layout.rules.items():
        x = encrypted.get(name)
        if rule.buffer or rule.ones or rule.shift or x is None or not x.is_floating_point() or x.ndim == 0:
            continue
        orders, dense, scaled, signed = [], "", False, False
        for moved in rule.axes:
            place, mixes, gains, signs = _ordered(layout, moved)
            orders.append(place)
            dense = place if mixes else dense
            scaled, signed = scaled or gains, signed or signs
        scaled = scaled and layout.mode == "general"
        known, seen = base[name].double(), x.double()
        if signed:
            known, seen = known.abs(), seen.abs()
        if scaled and x.ndim == 1:
            known, seen = known.sign(), seen.sign()
        elif scaled:
            known, seen = (_balanced(t, orders, dense) for t in (known, seen))
        if dense and layout.mode == "general" and scaled:
            continue  # any map on one side and any factors on the other: nothing is left to compare at first
        layers.append(Layer(known, seen, tuple(orders), dense, scaled))
    return layers


def _ordered(layout: Layout, moved: Axis) -> tuple[str, bool, bool, bool]:
    """The place that orders or mixes an axis, whether it mixes, whether it has factors, and signs."""
    factors = [f for span in moved for f in span.factors]
    groups = [layout.places[f.place] for f in factors]
    gains = any(isinstance(g, Scales) for g in groups)
    for factor, group in zip(factors, groups, strict=True):
        if isinstance(group, Scales):
            continue
        mixes = isinstance(group, Invertibles) or (isinstance(group, Logits) and layout.mode == "general")
        return factor.place, mixes, gains, isinstance(group, SignedPermutations)
    return "", False, gains, False


def _balanced(x: Tensor, orders: Sequence[str], dense: str) -> Tensor:
    """x with every slice along its ordered axes scaled to one size: what factors per row and column leave."""
    axes = [i for i, place in enumerate(orders) if place and place != dense]
    for _ in range(SCALINGS):
        for i in axes:
            others = [j for j in range(x.ndim) if j != i]
            x = x / (x.square().mean(dim=others, keepdim=True).sqrt() + 1e-30)
    return x


def _first(place: str, layers: Sequence[Layer]) -> Tensor:
    total = torch.zeros(())
    for layer in layers:
        for i, name in enumerate(layer.orders):
            if name == place:
                known, seen = layer.sorted_rows(i)
                total = total + matching.distances(seen, known) / (known.var(dim=0).sum() + 1e-12)
    return matching.assign(total)


def _better(
    place: str, layers: Sequence[Layer], guesses: Mapping[str, Tensor], dense: Mapping[str, Tensor]
) -> Tensor:
    total = torch.zeros(())
    for layer in layers:
        for i, name in enumerate(layer.orders):
            if name != place:
                continue
            if layer.dense:
                other = 1 - i
                known = layer.known.movedim(i, 0) @ _dual(dense[layer.dense])
                seen = layer.seen.movedim(i, 0)
                assert layer.orders[other] == layer.dense
            else:
                known, seen = layer.rows(i, guesses)
            total = total + matching.distances(seen, known) / (known.square().mean() + 1e-12)
    return matching.assign(total)


def _dense(layer: Layer, guesses: Mapping[str, Tensor], layout: Layout) -> Tensor:
    """T of records, from W' = W T⁻ᵀ; of scores, from W' = Tᵀ W."""
    axis = layer.orders.index(layer.dense)
    known, seen = (t.movedim(axis, 1) for t in (layer.known, layer.seen))
    other = layer.orders[1 - axis]
    known = known[guesses[other]] if other else known
    if layout.mode == "permutation":
        return matching.columns(known, seen, signed=True)
    if layout.mode == "orthogonal":
        return matching.procrustes(known, seen)
    moved: Tensor = torch.linalg.lstsq(known, seen, driver="gelsd").solution
    return moved if axis == 0 else _dual(moved)


def _dual(t: Tensor) -> Tensor:
    result: Tensor = torch.linalg.pinv(t).T
    return result
