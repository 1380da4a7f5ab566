"""Each place takes what is exact there, whatever mode drew it, and refuses the rest with the reason."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from biodesci.ee.groups import (
    BlockOrders,
    CentredOrthogonals,
    InexactKeyError,
    Invertibles,
    Logits,
    Orthogonals,
    Permutations,
    Scales,
    SignedPermutations,
)
from biodesci.ee.parts import Blocks, Monomial
from biodesci.ee.rotary import RotaryBlocks, RotarySigns
from biodesci.ee.sampling import Stream

MODES = ["permutation", "orthogonal", "general"]
GROUPS = [
    Permutations(8),
    SignedPermutations(8),
    BlockOrders(8, 4),
    Scales(8),
    Scales(8, positive=True),
    Orthogonals(8),
    CentredOrthogonals(8),
    Invertibles(8),
    Invertibles(8, 4),
    Logits(8),
    RotaryBlocks(8, 4, 4),
    RotaryBlocks(12, 6, 4),
    RotarySigns(8, 4, 4),
    RotarySigns(12, 6, 4),
]


def stream(label: str = "x") -> Stream:
    return Stream(os.urandom(32), label)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("group", GROUPS, ids=lambda g: f"{type(g).__name__}{g.n}")
def test_what_a_group_draws_it_admits_and_the_mode_holds(group, mode):
    for i in range(5):
        part = group.sample(stream(str(i)), mode)
        group.admit("place", part)
        if mode != "general":
            assert part.orthogonal
        if mode == "permutation":
            assert isinstance(part, Monomial)
            assert part.lossless


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: f"{type(g).__name__}{g.n}")
def test_the_wrong_size_is_refused(group):
    with pytest.raises(InexactKeyError, match="7 coordinates"):
        group.admit("place", Permutations(7).sample(stream(), "permutation"))


HAAR = Orthogonals(8)
REFUSED = [
    (Permutations(8), SignedPermutations(8), "permutation", "only reordering commutes"),
    (Permutations(8), HAAR, "orthogonal", "only reordering commutes"),
    (SignedPermutations(8), HAAR, "orthogonal", "reordering and signs alone"),
    (BlockOrders(8, 4), Permutations(8), "permutation", "another group's key head"),
    (BlockOrders(8, 4), HAAR, "orthogonal", "heads can be reordered"),
    (Scales(8), Permutations(8), "permutation", "only factors per coordinate"),
    (Scales(8, positive=True), Scales(8), "general", "ReLU commutes with positive factors"),
    (Orthogonals(8), Invertibles(8), "general", "RMSNorm keeps its value"),
    (CentredOrthogonals(8), HAAR, "orthogonal", "moves the all-ones direction"),
    (CentredOrthogonals(8), Invertibles(8), "general", "under orthogonal maps alone"),
    (CentredOrthogonals(8), SignedPermutations(8), "permutation", "moves the all-ones direction"),
    (Invertibles(8, 4), Invertibles(8), "general", "attention heads"),
    (Invertibles(8, 4), Permutations(8), "permutation", "attention heads"),
    (RotaryBlocks(8, 4, 4), Invertibles(8, 4), "orthogonal", "does not turn with them"),
    (RotaryBlocks(8, 4, 4), Invertibles(8, 4), "permutation", "does not turn with them"),
    (RotaryBlocks(8, 4, 4), Invertibles(8), "general", "mixes attention heads"),
    (RotarySigns(8, 4, 4), RotaryBlocks(8, 4, 4), "orthogonal", "only a sign per pair"),
    (RotarySigns(8, 4, 4), SignedPermutations(8), "permutation", "only a sign per pair"),
]


@pytest.mark.parametrize(("group", "other", "mode", "said"), REFUSED)
def test_what_is_not_exact_is_refused_with_the_reason(group, other, mode, said):
    # A draw may lie in the smaller group by chance (a sign pattern in 2^8): draw until it doesn't.
    parts = (other.sample(Stream(bytes(32), str(i)), mode) for i in range(50))
    part = next(
        p
        for p in parts
        if not (isinstance(p, Monomial) and p.scale is not None and bool((p.scale > 0).all()))
    )
    with pytest.raises(InexactKeyError, match=said):
        group.admit("place", part)


def test_minus_one_is_exact_under_a_centred_norm():
    CentredOrthogonals(4).admit("place", Blocks(-torch.eye(4, dtype=torch.float64)[None]))


def test_rotary_parts_commute_with_every_position():
    """The definition: turning each pair by its position's angle, before or after, is the same."""
    for mode in MODES:
        part = RotaryBlocks(12, 6, 4).sample(stream(), mode)
        x = torch.randn(7, 2, 6, dtype=torch.float64)

        def turned(rows: torch.Tensor) -> torch.Tensor:
            angle = torch.arange(7)[:, None] * torch.tensor([1.0, 0.1], dtype=torch.float64)
            cosine, sine = angle.cos()[:, None], angle.sin()[:, None]
            a, b, rest = rows[..., :2], rows[..., 2:4], rows[..., 4:]
            return torch.cat([a * cosine - b * sine, b * cosine + a * sine, rest], dim=-1)

        one = part.apply(turned(x).reshape(7, 12), 1)
        other = turned(part.apply(x.reshape(7, 12), 1).reshape(7, 2, 6)).reshape(7, 12)
        assert (one - other).abs().max() < 1e-12


