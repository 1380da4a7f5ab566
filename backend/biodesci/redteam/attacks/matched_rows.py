"""How an attacker brings rows and columns of two checkpoints together: the first guesses, from what no key
changes, and the better ones, once something of the stream's key is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from biodesci.redteam.attacks import matching
from biodesci.redteam.attacks.reading import Attention, Table, View

SAMPLE = 1024  # rows of a vocabulary that are looked up
SORTED = 4096  # rows of a vocabulary whose values are sorted
QUANTILES = 25


def head_of(table: Table) -> Table:
    """The first rows only, of a table as long as a vocabulary."""
    return Table(*([t[:SAMPLE] for t in group] for group in (table.rows, table.scaled, table.scalars)))


def forms(view: View) -> list[Tensor]:
    """Matrices M (d, d) with M' = Qᵀ M Q under every key: sums over rows, or heads, of products."""
    products: list[Tensor] = []
    for table in view.tables.values():
        products += [r.T @ r for r in table.rows]
    for attention in view.heads.values():
        for one, two in (("query", "key"), ("value", "output")):
            if {one, two} <= set(attention.parts):
                a, b = attention.parts[one], attention.parts[two]
                products.append(_products(a, b).sum(dim=0))
    return [f / f.norm() for f in products]


def invariants(table: Table, anchors: Tensor, forms: list[Tensor]) -> Tensor:
    """Per row, what no key changes: lengths, angles to anchors and to one another, quadratic forms: (n,
    f)."""
    columns: list[Tensor] = list(table.scalars)
    for i, r in enumerate(table.rows):
        columns.append(r.norm(dim=1))
        columns += list((r @ anchors.T).T)
        columns += [((r @ f) * r).sum(1) for f in forms]
        columns += [((r @ f) * (r @ f)).sum(1).sqrt() for f in forms]
        columns += [(r * other).sum(1) for other in table.rows[i + 1 :]]
        columns += [((r @ f) * other).sum(1) for other in table.rows[i + 1 :] for f in forms]
    units = [_units(s) for s in table.scaled]
    for i, u in enumerate(units):
        columns += list((u @ anchors.T).abs().T)
        columns += [((u @ f) * u).sum(1) for f in forms]
        columns += [(u * r).sum(1).abs() for r in table.rows]
        for j in range(i + 1, len(units)):
            columns += [table.scaled[i].norm(dim=1) * table.scaled[j].norm(dim=1), (u * units[j]).sum(1)]
    return torch.stack(columns, dim=1)


def by_columns(base: View, view: View, first: Tensor, second: Tensor, signed: bool) -> Tensor:
    """A permutation, with signs, from what each coordinate holds: anchors, norm weights, and the sorted
    values of its column in tables whose order is hidden."""
    plain: tuple[list[Tensor], list[Tensor]] = ([], [])
    odd: tuple[list[Tensor], list[Tensor]] = ([], [])
    for side, (v, anchors) in enumerate(((base, first), (view, second))):
        odd[side].append(anchors)
        plain[side].extend(v.sizes)
        for place in view.tables:
            odd[side].extend(_quantiles(t) for t in v.tables[place].rows)
            plain[side].extend(_quantiles(t.abs()) for t in v.tables[place].scaled)
    cost, straight = _column_cost(plain), _column_cost(odd)
    # A sign turns the sorted values round: quantile q becomes minus quantile 1 - q.
    turned = _column_cost((odd[0], [-odd[1][0], *(-t.flip(0) for t in odd[1][1:])])) if signed else straight
    source = matching.assign((cost + torch.minimum(straight, turned)).T)
    at = torch.arange(source.numel())
    q = torch.zeros_like(straight)
    q[source, at] = torch.where(straight[source, at] <= turned[source, at], 1.0, -1.0).double()
    return q


