"""Mode dense undone, from the encrypted weights alone.

Each norm ends in M = Qᵦᵀ diag(γ) Qₐ, between the streams a before and b behind it. Its polar decomposition is
(Qᵦᵀ Qₐ)(Qₐᵀ diag(γ) Qₐ): the first factor leads from one stream's key to the next one's, so that keys of
their own per sublayer hide nothing from one another. The second's eigenvectors are Qₐ up to order and sign,
and since LayerNorm's keys fix the all-ones direction, the signs show as well. What is left of the key is an
order, as in mode permutation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.reading import Reading, Table, View

DEAD = 1e-3  # a norm weight below this share of the largest may come out with the other sign
TRIES = 24  # mixtures of the norms' factors, of which the one with the best separated eigenvalues is taken


@dataclass
class Collapsed:
    """One stream per run of linked ones, and `turns`: stream -> (its run's first stream, (d, d) that brings
    its rows there, in the eigenbasis)."""

    reading: Reading = field(default_factory=dict)
    turns: dict[str, tuple[str, Tensor]] = field(default_factory=dict)


def collapse(seen: Mapping[str, View]) -> Collapsed:
    """`seen` with each run of linked streams in one basis, the same up to the order of its coordinates
    whatever the key was. Plain weights come out in another order as well."""
    result = Collapsed()
    for run in _runs(seen):
        first = run[0]
        to_first = {first: torch.eye(seen[first].width, dtype=torch.float64)}
        factors: list[Tensor] = []  # Qₐᵀ diag(γ) Qₐ of each norm, on the first stream's side
        for before, behind in pairwise(run):
            between, size = _polar(seen[before].links[behind])
            to_first[behind] = between @ to_first[before]
            factors.append(to_first[before].T @ size @ to_first[before])
        basis = _eigenbasis(factors)
        merged = View()
        for stream in run:
            turn = to_first[stream] if basis is None else to_first[stream] @ basis
            result.turns[stream] = (first, turn)
            if stream in seen:
                _merge(merged, seen[stream], turn)
        turned = factors if basis is None else [basis.T @ f @ basis for f in factors]
        merged.sizes += [f.diagonal()[None] for f in turned]
        result.reading[first] = merged
    return result


def undone(seen: Mapping[str, View], keys: Mapping[str, Tensor]) -> float:
    """Share of all coordinates that come out by themselves, without a base; `keys`, each stream's Q (d, d),
    for scoring alone."""
    turns = collapse(seen).turns
    sizes = [(keys[stream] @ turn).abs().amax(dim=0) for stream, (_, turn) in turns.items()]
    return float((torch.cat(sizes) > 0.9).double().mean())


def _polar(link: Tensor) -> tuple[Tensor, Tensor]:
    """(Qᵦᵀ Qₐ, Qₐᵀ diag(γ) Qₐ) of M = Qᵦᵀ diag(γ) Qₐ; of plain weights, signs and sizes."""
    if _diagonal(link):
        signs = torch.where(link.diagonal() < 0, -1.0, 1.0).double()
        return signs.diag(), link.abs()
    u, values, v = torch.linalg.svd(link)
    return u @ v, (v.T * values) @ v


def _diagonal(x: Tensor) -> bool:
    return torch.equal(x, x.diagonal().diag())


def expand(found: Mapping[str, Tensor], known: Collapsed, seen: Collapsed) -> dict[str, Tensor]:
    """Each stream's key from those of the runs: known Q = seen."""
    return {
        stream: turn @ found[first] @ seen.turns[stream][1].T
        for stream, (first, turn) in known.turns.items()
        if first in found and stream in seen.turns
    }


def signed(
    found: Mapping[str, Tensor],
    known: Mapping[str, View],
    seen: Mapping[str, View],
    orders: Mapping[str, Tensor],
) -> dict[str, Tensor]:
    """The keys with the sign of a coordinate as matched rows have it, where the plain base's norm weight is
    (nearly) zero: it leaves none in the polar factor."""
    result = dict(found)
    for view_before in known.values():
        stream, link = next(iter(view_before.links.items()), ("", torch.zeros(1, 1)))
        if stream not in found or stream not in seen or not _diagonal(link):
            continue
        doubtful = link.diagonal().abs() < DEAD * link.abs().max()
        view = seen[stream]
        agree = torch.zeros(view.width, dtype=torch.float64)
        back = found[stream].T
        pairs = list(zip(known[stream].anchors, view.anchors, strict=True))
        for place, table in view.tables.items():
            rows = zip(known[stream].tables[place].rows, table.rows, strict=True)
            pairs += [(one[orders[place]], two[: len(orders[place])]) for one, two in rows]
        for one, two in pairs:
            agree += (one * (two @ back)).sum(0) / (one.square().mean() + 1e-30)
        result[stream] = torch.where(doubtful & (agree < 0), -1.0, 1.0).double()[:, None] * found[stream]
    return result


def _runs(seen: Mapping[str, View]) -> list[list[str]]:
    behind = {name: next(iter(view.links), None) for name, view in seen.items()}
    names = set(seen) | {b for b in behind.values() if b is not None}
    runs = []
    for start in sorted(names - {b for b in behind.values() if b is not None}):
        run = [start]
        while (following := behind.get(run[-1])) is not None:
            run.append(following)
        runs.append(run)
    return runs


def _eigenbasis(factors: list[Tensor]) -> Tensor | None:
    """A basis (d, d) that makes all of `factors` diagonal, each column with a positive sum; None if they
    are."""
    if all(_diagonal(f) for f in factors):
        return None
    stream = Stream(os.urandom(32), "mixtures")
    stacked = torch.stack(factors)
    best, widest = torch.zeros(0), -1.0
    for _ in range(TRIES):
        weights = torch.from_numpy(stream.uniform(len(factors)))
        values = torch.linalg.eigvalsh(torch.einsum("n,nij->ij", weights, stacked))
        gap = float(values.diff().min()) / float(values.abs().max())
        if gap > widest:
            best, widest = weights, gap
    mixed = torch.einsum("n,nij->ij", best, stacked)
    basis = torch.linalg.eigh((mixed + mixed.T) / 2.0).eigenvectors
    result: Tensor = basis * torch.where(basis.sum(0) < 0, -1.0, 1.0).double()
    return result


def _merge(merged: View, view: View, turn: Tensor) -> None:
    merged.anchors += [x @ turn for x in view.anchors]
    for place, table in view.tables.items():
        into = merged.tables.setdefault(place, Table())
        into.rows += [x @ turn for x in table.rows]
        into.scaled += [x @ turn for x in table.scaled]
        into.scalars += table.scalars
    for prefix, attention in view.heads.items():
        held = merged.heads.get(prefix)
        turned = {name: x @ turn for name, x in attention.parts.items()}
        if held is None:
            merged.heads[prefix] = type(attention)(turned)
        else:
            held.parts |= turned
    merged.inputs |= {place: x @ turn for place, x in view.inputs.items()}
    merged.outputs |= {place: x @ turn for place, x in view.outputs.items()}
