"""The optimizers against their papers' formulas, computed naively."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.training.combinations import BY_COORDINATE, BY_MATRIX, OPTIMIZERS
from biodesci.ee.training.lion import Lion
from biodesci.ee.training.muon import Muon, orthogonalize
from biodesci.ee.training.plan import TrainingPlan
from biodesci.ee.training.shampoo import LONGEST, Shampoo, inverse_root
from biodesci.ee.training.stepping import Stepper, optimizer_of


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def turn(n: int, seed: int) -> Tensor:
    return torch.linalg.qr(drawn(n, n, seed=seed)).Q


def plan_of(optimizer: str, **changes: float) -> TrainingPlan:
    return TrainingPlan(epochs=1, batch_size=1, learning_rate=0.1, optimizer=optimizer, **changes)  # type: ignore[arg-type]


def run(optimizer: str, start: Tensor, gradients: list[Tensor]) -> Tensor:
    p = start.clone().requires_grad_()
    stepping = optimizer_of([p], plan_of(optimizer))
    for g in gradients:
        p.grad = g.clone()
        stepping.step()
    return p.detach()


def test_lion_is_algorithm_2() -> None:
    p, m, expected = drawn(4, 3), torch.zeros(4, 3, dtype=torch.float64), drawn(4, 3)
    p.requires_grad_()
    lion = Lion([p], lr=0.01, betas=(0.9, 0.99))
    for i in range(5):
        g = drawn(4, 3, seed=i + 1)
        p.grad = g.clone()
        lion.step()
        expected = expected - 0.01 * torch.sign(0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
    assert torch.allclose(p.detach(), expected, atol=1e-14)


def test_lion_gives_rounding_no_sign() -> None:
    p, quiet = torch.zeros(2, dtype=torch.float64, requires_grad=True), torch.zeros(3, dtype=torch.float64)
    quiet.requires_grad_()
    lion = Lion([p, quiet], lr=0.01)
    p.grad, quiet.grad = torch.tensor([1.0, -1e-9]).double(), torch.full((3,), 1e-17).double()
    lion.step()
    assert p.tolist() == [-0.01, 0.01]
    assert quiet.tolist() == [0.0] * 3


def test_muon_steps_towards_the_polar_factor() -> None:
    m = drawn(6, 4)
    u, s, v = torch.linalg.svd(m / m.norm(), full_matrices=False)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    assert torch.allclose(orthogonalize(m), (u * s) @ v * (6 / 4) ** 0.5, atol=1e-12)
    assert torch.equal(orthogonalize(torch.zeros(2, 2)), torch.zeros(2, 2))
    p = torch.zeros(6, 2, 1, 2, dtype=torch.float64, requires_grad=True)
    p.grad = m.reshape(p.shape).clone()
    Muon([p], lr=1.0).step()
    assert torch.allclose(p.detach().reshape(6, 4), -orthogonalize(m), atol=1e-14)


def test_shampoo_is_algorithm_1() -> None:
    p, expected = drawn(4, 3), drawn(4, 3)
    p.requires_grad_()
    shampoo = Shampoo([p], lr=0.1, momentum=0.0)
    left, right = 1e-4 * torch.eye(4).double(), 1e-4 * torch.eye(3).double()

    def fourth_root(h: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(torch.linalg.inv(h))
        return vectors @ torch.diag(values**0.25) @ vectors.T

    for i in range(4):
        g = drawn(4, 3, seed=i + 1)
        p.grad = g.clone()
        shampoo.step()
        left, right = left + g @ g.T, right + g.T @ g
        expected = expected - 0.1 * fourth_root(left) @ g @ fourth_root(right)
    assert torch.allclose(p.detach(), expected, atol=1e-11)
    root = inverse_root(left, 2)
    assert torch.allclose(root @ root @ left, torch.eye(4).double(), atol=1e-10)


def test_shampoo_refuses_long_axes() -> None:
    with pytest.raises(InputError, match="4097"):
        Shampoo([torch.zeros(LONGEST + 1, 2)], lr=0.1)


@pytest.mark.parametrize("optimizer", BY_MATRIX)
@pytest.mark.parametrize("shape", [(5, 7), (7, 5), (6,), (1, 4, 6), (4, 1, 2, 3)])
def test_steps_by_matrix_turn_with_every_axis(optimizer: str, shape: tuple[int, ...]) -> None:
    """A convolution's (4, 1, 2, 3) turns as (4, 6); so do axes that only one side of turns."""

    def turned(x: Tensor) -> Tensor:
        y = x.reshape(4, 6) if x.ndim == 4 else x
        for axis, n in enumerate(y.shape):
            y = (y.movedim(axis, -1) @ turn(n, seed=n)).movedim(-1, axis)
        return y.reshape(x.shape)

    start, gradients = drawn(*shape), [drawn(*shape, seed=i) for i in range(1, 6)]
    plain = run(optimizer, start, gradients)
    moved = run(optimizer, turned(start), [turned(g) for g in gradients])
    assert float((plain - start).norm()) > 0.01
    assert float((moved - turned(plain)).norm()) < 1e-11


@pytest.mark.parametrize("optimizer", BY_COORDINATE)
def test_steps_by_coordinate_move_with_signs_and_orders_alone(optimizer: str) -> None:
    start, gradients = drawn(6), [drawn(6, seed=i) for i in range(1, 6)]
    plain = run(optimizer, start, gradients)
    order, sign = torch.tensor([3, 1, 0, 5, 4, 2]), torch.tensor([1.0, -1, -1, 1, -1, 1]).double()
    moved = run(optimizer, start[order] * sign, [g[order] * sign for g in gradients])
    assert torch.equal(moved, plain[order] * sign)
    q = turn(6, seed=9)
    assert float((run(optimizer, start @ q, [g @ q for g in gradients]) - plain @ q).norm()) > 0.01


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_decay_is_decoupled_and_frozen_tensors_stay(optimizer: str) -> None:
    p, frozen = drawn(3, 3).requires_grad_(), drawn(3, 3)
    before = p.detach().clone()
    Stepper([p, frozen], plan_of(optimizer, weight_decay=0.5)).step((0.0 * p).sum())
    assert torch.allclose(p.detach(), before * (1 - 0.1 * 0.5), atol=1e-15)
    assert torch.equal(frozen, drawn(3, 3))


def test_the_norm_over_all_tensors_is_clipped() -> None:
    a, b = torch.zeros(2, 2).double().requires_grad_(), torch.zeros(3).double().requires_grad_()
    Stepper([a, b], plan_of("sgd", clip=2.0)).step(10.0 * (a.sum() + b.sum()))
    step = torch.cat([a.detach().reshape(-1), b.detach()])
    assert float(step.norm()) == pytest.approx(0.1 * 2.0)
    assert float(step.max() - step.min()) < 1e-15


def test_nothing_to_train_is_refused() -> None:
    with pytest.raises(InputError, match="every parameter is frozen"):
        Stepper([torch.zeros(2)], plan_of("sgd"))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_one_weight_that_is_not_finite_is_enough(bad: float) -> None:
    large = torch.full((5, 3), 1e300, dtype=torch.float64).requires_grad_()
    half = drawn(40, 7).half().requires_grad_()
    stepper = Stepper([large, half], plan_of("sgd"))
    stepper.check_finite()
    with torch.no_grad():
        half[17, 4] = bad
    with pytest.raises(InputError, match="diverged"):
        stepper.check_finite()
