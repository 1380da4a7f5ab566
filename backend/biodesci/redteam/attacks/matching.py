"""The solvers that attacks share: assignments, orthogonal maps, and the choice of signs."""

from __future__ import annotations

import torch
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from torch import Tensor

LARGEST = 2048  # beyond it the nearest neighbour is taken: an optimal assignment takes n³ steps


def assign(cost: Tensor) -> Tensor:
    """For each row of `cost` (n, m) its column in the cheapest one-to-one assignment; int64 (n,). With more
    rows than columns, its cheapest column."""
    if cost.shape[0] > cost.shape[1]:
        return cost.argmin(dim=1)
    _, columns = linear_sum_assignment(torch.nan_to_num(cost, nan=1e30, posinf=1e30).double().numpy())
    return torch.from_numpy(columns)


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances of the rows of `a` (n, f) and `b` (m, f): (n, m)."""
    return torch.addmm(b.square().sum(1)[None], a, b.T, alpha=-2.0).add_(a.square().sum(1)[:, None])


def nearest(a: Tensor, b: Tensor, block: int = 256) -> Tensor:
    """For each row of `a` the nearest row of `b`: int64 (n,)."""
    half = b.square().sum(1)[None] / 2.0  # |a - b|² / 2 without |a|², which no row of b changes
    parts = torch.split(a, block)
    return torch.cat([torch.addmm(half, part, b.T, alpha=-1.0).argmin(dim=1) for part in parts])


def match(seen: Tensor, known: Tensor) -> Tensor:
    """For each row of `seen` its row of `known`: one to one where there are equally many and not too many."""
    if seen.shape[0] == known.shape[0] <= LARGEST:
        return assign(distances(seen, known))
    return nearest(seen, known)


def standardize(known: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Both tables of features (n, f), on the scale of the known one's columns."""
    centre, scale = known.mean(dim=0), known.std(dim=0) + 1e-12
    return (known - centre) / scale, (seen - centre) / scale


def procrustes(known: Tensor, seen: Tensor) -> Tensor:
    """The orthogonal Q that brings `known` Q (n, d) nearest to `seen` (Schönemann 1966)."""
    u, _, v = torch.linalg.svd(known.double().T @ seen.double(), full_matrices=False)
    result: Tensor = u @ v
    return result


def columns(known: Tensor, seen: Tensor, signed: bool) -> Tensor:
    """The permutation Q, with signs if `signed`, that brings `known` Q (n, d) nearest to `seen`: (d, d)."""
    product = (
        known.double().T @ seen.double()
    )  # |known Q - seen|² is smallest where tr(Qᵀ product) is largest
    norms = known.double().square().sum(0)[:, None] + seen.double().square().sum(0)[None]
    source = assign((norms - 2.0 * (product.abs() if signed else product)).T)  # for each seen column
    d = source.numel()
    q = torch.zeros(d, d, dtype=torch.float64)
    picked = product[source, torch.arange(d)]
    q[source, torch.arange(d)] = torch.where(picked < 0, -1.0, 1.0).double() if signed else 1.0
    return q


def relative_error(guess: Tensor, truth: Tensor) -> float:
    """‖guess - truth‖ / ‖truth‖; about 1.4 for two unrelated orthogonal maps."""
    return float((guess.double() - truth.double()).norm() / truth.double().norm())


def columns_right(guess: Tensor, truth: Tensor) -> float:
    """Share of the columns of a (signed) permutation that are found, sign included."""
    return float((guess - truth).abs().amax(dim=0).lt(0.5).double().mean())
