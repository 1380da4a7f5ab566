"""Key parts: invertible maps T of row vectors, x' = x T, in the three shapes that keys need.

Each applies along one axis of a tensor, either as T or as its dual T⁻ᵀ: a layer y = x Wᵀ + b whose input
moves by T and whose output moves by U becomes W' = Uᵀ W T⁻ᵀ, b' = b U. So U acts on W's output axis and on b,
and the dual of T on its input axis; for orthogonal T both are the same."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from biodesci.core.errors import InputError

HINT = "Use the key file as it was written; without it the model cannot be recovered."


@dataclass(frozen=True, eq=False)
class Monomial:
    """x'[j] = x[order[j]] · scale[j]: a permutation, with signs or other factors if there is a `scale`.

    `order` is int64 (n,), `scale` fp64 (n,) or None. Without a scale, or with signs alone, it moves
    numbers of any type without rounding.
    """

    order: Tensor = field(repr=False)
    scale: Tensor | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        n = self.order.numel()
        if self.order.dtype != torch.int64 or not torch.equal(self.order.sort().values, torch.arange(n)):
            raise InputError("A key part is not an order.", HINT)
        if self.scale is not None:
            good = self.scale.shape == (n,) and bool((self.scale != 0).all())
            if not good or not bool(torch.isfinite(self.scale).all()):
                raise InputError("A key part's scale is damaged.", HINT)

    @property
    def size(self) -> int:
        """How many coordinates it moves."""
        return self.order.numel()

    @property
    def lossless(self) -> bool:
        """Whether every factor is ±1, so that moving a tensor there and back keeps every bit."""
        return self.scale is None or bool((self.scale.abs() == 1).all())

    @property
    def orthogonal(self) -> bool:
        """Whether T Tᵀ = 1: every factor is ±1."""
        return self.lossless

    def apply(self, x: Tensor, axis: int, dual: bool = False) -> Tensor:
        """x T along `axis`, which has `size` coordinates, or x T⁻ᵀ if `dual`; keeps x's shape and type."""
        moved = x.index_select(axis, self.order)
        if self.scale is None:
            return moved
        scale = 1.0 / self.scale if dual else self.scale
        shape = [1] * x.ndim
        shape[axis] = self.size
        return moved * scale.reshape(shape).to(x.dtype)

    def inverse(self) -> Monomial:
        """T⁻¹."""
        return self._inverse

    @cached_property
    def _inverse(self) -> Monomial:  # kept: a client takes the same part off every answer
        order = self.order.argsort()
        return Monomial(order, None if self.scale is None else 1.0 / self.scale[order])

    def then(self, other: Monomial) -> Monomial:
        """The product T U, with this part T applied first; factors multiply."""
        order = self.order[other.order]
        if self.scale is None:
            return Monomial(order, other.scale)
        first = self.scale[other.order]
        return Monomial(order, first if other.scale is None else first * other.scale)

    def unsigned(self) -> Monomial:
        """Its order alone: how what must stay positive moves, such as a norm's weight."""
        return Monomial(self.order)

    def inner(self, width: int) -> Monomial:
        """Moves runs of `width` neighbours instead of single coordinates: T ⊗ I."""
        order = (self.order[:, None] * width + torch.arange(width)).reshape(-1)
        return Monomial(order, None if self.scale is None else self.scale.repeat_interleave(width))

    def outer(self, copies: int) -> Monomial:
        """The same map on each of `copies` runs: I ⊗ T."""
        return self.each(copies, self.size)

    def each(self, copies: int, width: int) -> Monomial:
        """For a map that stays within blocks of `width`: every block `copies` times, one after the other."""
        within = self.order.reshape(-1, width) - torch.arange(0, self.size, width)[:, None]
        if bool((within < 0).any()) or bool((within >= width).any()):
            raise InputError(f"A key part crosses its blocks of {width}.", HINT)
        repeated = within.repeat_interleave(copies, dim=0)
        order = (repeated + torch.arange(0, self.size * copies, width)[:, None]).reshape(-1)
        if self.scale is None:
            return Monomial(order)
        return Monomial(order, self.scale.reshape(-1, width).repeat_interleave(copies, dim=0).reshape(-1))

    def matrix(self) -> Tensor:
        """T (n, n), fp64."""
        scale = torch.ones(self.size, dtype=torch.float64) if self.scale is None else self.scale
        result = torch.zeros(self.size, self.size, dtype=torch.float64)
        result[self.order, torch.arange(self.size)] = scale
        return result

    def blocks(self, width: int) -> Tensor:
        """The blocks of T (n / width, width, width)."""
        count = self.size // width
        part = self.each(1, width)  # refuses what crosses blocks
        scale = torch.ones(self.size, dtype=torch.float64) if part.scale is None else part.scale
        result = torch.zeros(count, width, width, dtype=torch.float64)
        block = torch.arange(self.size) // width
        result[block, part.order % width, torch.arange(self.size) % width] = scale
        return result

    def tensors(self) -> dict[str, Tensor]:
        """`order` (n,) and, where there are factors, `scale` (n,); `from_tensors` reads them."""
        return {"order": self.order} | ({} if self.scale is None else {"scale": self.scale})


