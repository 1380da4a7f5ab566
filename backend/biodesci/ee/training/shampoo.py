"""Shampoo: a preconditioner per axis (Gupta, Koren, Singer 2018, arXiv:1802.09568), unblocked.

Blocks, or diagonals for long axes, would depend on the basis; whole preconditioners turn with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from biodesci.core.errors import InputError

LONGEST = 4096  # an axis of n keeps an n x n matrix, and its root costs n³ each step


class Shampoo(Optimizer):
    """Hᵢ <- Hᵢ + mat_i(g) mat_i(g)ᵀ from ε I; v <- momentum · v + g ×ᵢ Hᵢ^(-1/2k); θ <- θ - rate · v, for a
    tensor of k axes; a convolution's weight (out, in, k, k) is the matrix (out, in·k·k), as keys move it."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.9, epsilon: float = 1e-4
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "epsilon": epsilon})
        longest = max((n for group in self.param_groups for p in group["params"] for n in p.shape), default=0)
        if longest > LONGEST:
            raise InputError(
                f"Shampoo would keep a matrix of {longest} x {longest} for one axis; its limit is {LONGEST}.",
                "Freeze that tensor (an embedding, say), or use muon.",
            )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step in place for each parameter with a gradient; returns the closure's loss, if one is
        given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad.reshape(len(p), -1) if p.ndim == 4 else p.grad
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(g)
                    state["axes"] = [
                        group["epsilon"] * torch.eye(n, dtype=g.dtype, device=g.device) for n in g.shape
                    ]
                step = g
                for i, h in enumerate(state["axes"]):
                    rows = g.movedim(i, 0).reshape(len(h), -1)
                    h.addmm_(rows, rows.T)
                    step = (
                        (inverse_root(h, 2 * g.ndim) @ step.movedim(i, 0).reshape(len(h), -1))
                        .reshape(step.movedim(i, 0).shape)
                        .movedim(0, i)
                    )
                v = state["momentum"].mul_(group["momentum"]).add_(step)
                p.sub_(v.reshape(p.shape), alpha=group["lr"])
        return loss


def inverse_root(h: Tensor, power: int) -> Tensor:
    """h^(-1/power) of a symmetric positive h (n, n), in fp64 whatever its type."""
    values, vectors = torch.linalg.eigh(h.double())
    smallest = values[-1] * torch.finfo(h.dtype).eps
    root: Tensor = (vectors * values.clamp(min=smallest) ** (-1.0 / power)) @ vectors.T
    return root.to(h.dtype)