def test_entropy_counts_dimensions_and_choices():
    assert Permutations(6).entropy("permutation").bits == pytest.approx(np.log2(720))
    assert SignedPermutations(3).entropy("general").bits == pytest.approx(np.log2(6) + 3)
    assert BlockOrders(6, 3).entropy("general").bits == pytest.approx(2 * np.log2(6))
    assert Orthogonals(5).entropy("orthogonal").dimensions == 10
    assert CentredOrthogonals(5).entropy("orthogonal").dimensions == 6
    assert Invertibles(6, 3).entropy("general").dimensions == 18
    assert Invertibles(6, 3).entropy("orthogonal").dimensions == 6
    assert RotaryBlocks(12, 6, 4).entropy("general").dimensions == 2 * (4 + 4)
    assert RotaryBlocks(12, 6, 4).entropy("orthogonal").dimensions == 2 * (2 + 1)
    assert RotarySigns(12, 6, 4).entropy("permutation").bits == 2 * 4
    assert Scales(5).entropy("general") == Scales(5).entropy("general")
    assert Scales(5).entropy("orthogonal").dimensions == 0


@pytest.mark.parametrize("group", [Scales(8), Scales(8, positive=True), Invertibles(8), Logits(8)])
def test_factors_are_of_one_size(group):
    """Far apart they cost digits, and all of them large or small they leave the range of the weights."""
    order = torch.arange(8)
    for low, high in ((1e-60, 1e60), (0.1, 10.0), (1e-60, 1e-60), (1e60, 1e60), (1.0, 101.0)):
        scale = torch.full((8,), low, dtype=torch.float64)
        scale[3] = high
        with pytest.raises(InexactKeyError, match=r"it stretches by .* less than 100 times"):
            group.admit("place", Monomial(order, scale))
    group.admit("place", Monomial(order, torch.linspace(0.5, 2, 8, dtype=torch.float64)))
    eye = torch.eye(4, dtype=torch.float64)
    with pytest.raises(InexactKeyError, match="it stretches by"):
        Invertibles(8, 4).admit("place", Blocks(torch.stack([1e-30 * eye, 1e30 * eye])))


def test_a_small_rotary_part_is_measured_by_its_own_size():
    wrong = torch.stack([torch.from_numpy(stream(str(i)).orthogonal(4)) for i in range(2)])
    for size in (1.0, 1e-13, 1e-60):
        one_head = wrong.clone()
        one_head[1] = torch.eye(4)
        one_head[0] *= size
        said = RotaryBlocks(8, 4, 4).refusal(Blocks(one_head))
        assert said is not None
        assert "does not turn with them" in said
