"""What a checkpoint shows to somebody who knows the architecture: rows of the residual stream, by what orders
them.

The layout is public. Every tensor that reads or writes the stream is a table of row vectors of it: in a known
order (positions, biases: *anchors*), or in an order that the key hides (tokens, neurons, heads)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from biodesci.ee.groups import Invertibles, Logits, Permutations, SignedPermutations
from biodesci.ee.layout import Axis, Factor, Layout, Rule
from biodesci.ee.rotary import RotaryBlocks, RotarySigns

HEADED = (Invertibles, RotaryBlocks, RotarySigns)


@dataclass
class Table:
    """Rows (n, d) of one stream that share a hidden order; `scaled` ones have unknown factors or signs as
    well; `scalars` (n,) are moved by the order alone."""

    rows: list[Tensor] = field(default_factory=list)
    scaled: list[Tensor] = field(default_factory=list)
    scalars: list[Tensor] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many rows n the table has."""
        return int((self.rows + self.scaled)[0].shape[0])


@dataclass
class Attention:
    """One layer's heads: query, key, value, output rows (heads, d_h, d); fewer key and value heads under
    GQA."""

    parts: dict[str, Tensor] = field(default_factory=dict)


@dataclass
class View:
    """All that lies in one stream."""

    anchors: list[Tensor] = field(default_factory=list)  # (k, d)
    sizes: list[Tensor] = field(default_factory=list)  # (k, d), moved by the order alone: norm weights
    tables: dict[str, Table] = field(default_factory=dict)
    heads: dict[str, Attention] = field(default_factory=dict)
    inputs: dict[str, Tensor] = field(default_factory=dict)  # (F, d) or (T, F, d): under a dense input key
    outputs: dict[str, Tensor] = field(default_factory=dict)  # (C, d): under a dense key of the scores

    @property
    def width(self) -> int:
        """d of the stream."""
        pieces = [t for table in self.tables.values() for t in table.rows + table.scaled]
        pieces += [t for a in self.heads.values() for t in a.parts.values()] + self.sizes + self.anchors
        pieces += list((self.inputs | self.outputs).values())
        return int(pieces[0].shape[-1])


Reading = dict[str, View]


def read(layout: Layout, state: Mapping[str, Tensor], encrypted: bool) -> Reading:
    """All streams' views of `state`, which may lack tensors that this attacker does not see.

    A plain state is folded first, by its own norm weights, as the encryption would: the folding is public.
    """
    reading: Reading = {}
    tensors = {name: (name, rule) for name, rule in layout.rules.items()}
    tensors |= {name: (source, rule) for name, (source, rule) in layout.extra.items()}
    for name, (source, rule) in tensors.items():
        stored = state.get(name if encrypted else source)
        skipped = rule.buffer or rule.ones or rule.shift is not None
        if stored is None or skipped or not stored.is_floating_point():
            continue
        x = stored.double()
        if not encrypted:
            x = _folded(x, rule, state)
        if rule.view is not None:
            x = x.reshape(rule.view)
        if x.ndim <= 3:
            _place(layout, reading, rule.transposed, *_squeezed(x, rule))
    return reading


