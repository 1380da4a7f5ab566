"""Attack 6: unsupervised alignment. No pairs: encoded records, and a sample of the same population in the
clear.

First maps come from principal axes with signs by skewness, and from independent components (FastICA,
Hyvärinen 1999) matched by their sorted values; nearest neighbours and the best map in turn (ICP, Besl and
McKay 1992) refine them, and the one that leaves the two clouds closest is taken. The attacker needs no key to
judge that."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
from scipy.optimize import quadratic_assignment  # type: ignore[import-untyped]
from torch import Tensor

from biodesci.ee.groups import Mode
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks import matching
from biodesci.redteam.attacks.known_plaintext import Solved

ROUNDS = 15
JUDGED = 1000  # records that the fit is judged on
AT = torch.linspace(0.01, 0.99, 51, dtype=torch.float64)


def align_population(sample: Tensor, encoded: Tensor, mode: Mode, rounds: int = ROUNDS) -> Solved:
    """T and δ from `sample` (n, F) in the clear and other people's `encoded` (m, F)."""
    x, y = sample.double(), encoded.double()
    none = torch.zeros(x.shape[1], dtype=torch.float64)
    if mode == "permutation":
        turned = align_population(sample, encoded, "orthogonal", rounds).matrix
        maps = [_by_marginals(x, y), _rounded(turned)]
        maps += [_refine(x[: 2 * JUDGED], y[: 2 * JUDGED], q, rounds, _permuted) for q in maps]
        return Solved(min(maps, key=lambda q: _distance(x[:JUDGED] @ q, y[:JUDGED])), none)
    white_x, white_y = _whitener(x), _whitener(y)
    by_components = _by_components((x - x.mean(0)) @ white_x, (y - y.mean(0)) @ white_y)
    if mode == "orthogonal":
        firsts = [
            _by_axes(x, y),
            matching.procrustes(torch.eye(len(none)), white_x @ by_components @ _back(y, white_y)),
        ]
        return Solved(_best(x, y, firsts, rounds), none)
    a, b = (x - x.mean(0)) @ white_x, (y - y.mean(0)) @ white_y
    q = _best(a, b, [_by_axes(a, b), by_components], rounds)
    matrix = white_x @ q @ _back(y, white_y)
    return Solved(matrix, y.mean(0) - x.mean(0) @ matrix)


def _rounded(q: Tensor) -> Tensor:
    """The signed permutation nearest to an orthogonal map."""
    return matching.columns(torch.eye(len(q), dtype=torch.float64), q, signed=True)


def _by_marginals(x: Tensor, y: Tensor, rounds: int = 10) -> Tensor:
    """Signed columns by their sorted values, then by their correlations with columns matched already."""
    # Long tails, whose quantiles are the least certain, would outweigh all else: asinh shortens them.
    one, two = (torch.quantile(t, AT, dim=0).asinh() for t in (x, y))
    straight, turned = matching.distances(two.T, one.T), matching.distances((-two.flip(0)).T, one.T)
    marginal = torch.minimum(straight, turned) / len(AT)
    cx, cy = (torch.corrcoef(t.T).nan_to_num() for t in (x, y))
    source = _by_graph(cx.abs(), cy.abs(), marginal, rounds)
    j = torch.arange(source.numel())
    own = (turned - straight)[j, source] / len(AT)  # positive: this column keeps its sign
    both = (cx[source][:, source] * cy).fill_diagonal_(0.0)
    sign = own.sign()
    for _ in range(rounds):
        sign = torch.where(own + both @ sign < 0, -1.0, 1.0).double()
    q = torch.zeros(len(j), len(j), dtype=torch.float64)
    q[source, j] = sign
    return q


def _by_graph(cx: Tensor, cy: Tensor, marginal: Tensor, rounds: int) -> Tensor:
    """Columns by their own values and by whom they correlate with: local search, and the fast approximate
    quadratic assignment of Vogelstein et al. (2015); the assignment that fits best in both."""
    n = len(cx)
    first = matching.assign(marginal)
    guesses = [first]
    for mixed in (0.0, 0.5, 1.0):
        start = torch.full((n, n), (1.0 - mixed) / n, dtype=torch.float64)
        start[torch.arange(n), first] += mixed
        options = {"maximize": True, "P0": start.numpy()}
        solved = quadratic_assignment(cy.numpy(), cx.numpy(), method="faq", options=options)
        guesses.append(torch.from_numpy(solved.col_ind))
    for source in list(guesses):
        moving = source
        for _ in range(rounds):
            again = matching.assign(marginal + matching.distances(cy, cx[:, moving]))
            if torch.equal(again, moving):
                break
            moving = again
        guesses.append(moving)

    def misfit(source: Tensor) -> float:
        fit = (cx[source][:, source] - cy).square().sum() + marginal[torch.arange(n), source].sum()
        return float(fit)

    return min(guesses, key=misfit)


