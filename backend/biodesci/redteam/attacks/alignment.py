"""Attack 2: weight alignment with a public base.

The attacker knows the weights that the secret ones were trained from. What no key changes (norms, inner
products, biases) matches rows to rows; matched rows give the stream's key by Procrustes; the stream's key
gives better matches, in turn. Rows in a known order (positions, biases) shorten it. Networks without a
stream: `layerwise.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from biodesci.ee.groups import CentredOrthogonals, Mode, Orthogonals
from biodesci.ee.layout import Layout
from biodesci.ee.parts import Monomial, Part
from biodesci.redteam.attacks import matched_rows, matching
from biodesci.redteam.attacks.matched_rows import SAMPLE
from biodesci.redteam.attacks.reading import Reading, View

ROUNDS = 6
# Mean square of a general key's entries, times its size: singular values 2^u, u uniform in (-1, 1).
GENERAL_SQUARE = 1.35


@dataclass
class Belief:
    """What the attacker believes: Q (d, d) of each stream, and for each place the base row behind the first
    seen rows, which is the order of the key's part there; dense keys T of inputs and scores."""

    streams: dict[str, Tensor] = field(default_factory=dict)
    orders: dict[str, Tensor] = field(default_factory=dict)
    dense: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Solver:
    """The best map between two stacks of rows (n, d), among those that a mode's key is of: the mode is
    public."""

    permutes: bool
    signed: bool

    def __call__(self, known: Tensor, seen: Tensor) -> Tensor:
        """The map Q (d, d) that brings `known` Q nearest to `seen`: orthogonal, or a (signed) permutation."""
        if self.permutes:
            return matching.columns(known, seen, self.signed)
        return matching.procrustes(known, seen)


def align(layout: Layout, known: Reading, seen: Reading, rounds: int = ROUNDS) -> Belief:
    """`known`: the attacker's base; `seen`: the encrypted weights; both as `reading.read` gives them."""
    belief = Belief()
    for name in seen:
        _align_stream(belief, layout, name, (known[name], seen[name]), _solver(layout, name), rounds)
    return belief


def score(belief: Belief, truth: Mapping[str, Part], sample: int = SAMPLE) -> dict[str, float]:
    """Errors and shares of a `belief`, against the key's parts (or against Q₁ᵀQ₂, for linkage)."""
    result: dict[str, float] = {}
    if belief.streams:
        errors = [matching.relative_error(q, truth[name].matrix()) for name, q in belief.streams.items()]
        result["streamKeyError"] = sum(errors) / len(errors)
    if belief.streams and all(isinstance(truth[name], Monomial) for name in belief.streams):
        right = [matching.columns_right(q, truth[name].matrix()) for name, q in belief.streams.items()]
        result["streamColumns"] = sum(right) / len(right)
    shares: dict[str, list[float]] = {}
    for place, guess in belief.orders.items():
        part = truth.get(place)
        if isinstance(part, Monomial) and part.size > 1:
            right_rows = guess[:sample] == part.order[: len(guess)][:sample]
            shares.setdefault(place.rpartition(".")[2], []).append(float(right_rows.double().mean()))
    result |= {kind: sum(s) / len(s) for kind, s in sorted(shares.items())}
    for place, guess in belief.dense.items():
        result[f"{place}KeyError"] = matching.relative_error(guess, truth[place].matrix())
    return result


def _align_stream(
    belief: Belief,
    layout: Layout,
    name: str,
    views: tuple[View, View],
    solve: Solver,
    rounds: int,
) -> None:
    base, view = views
    first, second = _anchors(layout, name, base, view)
    orders: dict[str, Tensor] = {}
    q = _first_key(base, view, first, second, solve)
    for turn in range(rounds):
        before = q
        # At first the anchors' own directions are all that is trusted; later the whole of Q is.
        alone = turn == 0 and not solve.permutes and len(first) > 1
        maps = (first.T, second.T) if alone else (q, None)
        orders = {p: matched_rows.by_rows(base.tables[p], t, *maps) for p, t in view.tables.items()}
        q = solve(*matched_rows.stack(base, view, orders, first, second, q))
        if float((q - before).norm()) < 1e-9 * float(q.norm()):
            break
    belief.streams[name] = q
    belief.orders |= orders
    for prefix, attention in view.heads.items():
        belief.orders[f"{prefix}.heads"] = matched_rows.by_products(base.heads[prefix], attention, q)
    noise = matched_rows.misfit(base, view, orders, q)
    for place, rows in view.inputs.items():
        belief.dense[place] = _input_key(belief.orders, base.inputs[place] @ q, rows, layout.mode, noise)
    for place, rows in view.outputs.items():  # seen = Tᵀ W Q
        belief.dense[place] = torch.linalg.lstsq((base.outputs[place] @ q).T, rows.T).solution


