"""Linkage: two encryptions of the same weights give Q₁ᵀQ₂, so they are seen to be of one model; what is known
about one is then known about the other. Re-keying alone is no defence."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from biodesci.ee.layout import Layout
from biodesci.ee.parts import Blocks, Monomial, Part
from biodesci.redteam.attacks import layerwise
from biodesci.redteam.attacks.alignment import Belief, align, score
from biodesci.redteam.attacks.reading import read


def link(layout: Layout, one: Mapping[str, Tensor], two: Mapping[str, Tensor]) -> Belief:
    """What leads from the first encrypted checkpoint to the second; nothing but the two is needed."""
    if not any(place.startswith("stream") for place in layout.places):
        return layerwise.align(layout, one, two)
    return align(layout, read(layout, one, encrypted=True), read(layout, two, encrypted=True))


def score_link(belief: Belief, one: Mapping[str, Part], two: Mapping[str, Part]) -> dict[str, float]:
    """Against what really leads from one to the other: T₁⁻¹ T₂."""
    between: dict[str, Part] = {}
    for place, part in one.items():
        other = two[place]
        if isinstance(part, Monomial) and isinstance(other, Monomial):
            between[place] = part.inverse().then(other)
        else:
            between[place] = Blocks((part.inverse().matrix() @ other.matrix())[None])
    return score(belief, between)
