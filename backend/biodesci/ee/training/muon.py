"""Muon: momentum, orthogonalized by Newton and Schulz's iteration (Jordan et al. 2024,
kellerjordan.github.io/posts/muon).

torch.optim.Muon rounds the momentum to bfloat16 in the coordinates that it is given, so that two
bases part; here the iteration keeps the parameters' own type. What is no matrix takes a step of SGD with
momentum."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class Muon(Optimizer):
    """v <- momentum · v + g; θ <- θ - rate · √max(1, rows / columns) · NS(v) for matrices, θ - rate · v else.

    A convolution's weight (out, in, k, k) is the matrix (out, in·k·k), as keys move it. Fused
    projections are one matrix: the keys of their parts are one block-diagonal orthogonal map.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.9) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step in place for each parameter with a gradient; returns the closure's loss, if one is
        given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            velocity = [self.state[p].setdefault("momentum", torch.zeros_like(p)) for p in moved]
            torch._foreach_mul_(velocity, group["momentum"])
            torch._foreach_add_(velocity, [p.grad for p in moved])
            steps = [
                orthogonalize(v.reshape(len(v), -1)).reshape(v.shape) if v.ndim in (2, 4) else v
                for v in velocity
            ]
            torch._foreach_add_(moved, steps, alpha=-group["lr"])
        return loss


def orthogonalize(matrix: Tensor) -> Tensor:
    """Five quintic Newton-Schulz steps towards U Vᵀ of the matrix's SVD, times √max(1, rows / columns)."""
    norm = matrix.norm()
    if norm == 0:
        return matrix
    m = matrix / norm
    tall = m.shape[0] > m.shape[1]
    m = m.T if tall else m
    for _ in range(5):
        gram = m @ m.T
        m = 3.4445 * m + (-4.7750 * gram + 2.0315 * gram @ gram) @ m
    result: Tensor = m * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
    return result.T if tall else result
