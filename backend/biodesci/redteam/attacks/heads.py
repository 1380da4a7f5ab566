"""Attack 3: per-head invariants.

No key changes the singular values of W_Qᵀ W_K and W_O W_V of a head, not even any invertible map per head:
they tell which head is which, against a public base and after re-keying alike. Those of single matrices (W_Q
alone) are easier to have, and keys from GL per head change them: that is what such keys defend, and all."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from biodesci.ee.parts import Monomial, Part
from biodesci.redteam.attacks.matching import assign, distances
from biodesci.redteam.attacks.reading import Attention, Reading


def match_heads(known: Attention, seen: Attention, products: bool = True) -> Tensor:
    """Which base head (under GQA: group that shares a key) each seen head is: int64 (groups,). Without
    `products` by single matrices."""
    described = invariants if products else single_matrices
    one, two = described(known), described(seen)
    scale = one.std(dim=0) + 1e-12
    return assign(distances(two / scale, one / scale))


def invariants(attention: Attention) -> Tensor:
    """Logarithms of the singular values, of both products, per group of heads: (groups, f)."""
    q, k, v, o = (attention.parts[name] for name in ("query", "key", "value", "output"))
    each = q.shape[0] // k.shape[0]
    columns = []
    for few, many in ((k, q), (v, o)):
        values = singular_values(few.repeat_interleave(each, dim=0), many).clamp_min(1e-12).log()
        # Query heads of one group come in a hidden order: sort them by their largest value.
        grouped = values.reshape(few.shape[0], each, -1)
        order = grouped[..., 0].argsort(dim=1, descending=True)
        columns.append(torch.gather(grouped, 1, order[..., None].expand_as(grouped)).flatten(1))
    return torch.cat(columns, dim=1)


def single_matrices(attention: Attention) -> Tensor:
    """Logarithms of the singular values of each of the four matrices, per group of heads: (groups, f)."""
    groups = attention.parts["key"].shape[0]
    columns = []
    for name in ("query", "key", "value", "output"):
        together = attention.parts[name]
        columns.append(
            torch.linalg.svdvals(together.reshape(groups, -1, together.shape[-1])).clamp_min(1e-12).log()
        )
    return torch.cat(columns, dim=1)


def singular_values(a: Tensor, b: Tensor) -> Tensor:
    """Of aᵀ b per head, a and b (heads, d_h, d): (heads, d_h), from the d_h × d_h factors of a QR."""
    ra, rb = (torch.linalg.qr(x.transpose(1, 2)) for x in (a, b))
    # aᵀ b = Q_a R_a R_bᵀ Q_bᵀ, with a.T = Q_a R_a: the outer factors keep singular values.
    result: Tensor = torch.linalg.svdvals(ra.R @ rb.R.transpose(1, 2))
    return result


def share(known: Reading, seen: Reading, truth: Mapping[str, Part], products: bool = True) -> float | None:
    """Share of heads told apart over all layers; `truth` for scoring alone. Chance is 1 / heads. None where
    there are none."""
    right: list[float] = []
    for stream, view in seen.items():
        for prefix, attention in view.heads.items():
            part = truth[f"{prefix}.heads"]
            if isinstance(part, Monomial) and part.size > 1:
                guess = match_heads(known[stream].heads[prefix], attention, products)
                right.append(float((guess == part.order).double().mean()))
    return sum(right) / len(right) if right else None
