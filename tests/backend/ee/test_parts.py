"""The algebra of key parts: inverses, products, duals, expansion along an axis."""

from __future__ import annotations

import os

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from biodesci.core.errors import InputError
from biodesci.ee.groups import Invertibles, Permutations, Scales, SignedPermutations
from biodesci.ee.parts import Blocks, Monomial, from_tensors
from biodesci.ee.sampling import Stream

KINDS = [
    (Permutations(6), "permutation"),
    (SignedPermutations(6), "permutation"),
    (Scales(6), "general"),
    (Invertibles(6), "orthogonal"),
    (Invertibles(6), "general"),
    (Invertibles(6, 3), "general"),
    (Invertibles(6, 2), "orthogonal"),
]


def drawn(index: int):
    group, mode = KINDS[index]
    return group.sample(Stream(os.urandom(32), "part"), mode)


def close(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool((one - other).abs().max() < 1e-12)


kinds = st.integers(0, len(KINDS) - 1)


@given(kinds, st.integers(0, 2))
def test_a_part_acts_as_its_matrix_along_any_axis(index, axis):
    part = drawn(index)
    x = torch.randn(6, 6, 6, dtype=torch.float64)
    matrix = part.matrix()
    expected = (x.movedim(axis, -1) @ matrix).movedim(-1, axis)
    assert close(part.apply(x, axis), expected)
    dual = (x.movedim(axis, -1) @ torch.linalg.inv(matrix).T).movedim(-1, axis)
    assert close(part.apply(x, axis, dual=True), dual)


@given(kinds)
def test_an_inverse_undoes_and_a_product_does_both(index):
    one, other = drawn(index), drawn(index)
    eye = torch.eye(6, dtype=torch.float64)
    assert close(one.inverse().matrix() @ one.matrix(), eye)
    assert close(one.then(other).matrix(), one.matrix() @ other.matrix())
    assert close(one.then(one.inverse()).matrix(), eye)
    assert close(from_tensors(one.tensors()).matrix(), one.matrix())
    assert one.orthogonal == close(one.matrix() @ one.matrix().T, eye)


def test_a_layer_between_moved_spaces_gives_the_moved_answer():
    """W' = Uᵀ W T⁻ᵀ, b' = b U: the formula that every rule rests on."""
    t, u = drawn(4), Invertibles(4).sample(Stream(os.urandom(32), "u"), "general")
    w, b, x = (torch.randn(s, dtype=torch.float64) for s in ((4, 6), (4,), (5, 6)))
    moved_w = u.apply(t.apply(w, 1, dual=True), 0)
    answer = t.apply(x, 1) @ moved_w.T + u.apply(b, 0)
    assert close(answer, u.apply(x @ w.T + b, 1))


def test_signs_and_orders_move_every_bit():
    part = SignedPermutations(64).sample(Stream(os.urandom(32), "s"), "permutation")
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        x = torch.randn(64, dtype=dtype)
        x[:2] = torch.tensor([0.0, -0.0])
        back = part.inverse().apply(part.apply(x, 0), 0)
        assert torch.equal(back.view(torch.uint8), x.view(torch.uint8))


def test_expansion_repeats_blocks_runs_and_copies():
    blocks = drawn(5)  # two blocks of 3
    a, b = blocks.matrices
    assert close(blocks.each(2, 3).matrix(), torch.block_diag(a, a, b, b))
    assert close(blocks.outer(2).matrix(), torch.block_diag(a, b, a, b))
    order = drawn(1)
    assert close(order.inner(2).matrix(), torch.kron(order.matrix(), torch.eye(2, dtype=torch.float64)))
    assert close(order.outer(2).matrix(), torch.block_diag(order.matrix(), order.matrix()))
    signed = Invertibles(6, 3).sample(Stream(os.urandom(32), "p"), "permutation")
    a, b = signed.blocks(3)
    assert close(signed.each(2, 3).matrix(), torch.block_diag(a, a, b, b))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Monomial(torch.tensor([0, 0, 1])), "not an order"),
        (
            lambda: Monomial(torch.arange(2), torch.tensor([1.0, 0.0], dtype=torch.float64)),
            "scale is damaged",
        ),
        (lambda: Monomial(torch.arange(2), torch.tensor([1.0, torch.nan], dtype=torch.float64)), "damaged"),
        (lambda: Blocks(torch.zeros(1, 2, 3, dtype=torch.float64)), "square"),
        (lambda: Blocks(torch.zeros(1, 2, 2, dtype=torch.float64)), "badly conditioned"),
        (lambda: Blocks(torch.diag(torch.tensor([1.0, 1e-3])).double()[None]), "badly conditioned"),
        (lambda: Monomial(torch.tensor([2, 1, 0, 3])).each(2, 2), "crosses its blocks"),
        (lambda: from_tensors({"order": torch.arange(2), "more": torch.arange(2)}), "not a complete"),
    ],
)
def test_damaged_parts_are_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()