def server_side(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What a server holds in split mode: the blocks from the second on. Embeddings, head and first block stay
    at the client."""
    return {name: x for name, x in state.items() if (block_of(name) or 0) >= 1}


def block_of(name: str) -> int | None:
    """The number of the block that a tensor belongs to, if any."""
    return next((int(piece) for piece in name.split(".") if piece.isdigit()), None)


def _folded(x: Tensor, rule: Rule, state: Mapping[str, Tensor]) -> Tensor:
    if rule.fold is not None:
        shape = [1] * x.ndim
        shape[rule.fold_axis] = -1
        x = x * state[rule.fold].double().reshape(shape)
    if rule.unfold is not None:
        x = x / state[rule.unfold].double()
    return x


def _squeezed(x: Tensor, rule: Rule) -> tuple[Tensor, list[Axis]]:
    """Without axes of length one, and split where the key acts on runs of an axis."""
    keep = [i for i in range(x.ndim) if x.shape[i] != 1 or i == x.ndim - 1]
    return x.reshape([x.shape[i] for i in keep]), [rule.axes[i] for i in keep]


def _place(layout: Layout, reading: Reading, transposed: bool, x: Tensor, axes: list[Axis]) -> None:
    if x.ndim == 1:
        start = 0
        for span in axes[0]:
            _vector(layout, reading, x[start : start + span.size], span.factors)
            start += span.size
        return
    if x.ndim != 2:
        return
    row = 0
    for out in axes[0]:
        column = 0
        for into in axes[1]:
            piece = x[row : row + out.size, column : column + into.size]
            _matrix(layout, reading, transposed, piece, out.factors, into.factors)
            column += into.size
        row += out.size


def _stream(factors: tuple[Factor, ...]) -> str | None:
    return next((f.place for f in factors if f.place.split(".")[0] == "stream"), None)


def _vector(layout: Layout, reading: Reading, x: Tensor, factors: tuple[Factor, ...]) -> None:
    stream = _stream(factors)
    if stream is not None:
        view = reading.setdefault(stream, View())
        if factors[0].outer > 1:  # one row per token, in a hidden order
            rows = x.reshape(factors[0].outer, -1)
            view.tables.setdefault(factors[1].place, Table()).rows.append(rows)
        elif factors[0].unsigned:
            view.sizes.append(x[None])
        else:
            view.anchors.append(x[None])
        return
    if len(factors) == 1 and isinstance(layout.places[factors[0].place], Permutations):
        # Scalars belong to the table of that order, which lies in whatever stream has it; see `settle`.
        for view in reading.values():
            table = view.tables.get(factors[0].place)
            if table is not None and table.size == x.numel():
                table.scalars.append(x)


def _matrix(
    layout: Layout,
    reading: Reading,
    transposed: bool,
    x: Tensor,
    out: tuple[Factor, ...],
    into: tuple[Factor, ...],
) -> None:
    """One block of a matrix: turned so that its rows lie in the stream, and filed by what orders them."""
    written, read_from = _stream(out), _stream(into)
    if written is not None and read_from is not None:
        return
    stream = read_from or written
    if stream is None:
        return
    view = reading.setdefault(stream, View())
    rows, factors, moved = (x, out, into) if read_from is not None else (x.T, into, out)
    if moved[0].outer > 1:  # (F, T d) -> (T, F, d): the tabular model's first layer
        view.inputs[factors[0].place] = rows.reshape(rows.shape[0], moved[0].outer, -1).transpose(0, 1)
    elif not factors:
        view.anchors.append(rows)
    elif factors[-1].inner > 1 and isinstance(layout.places[factors[0].place], HEADED):
        _heads(layout, view, rows, factors, (written is not None) != transposed)
    else:
        group = layout.places[factors[-1].place]
        table = view.tables.get(factors[-1].place) or Table()
        ordered = isinstance(group, Permutations) or (isinstance(group, Logits) and layout.mode != "general")
        if ordered and len(factors) == 1:
            table.rows.append(rows)
        elif isinstance(group, (Permutations, SignedPermutations)):
            table.scaled.append(rows)
        else:
            dense = view.inputs if factors[0].dual else view.outputs
            dense[factors[0].place] = rows
            return
        view.tables[factors[-1].place] = table


def _heads(layout: Layout, view: View, rows: Tensor, factors: tuple[Factor, ...], writes: bool) -> None:
    prefix, _, which = factors[0].place.rpartition(".")
    group = layout.places[factors[0].place]
    width = getattr(group, "width", 0) or group.n
    called = "output" if writes else "value" if which == "value" else "key" if factors[0].dual else "query"
    attention = view.heads.setdefault(prefix, Attention())
    attention.parts[called] = rows.reshape(-1, width, rows.shape[1])
