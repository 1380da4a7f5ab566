"""The vocabulary in which the architectures describe themselves: linear layers, norms, heads, embeddings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from biodesci.core.errors import InputError
from biodesci.ee.groups import (
    BlockOrders,
    Group,
    Invertibles,
    Logits,
    Mode,
    Permutations,
    Scales,
    SignedPermutations,
)
from biodesci.ee.layout import Axis, Factor, Layout, Output, Rule, Shift, axis, dual, order_only, size

# Activations of transformers that act on each coordinate by the same function.
POINTWISE = frozenset(
    {
        "gelu",
        "gelu_10",
        "gelu_accurate",
        "gelu_fast",
        "gelu_new",
        "gelu_python",
        "gelu_pytorch_tanh",
        "laplace",
        "leaky_relu",
        "linear",
        "mish",
        "quick_gelu",
        "relu",
        "relu2",
        "relu6",
        "sigmoid",
        "silu",
        "swish",
        "tanh",
    }
)
ROWS = "rows are looked up by number"
REORDERED = "heads can be reordered, nothing else"
POOLED = "the largest value of several places is taken there, so only reordering commutes"


@dataclass(frozen=True)
class Heads:
    """The axes of one attention layer's projections: each head's query, key and value, and where the output
    reads."""

    query: Axis
    key: Axis
    value: Axis
    read: Axis


@dataclass
class Draft:
    """Collects a layout. `names`: the tensors of the checkpoint, which tell the head that it has."""

    architecture: str
    mode: Mode
    names: Collection[str]
    places: dict[str, Group] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    extra: dict[str, tuple[str, Rule]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    shifts: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, Axis] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def place(self, name: str, group: Group) -> Factor:
        """Register a place of the key with its maximal exact group; returns it as a factor of an axis."""
        self.places[name] = group
        return Factor(name)

    def linear(
        self,
        name: str,
        out: Axis,
        into: Axis,
        *,
        fold: str | None = None,
        bias: bool = True,
        shift: Shift | None = None,
    ) -> None:
        """y = x Wᵀ + b between two axes; `into` is the axis as it was written, not its dual."""
        self.rules[f"{name}.weight"] = linear_rule(out, into, fold)
        if bias:
            self.rules[f"{name}.bias"] = Rule((out,), (size(out),), shift=shift)

    def conv1d(self, name: str, out: Axis, into: Axis, *, fold: str | None = None) -> None:
        """GPT-2's linear layer: y = x W + b, stored as (in, out)."""
        self.rules[f"{name}.weight"] = linear_rule(out, into, fold, transposed=True)
        self.rules[f"{name}.bias"] = Rule((out,), (size(out),))

    def table(self, name: str, rows: Axis, stream: Axis) -> None:
        """An embedding: rows by number."""
        self.rules[name] = Rule((rows, stream), (size(rows), size(stream)))

    def norm(self, name: str, stream: Axis, *, bias: bool = True) -> str | None:
        """A norm whose weight moves with its stream, or is folded into what reads it; the name to fold
        then."""
        weight, shape = f"{name}.weight", (size(stream),)
        if self.mode == "permutation":
            self.rules[weight] = Rule((order_only(stream),), shape)
            if bias:
                self.rules[f"{name}.bias"] = Rule((stream,), shape)
            return None
        self.rules[weight] = Rule((axis(*shape),), shape, ones=True)
        if bias:
            self.rules[f"{name}.bias"] = Rule((stream,), shape, unfold=weight)
        return weight

    def attention(
        self, prefix: str, heads: int, width: int, query: Group | None = None, shared: int | None = None
    ) -> Heads:
        """Axes of `heads` query heads of `width`; `shared` key and value heads (fewer: GQA); `query`: what
        commutes between queries and keys, all of GL where positions don't turn them."""
        groups = shared or heads
        if heads % groups:
            raise InputError(
                f"{heads} query heads cannot share {groups} key heads.", "Correct the model's config.json."
            )
        each = heads // groups
        moved_q = self.place(f"{prefix}.query", query or Invertibles(groups * width, width))
        moved_v = self.place(f"{prefix}.value", Invertibles(groups * width, width))
        order = self.place(f"{prefix}.heads", Permutations(groups, REORDERED))
        wide: tuple[Factor, ...] = (Factor(order.place, inner=each * width),)
        if each > 1:
            within = self.place(f"{prefix}.within", BlockOrders(heads, each))
            wide = (Factor(within.place, inner=width), *wide)
        narrow = Factor(order.place, inner=width)
        return Heads(
            query=axis(heads * width, Factor(moved_q.place, each=each, width=width), *wide),
            key=axis(groups * width, Factor(moved_q.place, dual=True), narrow),
            value=axis(groups * width, moved_v, narrow),
            read=axis(heads * width, Factor(moved_v.place, each=each, width=width), *wide),
        )

    def neurons(self, prefix: str, count: int, activation: str, *, pooled: bool = False) -> Axis:
        """The axis behind an activation that acts on each neuron by itself; `pooled`: the largest of several
        places is taken next, which commutes with orders and positive gains alone."""
        check_activation(activation)
        if pooled and activation in ("tanh", "linear"):
            return axis(count, self.place(f"{prefix}.neurons", Permutations(count, POOLED)))
        if activation == "tanh":
            return axis(count, self.place(f"{prefix}.neurons", SignedPermutations(count)))
        if activation == "linear":
            return axis(count, self.place(f"{prefix}.neurons", Invertibles(count)))
        order = self.place(f"{prefix}.neurons", Permutations(count))
        if activation in ("relu", "leaky_relu"):
            return axis(count, self.place(f"{prefix}.gain", Scales(count, positive=True)), order)
        return axis(count, order)

    def gated(self, prefix: str, count: int, activation: str) -> tuple[Axis, Axis]:
        """The axes of gate and up projection: act(gate) · up."""
        check_activation(activation)
        order = self.place(f"{prefix}.neurons", Permutations(count))
        return axis(count, order), axis(count, self.place(f"{prefix}.gain", Scales(count)), order)

    def scores(
        self, name: str, count: int, into: Axis, *, fold: str | None = None, bias: bool = True
    ) -> None:
        """The last layer of a classifier; under general keys its scores are mixed and shifted as well."""
        out = axis(count, self.place("classes", Logits(count)))
        shift = None
        if self.mode == "general" and bias:
            self.shifts["scores"] = count
            shift = Shift("scores")
        self.linear(name, out, into, fold=fold, bias=bias, shift=shift)
        self.outputs["logits"] = Output(out, shift=shift.name if shift else None)

    def tokens(self, count: int) -> Axis:
        """The axis of a vocabulary of `count` tokens, whose numbers the key reorders and the codec
        encodes."""
        rows = axis(count, self.place("vocabulary", Permutations(count, ROWS)))
        self.inputs["tokens"] = rows
        return rows

    def buffer(self, *names: str) -> None:
        """Constants that are stored though they follow from the configuration: left as they are."""
        for name in names:
            self.rules[name] = Rule((), (), buffer=True)

    def layout(self) -> Layout:
        """The layout of all that was collected so far."""
        return Layout(
            self.architecture,
            self.mode,
            self.places,
            self.rules,
            self.extra,
            self.config,
            self.shifts,
            self.inputs,
            self.outputs,
            self.settings,
            tuple(self.notes),
        )