def _anchors(layout: Layout, name: str, base: View, view: View) -> tuple[Tensor, Tensor]:
    """Rows in a known order, (k, d) of the base and seen, each tensor on its own scale."""
    known, seen = ([torch.zeros(0, view.width, dtype=torch.float64)] for _ in range(2))
    for one, two in zip(base.anchors, view.anchors, strict=True):
        scale = one.square().mean().sqrt() + 1e-12
        known.append(one / scale)
        seen.append(two / scale)
    if isinstance(layout.places[name], CentredOrthogonals):  # keeps the all-ones direction
        known.append(torch.ones(1, view.width, dtype=torch.float64))
        seen.append(torch.ones(1, view.width, dtype=torch.float64))
    return torch.cat(known), torch.cat(seen)


def _solver(layout: Layout, stream: str) -> Solver:
    group = layout.places[stream]
    turns = isinstance(group, (Orthogonals, CentredOrthogonals)) and layout.mode != "permutation"
    return Solver(not turns, isinstance(group, Orthogonals))


def _first_key(base: View, view: View, first: Tensor, second: Tensor, solve: Solver) -> Tensor:
    """A first Q: from anchors where they are enough, else from rows matched by what no key changes."""
    if solve.permutes:
        return matched_rows.by_columns(base, view, first, second, solve.signed)
    if first.shape[0] >= first.shape[1]:
        return solve(first, second)
    pairs = list(zip(matched_rows.forms(base), matched_rows.forms(view), strict=True))
    orders: dict[str, Tensor] = {}
    for place, table in view.tables.items():
        known = matched_rows.invariants(base.tables[place], first, [f for f, _ in pairs])
        seen = matched_rows.invariants(matched_rows.head_of(table), second, [f for _, f in pairs])
        orders[place] = matching.match(*reversed(matching.standardize(known, seen)))
    if not orders:
        return torch.eye(first.shape[1], dtype=torch.float64)
    q = solve(*matched_rows.stack(base, view, orders, first, second))
    return solve(*matched_rows.stack(base, view, orders, first, second, q))


def _input_key(orders: dict[str, Tensor], known: Tensor, rows: Tensor, mode: Mode, noise: float) -> Tensor:
    """A dense key T of the inputs, once the stream's is known: `rows` (.., F, d) = T⁻¹ W Q of the `known` W
    Q. `noise`: how far matched rows are from one another, mean square relative to their size. An order of
    tokens that is not in `orders` yet is added to them."""
    if known.ndim == 3:  # (T, F, d): the tabular model's tokens, reordered
        order = orders.get("tokens")
        if order is None:
            order = _tokens(known, rows)
            orders["tokens"] = order
        known, rows = (t.transpose(0, 1).flatten(1) for t in (known[order], rows))
    if mode == "permutation":
        return matching.columns(known.T, rows.T, signed=True)
    if mode == "orthogonal":
        return matching.procrustes(known.T, rows.T)
    # T from W Q = T seen by ridge regression: a square W alone would make noise into anything.
    size = len(rows)
    ridge = noise * float(known.square().mean()) * size / GENERAL_SQUARE
    gram = rows @ rows.T + ridge * torch.eye(size, dtype=torch.float64)
    key: Tensor = torch.linalg.lstsq(gram, rows @ known.T, driver="gelsd").solution.T
    return key


def _tokens(known: Tensor, seen: Tensor) -> Tensor:
    """Which latent token is which where the input key is any invertible map: it leaves each token's row
    space."""
    spaces = [torch.linalg.qr(t.transpose(1, 2)).Q for t in (known, seen)]
    overlap = torch.einsum("adf,bdg->abfg", *spaces).square().sum((2, 3))
    return matching.assign(-overlap.T)