def _quantiles(table: Tensor) -> Tensor:
    """Of each column of (n, d): (QUANTILES, d)."""
    rows = table[:: max(1, len(table) // SORTED)].float().numpy()
    ordered = np.sort(np.ascontiguousarray(rows.T), axis=1)
    at = np.linspace(0.02, 0.98, QUANTILES) * (ordered.shape[1] - 1)
    return torch.from_numpy(ordered[:, at.round().astype(int)].T.astype(np.float64))


def _column_cost(sides: tuple[list[Tensor], list[Tensor]]) -> Tensor:
    """Squared distances (d known, d seen) of columns, every feature on its own scale."""
    d = next((t.shape[1] for t in sides[0]), 0)
    cost = torch.zeros(d, d, dtype=torch.float64) if d else torch.zeros(())
    for known, seen in zip(*sides, strict=True):
        if known.shape[0]:
            cost = cost + matching.distances(*matching.standardize(known.T, seen.T))
    return cost


def by_rows(base: Table, table: Table, q: Tensor, back: Tensor | None) -> Tensor:
    """Which base row each seen row is: `q` brings base rows, and `back` (or nothing) seen rows, to one
    basis."""
    seen = head_of(table)

    def moved(row: Tensor) -> Tensor:
        return row if back is None else row @ back

    known = [r @ q for r in base.rows] + [s[:, None] for s in base.scalars]
    pairs = list(zip(known, [*map(moved, seen.rows), *(s[:, None] for s in seen.scalars)], strict=True))
    if pairs and not base.scaled:
        one, two = (torch.cat([(p[i] / (p[0].std() + 1e-12)).float() for p in pairs], dim=1) for i in (0, 1))
        return matching.match(two, one)
    cost = torch.zeros(seen.size, base.size, dtype=torch.float64)
    for one, two in pairs:
        cost += matching.distances(two, one) / (one.square().sum(1).mean() + 1e-12)
    for one, two in zip(base.scaled, seen.scaled, strict=True):
        cost -= 2.0 * (_units(moved(two)) @ _units(one @ q).T).abs()
    return matching.assign(cost) if max(cost.shape) <= matching.LARGEST else cost.argmin(dim=1)


def _units(rows: Tensor) -> Tensor:
    result: Tensor = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-30)
    return result


def stack(
    base: View,
    view: View,
    orders: Mapping[str, Tensor],
    first: Tensor,
    second: Tensor,
    q: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """All rows known to belong together: (n, d) of the base, (n, d) seen, each table on its own scale.

    With `q`, the better half of each table's matches, and rows of unknown factor as well, by its sign."""
    known, seen = [first], [second]
    for place, order in orders.items():
        table, whole = head_of(view.tables[place]), base.tables[place]
        for one, two in zip(whole.rows, table.rows, strict=True):
            scale = one.square().mean().sqrt() + 1e-12
            a, b = one[order] / scale, two / scale
            if q is not None:
                off = (a @ q - b).square().sum(1) / (b.square().sum(1) + 1e-12)
                good = off <= off.median()
                a, b = a[good], b[good]
            known.append(a)
            seen.append(b)
        for one, two in zip(whole.scaled, table.scaled, strict=True):
            if q is not None:
                a, b = _units(one[order]), _units(two)
                known.append(a)
                seen.append(b * ((a @ q) * b).sum(1, keepdim=True).sign())
    return torch.cat(known), torch.cat(seen)


def by_products(base: Attention, seen: Attention, q: Tensor) -> Tensor:
    """Heads by the whole of W_Qᵀ W_K and W_Vᵀ W_O, in the stream's basis once that is known."""
    overlap = torch.zeros(())
    for one, two in (("query", "key"), ("value", "output")):
        known, observed = (_products(a.parts[one], a.parts[two]) for a in (base, seen))
        observed = q @ observed @ q.T
        size = known.flatten(1).norm(dim=1)[None] * observed.flatten(1).norm(dim=1)[:, None]
        overlap = overlap + observed.flatten(1) @ known.flatten(1).T / size
    return matching.assign(-overlap)


def _products(a: Tensor, b: Tensor) -> Tensor:
    """Per head, or group that shares a key or value: Σ aᵀ b (groups, d, d), which no key changes but Q."""
    groups = min(a.shape[0], b.shape[0])
    a, b = (x.reshape(groups, -1, *x.shape[1:]).sum(dim=1) for x in (a, b))
    return a.transpose(1, 2) @ b


def misfit(base: View, view: View, orders: Mapping[str, Tensor], q: Tensor) -> float:
    """Median, over tables, of the mean squared distance of matched rows relative to their size."""
    off = [
        float((one[order] @ q - two).square().mean() / two.square().mean())
        for place, order in orders.items()
        for one, two in zip(base.tables[place].rows, head_of(view.tables[place]).rows, strict=True)
    ]
    return sorted(off)[len(off) // 2] if off else 0.0