@dataclass(frozen=True, eq=False)
class Blocks:
    """A block-diagonal T = ⊕ blocks[i], fp64 (k, m, m); a single block is a dense map."""

    matrices: Tensor = field(repr=False)

    def __post_init__(self) -> None:
        m = self.matrices
        if m.ndim != 3 or m.shape[1] != m.shape[2] or m.dtype != torch.float64:
            raise InputError("A key part is not made of square matrices.", HINT)
        if not bool(torch.isfinite(m).all()) or not float(self.condition) < 100:
            raise InputError("A key part is badly conditioned, so the key is inexact.", HINT)

    @cached_property
    def orthogonal(self) -> bool:
        """Whether every block's M Mᵀ is the identity, within 1e-12 · √m for each entry."""
        gram = self.matrices @ self.matrices.mT
        eye = torch.eye(self.width, dtype=torch.float64)
        return bool((gram - eye).abs().amax() < 1e-12 * math.sqrt(self.width))

    @cached_property
    def condition(self) -> Tensor:
        """The largest condition number of the blocks."""
        return torch.ones(()) if self.orthogonal else torch.linalg.cond(self.matrices).amax()

    @cached_property
    def duals(self) -> Tensor:
        """M⁻ᵀ of each block, (k, m, m) in fp64."""
        return self.matrices if self.orthogonal else torch.linalg.inv(self.matrices).mT

    @property
    def width(self) -> int:
        """Coordinates m of one block."""
        return int(self.matrices.shape[1])

    @property
    def size(self) -> int:
        """How many coordinates it moves: k · m."""
        return int(self.matrices.shape[0]) * self.width

    @property
    def lossless(self) -> bool:
        """False: a dense product rounds."""
        return False

    def apply(self, x: Tensor, axis: int, dual: bool = False) -> Tensor:
        """x T along `axis`, which has `size` coordinates, or x T⁻ᵀ if `dual`; keeps x's shape and type."""
        matrices = (self.duals if dual else self.matrices).to(x.device, x.dtype)
        if matrices.shape[0] == 1:
            return (x.movedim(axis, -1) @ matrices[0]).movedim(-1, axis)
        rows = x.movedim(axis, -1)
        split = rows.reshape(-1, matrices.shape[0], self.width).transpose(0, 1)  # (k, rows, m)
        return (split @ matrices).transpose(0, 1).reshape(rows.shape).movedim(-1, axis)

    def inverse(self) -> Blocks:
        """T⁻¹, block by block."""
        return self._inverse

    @cached_property
    def _inverse(self) -> Blocks:
        return Blocks(self.duals.mT.contiguous())

    def then(self, other: Blocks) -> Blocks:
        """The product T U, with this part T applied first; both have blocks of the same width and number."""
        return Blocks(self.matrices @ other.matrices)

    def outer(self, copies: int) -> Blocks:
        """The same map on each of `copies` runs: I ⊗ T."""
        return Blocks(self.matrices.repeat(copies, 1, 1))

    def each(self, copies: int, width: int) -> Blocks:
        """Every block `copies` times, one after the other."""
        if width != self.width:
            raise InputError(f"A key part has blocks of {self.width}, not {width}.", HINT)
        return Blocks(self.matrices.repeat_interleave(copies, dim=0))

    def matrix(self) -> Tensor:
        """T (n, n), fp64."""
        count, m = self.matrices.shape[:2]
        result = torch.zeros(count, m, count, m, dtype=torch.float64)
        result[torch.arange(count), :, torch.arange(count)] = self.matrices
        return result.reshape(self.size, self.size)

    def blocks(self, width: int) -> Tensor:
        """The blocks of T (n / width, width, width)."""
        if width != self.width:
            raise InputError(f"A key part has blocks of {self.width}, not {width}.", HINT)
        return self.matrices

    def tensors(self) -> dict[str, Tensor]:
        """`matrices` (k, m, m); `from_tensors` reads them."""
        return {"matrices": self.matrices}


Part = Monomial | Blocks


def identity(n: int) -> Monomial:
    """The part that moves nothing, of n coordinates."""
    return Monomial(torch.arange(n))


def from_tensors(tensors: dict[str, Tensor]) -> Part:
    """The inverse of `Part.tensors`."""
    if set(tensors) == {"matrices"}:
        return Blocks(tensors["matrices"])
    if "order" in tensors and set(tensors) <= {"order", "scale"}:
        return Monomial(tensors["order"], tensors.get("scale"))
    raise InputError("This is not a complete model key.", HINT)
