"""Lion: steps by the sign of a momentum (Chen et al. 2023, arXiv:2302.06675, Algorithm 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class Lion(Optimizer):
    """c = β₁ m + (1 - β₁) g, θ <- θ - rate · sign(c), m <- β₂ m + (1 - β₂) g.

    Differs from the paper in one point: entries of c below `quiet` roundings of the largest entry over all
    tensors have no sign. Some gradients are zero but for rounding (a softmax does not see a key's bias), and
    their signs would be another noise in every basis, at full step size: with `quiet` 0, the paper's Lion,
    models with key biases drift by 4 to 7% in 100 steps, under permutation keys too.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        quiet: float = 64.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "quiet": quiet})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step in place for each parameter with a gradient; returns the closure's loss, if one is
        given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            first, second = group["betas"]
            mixed: list[tuple[Tensor, Tensor]] = []
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("momentum", torch.zeros_like(p))
                mixed.append((p, m.mul(first).add_(p.grad, alpha=1 - first)))
                m.mul_(second).add_(p.grad, alpha=1 - second)
            if not mixed:
                continue
            largest = max(float(c.abs().max()) for _, c in mixed)
            for p, c in mixed:
                noise = group["quiet"] * torch.finfo(c.dtype).eps * largest
                p.sub_(torch.where(c.abs() > noise, c.sign(), 0.0), alpha=group["lr"])
        return loss
