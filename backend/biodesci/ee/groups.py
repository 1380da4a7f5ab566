"""The maximal exact group of each place in a network: which key parts commute with what is computed there.

A group samples parts for a mode, refuses a part that is not exact, with the reason, and counts its keys.
Modes cut every group down to what training needs (`training/combinations.py`):

    permutation   signed permutations: any optimizer that treats coordinates alike, lossless decryption
    orthogonal    orthogonal maps: optimizers that commute with rotations
    general       the whole group: inference only
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.parts import Blocks, Monomial, Part, identity
from biodesci.ee.sampling import Stream

Mode = Literal["permutation", "orthogonal", "general"]
MODES: tuple[Mode, ...] = ("permutation", "orthogonal", "general")
STRETCH = 100.0  # bounds factors of a part, and their ratio, as Blocks bounds its condition number


class InexactKeyError(InputError):
    """A key part that would change the model's answers in the place where it is used."""


@dataclass(frozen=True)
class Entropy:
    """Size of a set of keys: continuous dimensions, and bits of its finite choices."""

    dimensions: int = 0
    bits: float = 0.0

    def __add__(self, other: Entropy) -> Entropy:
        return Entropy(self.dimensions + other.dimensions, self.bits + other.bits)


def order_bits(n: int) -> float:
    """log2 n!"""
    return math.lgamma(n + 1) / math.log(2)


@dataclass(frozen=True)
class Group(ABC):
    """`n` coordinates."""

    n: int

    @abstractmethod
    def sample(self, stream: Stream, mode: Mode) -> Part:
        """A part drawn uniformly (Haar where the group is compact) from what `mode` allows."""

    @abstractmethod
    def refusal(self, part: Part) -> str | None:
        """Why `part` is not exact here; None if it is."""

    @abstractmethod
    def entropy(self, mode: Mode) -> Entropy:
        """Of what `sample` draws from."""

    def admit(self, place: str, part: Part) -> None:
        """Raises InexactKeyError, with the reason, unless `part` is exact here, in rounded numbers too."""
        reason = (
            f"it has {part.size} coordinates, not {self.n}"
            if part.size != self.n
            else self.refusal(part) or stretched(part)
        )
        if reason is not None:
            raise InexactKeyError(
                f"The key's part {place} is not exact there: {reason}.",
                "Draw the key for this architecture and mode, or use the key file as it was written.",
            )


def stretched(part: Part) -> str | None:
    """Why the factors of `part` would cost digits, or leave the range of fp16; None if they don't."""
    if part.orthogonal:
        return None
    if isinstance(part, Monomial):
        assert part.scale is not None, "only factors make an order other than orthogonal"
        factors = part.scale.abs()
    else:
        factors = torch.linalg.svdvals(part.matrices)
    least, most = float(factors.min()), float(factors.max())
    if least * STRETCH <= most or not 1 / STRETCH < least <= most < STRETCH:
        return (
            f"it stretches by {least:.1e} to {most:.1e}; factors lie between {1 / STRETCH:g} and {STRETCH:g}"
            f", and the largest is less than {STRETCH:g} times the smallest"
        )
    return None


def signs(stream: Stream, n: int) -> Tensor:
    """n fair signs, ±1 in fp64."""
    return torch.from_numpy(1.0 - 2.0 * (stream.integers(n) & 1).astype("float64"))


def draw_order(stream: Stream, n: int) -> Tensor:
    """A uniformly random order of 0 .. n - 1, as int64 (n,)."""
    return torch.from_numpy(stream.permutation(n))


def one_block(matrix: object) -> Blocks:
    """The map of a whole axis, as a part with a single block."""
    return Blocks(torch.as_tensor(matrix, dtype=torch.float64).unsqueeze(0))


@dataclass(frozen=True)
class Permutations(Group):
    """Where a function acts on every coordinate alike (GELU, SiLU), or rows are looked up by number."""

    why: str = "the activation there acts on each coordinate, so only reordering commutes with it"

    def sample(self, stream: Stream, mode: Mode) -> Monomial:
        """A uniform permutation, in every mode."""
        return Monomial(draw_order(stream, self.n))

    def refusal(self, part: Part) -> str | None:
        """`why`, unless the part only reorders; None if it does."""
        return None if isinstance(part, Monomial) and part.scale is None else self.why

    def entropy(self, mode: Mode) -> Entropy:
        """log₂ n! bits."""
        return Entropy(0, order_bits(self.n))


