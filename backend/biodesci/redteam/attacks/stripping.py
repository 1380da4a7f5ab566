"""The attack on cancelling dummies: two neurons that cancel have the same input weights, in every basis.

An attacker who looks for equal rows finds them without any base, and removes those whose output rows add to
zero."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from biodesci.redteam.attacks import matching
from biodesci.redteam.attacks.reading import Attention, Reading, Table, View

EQUAL = 0.2  # relative distance below which two rows count as equal: unrelated ones have about 1.4


def strip(seen: Reading) -> Reading:
    """The same reading without neurons and heads that cancel."""
    result: Reading = {}
    for stream, view in seen.items():
        tables = {place: _without(table, cancelling(table)) for place, table in view.tables.items()}
        heads = {place: _without_heads(attention) for place, attention in view.heads.items()}
        result[stream] = View(view.anchors, view.sizes, tables, heads, view.inputs, view.outputs)
    return result


def cancelling(table: Table) -> Tensor:
    """Which rows of a table have a twin, equal in what is read and opposite in what is written: bool (n,)."""
    read = table.rows[0] if table.rows else table.scaled[0]
    written = (table.scaled or table.rows)[-1]
    if read is written or table.size > matching.LARGEST * 2:
        return torch.zeros(table.size, dtype=torch.bool)
    if not table.rows:  # both lack the row's sign and factor: only directions can be compared
        read = F.normalize(read)
    lengths = read.norm(dim=1) + 1e-30
    gap = torch.cdist(read, read)
    if not table.rows:
        gap = torch.minimum(gap, torch.cdist(read, -read))
    gap = gap / torch.maximum(lengths[:, None], lengths[None])
    gap.fill_diagonal_(float("inf"))
    smallest = gap.min(dim=1)
    twin = smallest.indices
    return (smallest.values < EQUAL) & _opposite(table, read, written, twin)


def _opposite(table: Table, read: Tensor, written: Tensor, twin: Tensor) -> Tensor:
    """Which rows (n,) write the opposite of what their twin writes, as far as the table tells."""
    one, two = written, written[twin]
    opposite: Tensor
    if not table.scaled:
        opposite = (one + two).norm(dim=1) < EQUAL * one.norm(dim=1)
        return opposite
    cosine = F.cosine_similarity(one, two, dim=1)
    if table.rows:  # what multiplies these rows is parallel as well, so that parallel ones cancel
        return cosine.abs() > 1.0 - EQUAL**2
    # A hidden sign turns what a neuron reads and what it writes, so that the two signs tell it together.
    return -cosine * F.cosine_similarity(read, read[twin], dim=1).sign() > 1.0 - EQUAL**2


def _without(table: Table, gone: Tensor) -> Table:
    return Table(*([t[~gone] for t in group] for group in (table.rows, table.scaled, table.scalars)))


def _without_heads(attention: Attention) -> Attention:
    """Two groups of heads cancel if W_Qᵀ W_K are equal and W_Vᵀ W_O opposite."""
    k = attention.parts["key"].shape[0]
    grouped = {name: x.reshape(k, -1, *x.shape[1:]) for name, x in attention.parts.items()}
    sums = [
        grouped[b].sum(1).transpose(1, 2) @ grouped[a].sum(1)
        for a, b in (("query", "key"), ("value", "output"))
    ]
    flat = [s.flatten(1) / s.flatten(1).norm(dim=1, keepdim=True) for s in sums]
    twins = ((flat[0] @ flat[0].T) > 1.0 - EQUAL**2) & ((flat[1] @ flat[1].T) < EQUAL**2 - 1.0)
    stay = ~twins.any(dim=1)
    return Attention({name: x[stay].flatten(0, 1) for name, x in grouped.items()})