def _whitener(x: Tensor) -> Tensor:
    """(F, F) that makes the covariance one."""
    values, vectors = torch.linalg.eigh((x - x.mean(0)).T @ (x - x.mean(0)) / len(x))
    result: Tensor = vectors * values.clamp_min(1e-9 * float(values.max())).rsqrt()
    return result


def _back(y: Tensor, whitener: Tensor) -> Tensor:
    """The whitener's inverse: its columns are scaled eigenvectors of y's covariance."""
    return whitener.T @ ((y - y.mean(0)).T @ (y - y.mean(0)) / len(y))


def _by_axes(x: Tensor, y: Tensor) -> Tensor:
    """Principal axes (of fourth moments, where the second are alike in all directions), signs by third
    ones."""
    axes, signs = [], []
    for t in (x, y):
        centred = t - t.mean(0)
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(t))
        if float(values.max()) < 1.5 * float(values.clamp_min(0).median()):
            _, vectors = torch.linalg.eigh(
                (centred * centred.square().sum(1, keepdim=True)).T @ centred / len(t)
            )
        along = centred @ vectors
        unit = along / (along.std(0) + 1e-12)
        axes.append(vectors)
        signs.append(torch.stack([unit.pow(3).mean(0), (unit * unit.square().mean(1, keepdim=True)).mean(0)]))
    sign = torch.where((signs[0] * signs[1]).sum(0) < 0, -1.0, 1.0).double()
    result: Tensor = (axes[0] * sign) @ axes[1].T
    return result


def _by_components(a: Tensor, b: Tensor) -> Tensor:
    """The rotation between two whitened clouds that brings independent components onto one another."""
    ua, ub = _fast_ica(a), _fast_ica(b)
    one, two = (torch.quantile(t, AT, dim=0) for t in (a @ ua, b @ ub))
    straight, turned = matching.distances(two.T, one.T), matching.distances((-two.flip(0)).T, one.T)
    source = matching.assign(torch.minimum(straight, turned))
    j = torch.arange(source.numel())
    sign = torch.where(straight[j, source] <= turned[j, source], 1.0, -1.0).double()
    return ua[:, source] * sign @ ub.T


def _fast_ica(x: Tensor, rounds: int = 200) -> Tensor:
    """Directions (F, F) of independent components of whitened x, all at once, with g = tanh."""
    w = torch.from_numpy(Stream(os.urandom(32), "ica").orthogonal(x.shape[1]))
    for _ in range(rounds):
        g = torch.tanh(x @ w)
        u, _, v = torch.linalg.svd(x.T @ g / len(x) - w * (1.0 - g.square()).mean(0), full_matrices=False)
        again = u @ v
        moved = float((1.0 - (again * w).sum(0).abs()).max())
        w = again
        if moved < 1e-7:
            break
    return w


def _best(x: Tensor, y: Tensor, firsts: list[Tensor], rounds: int) -> Tensor:
    """The refined map with the smallest typical distance from an encoded record to the nearest moved one."""
    refined = [_refine(x[: 2 * JUDGED], y[: 2 * JUDGED], q, rounds) for q in firsts]
    maps = firsts + refined
    return min(maps, key=lambda q: _distance(x[:JUDGED] @ q, y[:JUDGED]))


def _distance(moved: Tensor, y: Tensor) -> float:
    return float(matching.distances(y, moved).amin(dim=1).clamp_min(0).sqrt().median())


def _permuted(known: Tensor, seen: Tensor) -> Tensor:
    return matching.columns(known, seen, signed=True)


def _refine(
    x: Tensor,
    y: Tensor,
    q: Tensor,
    rounds: int,
    solve: Callable[[Tensor, Tensor], Tensor] = matching.procrustes,
) -> Tensor:
    for _ in range(rounds):
        moved = x @ q
        source = matching.nearest(y, moved)
        off = (moved[source] - y).square().sum(1)
        good = off <= off.median()
        again = solve(x[source][good], y[good])
        if float((again - q).norm()) < 1e-9:
            break
        q = again
    return q
