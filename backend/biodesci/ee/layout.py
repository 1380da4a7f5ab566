"""How the tensors of an architecture follow from the key: which part acts on which axis of which tensor.

An architecture (`architectures/`) describes itself once, as a `Layout`: its places with their maximal exact
groups, and a rule for each tensor of the checkpoint. Encryption, decryption, codecs, LoRA and the red team
read the same layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from biodesci.core.errors import InputError
from biodesci.ee.groups import Entropy, Group, InexactKeyError, Mode
from biodesci.ee.parts import Monomial, Part


@dataclass(frozen=True)
class Factor:
    """One place's part, as it acts on an axis: `each` block (of `width`) that many times, then `outer` copies
    of the whole, then on runs of `inner` coordinates; `dual`: T⁻ᵀ; `unsigned`: its order alone."""

    place: str
    dual: bool = False
    unsigned: bool = False
    each: int = 1
    width: int = 1
    outer: int = 1
    inner: int = 1

    def expand(self, part: Part) -> Part:
        """The place's part as it acts on the axis: `unsigned`, `each`, `outer` and `inner` applied in this
        order."""
        if self.unsigned:
            part = self._monomial(part).unsigned()
        if self.each > 1:
            part = part.each(self.each, self.width)
        if self.outer > 1:
            part = part.outer(self.outer)
        if self.inner > 1:
            part = self._monomial(part).inner(self.inner)
        return part

    def _monomial(self, part: Part) -> Monomial:
        if isinstance(part, Monomial):
            return part
        raise InexactKeyError(
            f"The key's part {self.place} mixes coordinates where each has a weight, or a width, of its own.",
            "Use a key in permutation mode, or the key file as it was written.",
        )


@dataclass(frozen=True)
class Span:
    """A run of an axis that one product of factors acts on (fused query, key and value have three)."""

    size: int
    factors: tuple[Factor, ...] = ()


Axis = tuple[Span, ...]


def axis(size: int, *factors: Factor) -> Axis:
    """An axis that `factors` act on, one after the other; without any, one that no key touches."""
    return (Span(size, factors),)


def size(moved: Axis) -> int:
    """How many coordinates an axis has: the sum over its spans."""
    return sum(span.size for span in moved)


def dual(moved: Axis) -> Axis:
    """The same axis where it is read: on the input side of the next layer."""
    return tuple(Span(s.size, tuple(replace(f, dual=not f.dual) for f in s.factors)) for s in moved)


def order_only(moved: Axis) -> Axis:
    """The axis as what must not change its sign or size moves: a norm's weight, running statistics."""
    return tuple(Span(s.size, tuple(replace(f, dual=False, unsigned=True) for f in s.factors)) for s in moved)


@dataclass(frozen=True)
class Rule:
    """How one tensor is encrypted.

    `shape` is the tensor's shape in the file, `view` a shape it takes while its axes move. `fold` names the
    norm weight γ that is multiplied into axis `fold_axis` (the input side of a reader); `unfold` the one that
    a norm's own bias is divided by. `ones`: the folded γ itself, written as ones. `shift` adds a part of the
    key to a bias: see `Shift`.
    """

    axes: tuple[Axis, ...]
    shape: tuple[int, ...]
    view: tuple[int, ...] | None = None
    fold: str | None = None
    fold_axis: int = 1
    unfold: str | None = None
    ones: bool = False
    shift: Shift | None = None
    transposed: bool = False  # (in, out) instead of (out, in), as GPT-2's Conv1D
    buffer: bool = False  # a constant that follows from the configuration: left as it is


@dataclass(frozen=True)
class Shift:
    """Records move by x' = x T + δ: the first layer's bias takes off W T⁻ᵀ δ. Or scores move by y' = y T +
    ε."""

    name: str
    weight: str | None = None  # the tensor that reads the shifted records; None for scores


@dataclass(frozen=True)
class Output:
    """How an answer is decoded: `axis` is taken off its dimension `dimension`, then the folded weight of a
    last norm."""

    axis: Axis
    fold: str | None = None
    shift: str | None = None
    dimension: int = -1


@dataclass(frozen=True)
class Layout:
    """Everything about one checkpoint that encryption needs. `extra`: tensors that an encrypted checkpoint
    has and the plain one has not, because a tie does not survive the key: new name -> (plain source,
    rule)."""

    architecture: str
    mode: Mode
    places: Mapping[str, Group]
    rules: Mapping[str, Rule]
    extra: Mapping[str, tuple[str, Rule]] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)  # settings that the encrypted model differs in
    shifts: Mapping[str, int] = field(default_factory=dict)
    inputs: Mapping[str, Axis] = field(
        default_factory=dict
    )  # what a codec applies: tokens, records, patches...
    outputs: Mapping[str, Output] = field(default_factory=dict)  # ... and takes off: logits, hidden
    settings: Mapping[str, int] = field(default_factory=dict)  # public sizes that a codec works by
    notes: tuple[str, ...] = ()

    @property
    def block_neurons(self) -> tuple[str, ...]:
        """The places of the blocks' hidden units; a pooler's are as many as the stream is wide."""
        return tuple(p for p in self.places if p.endswith(".neurons") and p != "pooler.neurons")

    @property
    def folded(self) -> tuple[str, ...]:
        """The norm weights whose plain values only the key keeps."""
        return tuple(sorted(name for name, rule in self.rules.items() if rule.ones))

    def entropy(self) -> Entropy:
        """The key space of all places together, in this mode."""
        return sum((group.entropy(self.mode) for group in self.places.values()), Entropy())

    def check_parts(self, parts: Mapping[str, Part]) -> None:
        """Raises InexactKeyError unless `parts` are exact, each in its place; InputError if they are not
        complete."""
        if set(parts) != set(self.places):
            odd = sorted(set(parts) ^ set(self.places))
            raise InputError(
                f"The key does not fit this architecture: missing or unknown are {', '.join(odd[:4])}.",
                "Use the key that was written when this model was encrypted.",
            )
        for place, group in self.places.items():
            group.admit(place, parts[place])
