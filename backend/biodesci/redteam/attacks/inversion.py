"""Attack 7, first half: inversion of hidden states to tokens.

Whoever knows embedding rows in the basis of the states takes the nearest; whoever does not, but has seen some
states with their tokens, learns a linear map to public embeddings (ridge regression) and takes the nearest
then."""

from __future__ import annotations

import torch
from torch import Tensor

from biodesci.redteam.attacks.matching import nearest


def by_nearest(states: Tensor, embeddings: Tensor) -> Tensor:
    """For states (n, d) of single tokens the nearest embedding row: int64 (n,)."""
    return nearest(states.double(), embeddings.double())


def by_ridge(
    states: Tensor, pairs: Tensor, tokens: Tensor, embeddings: Tensor, ridge: float = 1e-3
) -> Tensor:
    """Tokens of `states` (n, d), learned from `pairs` (m, d) of which the attacker knows the `tokens`."""
    x, y = pairs.double(), embeddings[tokens].double()
    centre_x, centre_y = x.mean(0), y.mean(0)
    x = x - centre_x
    if len(x) < x.shape[1]:  # the same solution from the smaller system
        gram = x @ x.T
        gram += (ridge * gram.diagonal().mean() + 1e-12) * torch.eye(len(x), dtype=torch.float64)
        weights = x.T @ torch.linalg.solve(gram, y - centre_y)
    else:
        gram = x.T @ x
        gram += (ridge * gram.diagonal().mean() + 1e-12) * torch.eye(x.shape[1], dtype=torch.float64)
        weights = torch.linalg.solve(gram, x.T @ (y - centre_y))
    return nearest((states.double() - centre_x) @ weights + centre_y, embeddings.double())
