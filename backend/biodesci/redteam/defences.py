"""A defence against the red team that changes weights and keeps answers: dummy units that cancel.

How much it is worth is measured, not assumed: see `attacks/report.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.architectures import registry
from biodesci.ee.layout import Axis, Layout
from biodesci.ee.sampling import Stream


def add_neurons(
    config: Mapping[str, Any], state: Mapping[str, Tensor], pairs: int, seed: bytes
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Config and weights with `pairs` pairs of neurons more in each block: two with the same input weights
    and opposite output weights, so that they cancel. InputError where the architecture has no room for
    any."""
    if pairs < 1:
        raise InputError("There must be at least one pair of dummy neurons.", "Ask for one or more.")
    wider = registry.of(config).wider
    if wider is None:
        able = sorted(kind for kind, other in registry.known().items() if other.wider is not None)
        raise InputError(
            f"Dummy neurons are not known for {config['model_type']!r}.", f"Known are {', '.join(able)}."
        )
    layout = registry.layout(config, state.keys(), "permutation")
    return wider(config, 2 * pairs), Dummies(layout.block_neurons, pairs, seed).added(layout, state)


@dataclass(frozen=True)
class Dummies:
    """`pairs` pairs of units for each of these places of a layout (neurons, or heads of attention): the units
    of a pair read the same and write the opposite. They are drawn, from `seed`, with the mean and spread of
    the values that they join."""

    places: Collection[str]
    pairs: int
    seed: bytes

    def added(self, layout: Layout, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Plain weights with the units; the configuration has to be widened beside them."""
        padded = {}
        for name, tensor in state.items():
            wide = tensor
            # What a unit writes comes first: units that read the same then read other dummies the same, too.
            for writes in (True, False):
                for axis, moved in enumerate(layout.rules[name].axes):
                    wide = self._along(wide, axis, moved, writes, name)
            padded[name] = wide
        return padded

    def _along(self, x: Tensor, axis: int, moved: Axis, writes: bool, name: str) -> Tensor:
        """x with the slices of the new units behind each run of `axis` whose units write, or read, there."""
        units = [next((f for f in span.factors if f.place in self.places), None) for span in moved]
        if not any(factor is not None and factor.dual == writes for factor in units):
            return x
        done: list[Tensor] = []
        ends = torch.tensor([span.size for span in moved]).cumsum(0).tolist()
        for number, (factor, span) in enumerate(zip(units, moved, strict=True)):
            piece = x.narrow(axis, ends[number] - span.size, span.size)
            done.append(piece)
            if factor is not None and factor.dual == writes:
                label = f"dummy/{name}/{axis}/{number}"
                drawn = self._drawn(piece, axis, self.pairs * factor.inner, label)
                done += [drawn, -drawn if writes else drawn]
        return torch.cat(done, dim=axis)

    def _drawn(self, like: Tensor, axis: int, count: int, label: str) -> Tensor:
        """`count` slices along `axis`, normal with the mean and standard deviation of `like`."""
        shape = list(like.shape)
        shape[axis] = count
        drawn = torch.from_numpy(Stream(self.seed, label).gaussian(*shape))
        spread = like.double().std() if like.numel() > 1 else torch.zeros(())
        return (like.double().mean() + spread * drawn).to(like.dtype)