@dataclass(frozen=True)
class SignedPermutations(Group):
    """Where an odd function acts on every coordinate alike (tanh)."""

    def sample(self, stream: Stream, mode: Mode) -> Monomial:
        """A uniform permutation with a fair sign for each coordinate, in every mode."""
        return Monomial(draw_order(stream, self.n), signs(stream, self.n))

    def refusal(self, part: Part) -> str | None:
        """Why a part with factors other than ±1, or a dense one, is not exact; None if it is."""
        good = isinstance(part, Monomial) and part.lossless
        return None if good else "an odd activation commutes with reordering and signs alone"

    def entropy(self, mode: Mode) -> Entropy:
        """log₂ n! + n bits."""
        return Entropy(0, order_bits(self.n) + self.n)


@dataclass(frozen=True)
class BlockOrders(Group):
    """Reordering within blocks of `width`, each for itself: the query heads that share a key head."""

    width: int = 1

    def sample(self, stream: Stream, mode: Mode) -> Monomial:
        """A uniform permutation of each block of `width` for itself, in every mode."""
        starts = range(0, self.n, self.width)
        return Monomial(torch.cat([start + draw_order(stream, self.width) for start in starts]))

    def refusal(self, part: Part) -> str | None:
        """Why a part that does more than reorder, or crosses a block's border, is not exact; None if it
        is."""
        if not isinstance(part, Monomial) or part.scale is not None:
            return "heads can be reordered, nothing else"
        crosses = bool((part.order // self.width != torch.arange(self.n) // self.width).any())
        return "it moves a query head to another group's key head" if crosses else None

    def entropy(self, mode: Mode) -> Entropy:
        """n / width times log₂ width! bits."""
        return Entropy(0, self.n // self.width * order_bits(self.width))


@dataclass(frozen=True)
class Scales(Group):
    """Factors per coordinate: of either sign where two factors are multiplied (SwiGLU's second), positive
    before ReLU. Other modes than general draw signs, or nothing."""

    positive: bool = False

    def sample(self, stream: Stream, mode: Mode) -> Monomial:
        """In general mode factors 2^u, u uniform in (-1, 1], with fair signs where they may be negative;
        in the
        others the signs alone, or nothing.
        """
        if mode == "general":
            scale = 2.0 ** torch.from_numpy(2.0 * stream.uniform(self.n) - 1.0)
            return Monomial(torch.arange(self.n), scale if self.positive else scale * signs(stream, self.n))
        return identity(self.n) if self.positive else Monomial(torch.arange(self.n), signs(stream, self.n))

    def refusal(self, part: Part) -> str | None:
        """Why a part that moves coordinates, or has a sign where ReLU follows, is not exact; None if it
        is."""
        if not isinstance(part, Monomial) or not torch.equal(part.order, torch.arange(self.n)):
            return "only factors per coordinate commute there"
        if self.positive and part.scale is not None and bool((part.scale < 0).any()):
            return "ReLU commutes with positive factors alone"
        return None

    def entropy(self, mode: Mode) -> Entropy:
        """n real dimensions in general mode, and a bit for each sign that is drawn."""
        signs = 0.0 if self.positive else float(self.n)
        return Entropy(self.n if mode == "general" else 0, signs)


@dataclass(frozen=True)
class Orthogonals(Group):
    """O(n): the residual stream under RMSNorm without weights."""

    def sample(self, stream: Stream, mode: Mode) -> Part:
        """A random orthogonal n × n matrix; a signed permutation in permutation mode."""
        if mode == "permutation":
            return Monomial(draw_order(stream, self.n), signs(stream, self.n))
        return one_block(stream.orthogonal(self.n))

    def refusal(self, part: Part) -> str | None:
        """Why a part that is not orthogonal is not exact; None if it is."""
        return None if part.orthogonal else "RMSNorm keeps its value under orthogonal maps alone"

    def entropy(self, mode: Mode) -> Entropy:
        """dim O(n) = n(n - 1) / 2, and a bit for the determinant; log₂ n! + n bits in permutation mode."""
        if mode == "permutation":
            return Entropy(0, order_bits(self.n) + self.n)
        return Entropy(self.n * (self.n - 1) // 2, 1.0)


@dataclass(frozen=True)
class CentredOrthogonals(Group):
    """O(n) with 1 Q = ±1: the residual stream under LayerNorm without weights, which takes off the mean."""

    def sample(self, stream: Stream, mode: Mode) -> Part:
        """A random orthogonal matrix that maps the all-ones row to ± itself; a permutation in permutation
        mode."""
        if mode == "permutation":
            return Monomial(draw_order(stream, self.n))
        return one_block(stream.stabilizer(self.n))

    def refusal(self, part: Part) -> str | None:
        """Why a part that is not orthogonal, or turns the all-ones direction (beyond 1e-10), is not exact."""
        ones = torch.ones(1, self.n, dtype=torch.float64)
        if not part.orthogonal:
            return "LayerNorm keeps its value under orthogonal maps alone"
        moved = part.apply(ones, 1)
        centred = bool(((moved - moved[0, 0].sign()).abs() < 1e-10).all())
        return None if centred else "LayerNorm takes off the mean, and it moves the all-ones direction"

    def entropy(self, mode: Mode) -> Entropy:
        """dim O(n - 1) = (n - 1)(n - 2) / 2, and one bit; log₂ n! bits in permutation mode."""
        if mode == "permutation":
            return Entropy(0, order_bits(self.n))
        return Entropy((self.n - 1) * (self.n - 2) // 2, 1.0)


@dataclass(frozen=True)
class Invertibles(Group):
    """GL(m) for each of n / m blocks: values of a head, queries without rotation, records, patches, ranks."""

    width: int = 0  # of a block; 0 for one block

    def sample(self, stream: Stream, mode: Mode) -> Part:
        """A random matrix for each block: invertible in general mode, orthogonal in orthogonal mode, a signed
        permutation in permutation mode.
        """
        width = self.width or self.n
        starts = range(0, self.n, width)
        if mode == "permutation":
            order = torch.cat([start + draw_order(stream, width) for start in starts])
            return Monomial(order, signs(stream, self.n))
        draw = stream.general if mode == "general" else stream.orthogonal
        return Blocks(torch.stack([torch.from_numpy(draw(width)) for _ in starts]))

    def refusal(self, part: Part) -> str | None:
        """Why a part that mixes blocks is not exact; None if it is."""
        width = self.width or self.n
        if isinstance(part, Monomial):
            crosses = bool((part.order // width != torch.arange(self.n) // width).any())
        else:
            crosses = part.width != width
        return (
            f"it mixes blocks of {width} coordinates (attention heads) with one another" if crosses else None
        )

    def entropy(self, mode: Mode) -> Entropy:
        """For each of the n / m blocks: m² dimensions (general) or m(m - 1) / 2 (orthogonal) and one bit, or
        log₂ m! + m bits (permutation).
        """
        width = self.width or self.n
        count = self.n // width
        if mode == "permutation":
            return Entropy(0, count * order_bits(width) + self.n)
        one = width * width if mode == "general" else width * (width - 1) // 2
        return Entropy(count * one, float(count))


@dataclass(frozen=True)
class Logits(Group):
    """Scores that leave the network: reordered under a loss, any invertible map if they are only decoded."""

    def sample(self, stream: Stream, mode: Mode) -> Part:
        """A random invertible matrix in general mode, a permutation in the others."""
        if mode == "general":
            return one_block(stream.general(self.n))
        return Monomial(draw_order(stream, self.n))

    def refusal(self, part: Part) -> str | None:
        """None: whatever leaves the network can be decoded."""
        return None

    def entropy(self, mode: Mode) -> Entropy:
        """n² dimensions in general mode, log₂ n! bits in the others."""
        return Entropy(self.n * self.n) if mode == "general" else Entropy(0, order_bits(self.n))