def linear_rule(out: Axis, into: Axis, fold: str | None = None, transposed: bool = False) -> Rule:
    """The rule of a weight between two axes, as (out, in), or (in, out) if `transposed`."""
    axes, shape = (out, dual(into)), (size(out), size(into))
    if transposed:
        return Rule(axes[::-1], shape[::-1], fold=fold, fold_axis=0, transposed=True)
    return Rule(axes, shape, fold=fold)


def check_activation(name: str) -> None:
    """Raises InputError unless the activation acts on each coordinate by the same function."""
    if name not in POINTWISE:
        raise InputError(
            f"The activation {name!r} is not known to act on each neuron alike: it has no exact key.",
            f"Known are: {', '.join(sorted(POINTWISE))}.",
        )


def setting(config: Mapping[str, Any], *names: str, default: Any = None) -> Any:
    """The first of `names` that the configuration has; InputError if none and no default."""
    for name in names:
        if config.get(name) is not None:
            return config[name]
    if default is None:
        raise InputError(f"config.json has no {names[0]}.", "Use the config.json that came with the weights.")
    return default


def prefix_of(names: Collection[str], prefix: str) -> str:
    """`prefix` where the checkpoint has a head around its base model, else nothing."""
    return prefix if any(name.startswith(prefix) for name in names) else ""


def class_count(config: Mapping[str, Any]) -> int:
    """How many classes the configuration's head has."""
    labels = config.get("id2label")
    return len(labels) if labels else int(config.get("num_labels", 2))


def widened(config: Mapping[str, Any], count: int, name: str) -> dict[str, Any]:
    """The configuration with `count` neurons more in each block, which its setting `name` counts."""
    return {**config, name: setting(config, name) + count}


def refuse(config: Mapping[str, Any], name: str, why: str) -> None:
    """Raises InputError if the configuration switches `name` on."""
    if config.get(name):
        raise InputError(f"config.json sets {name}: {why}.", "This variant has no exact key here.")
