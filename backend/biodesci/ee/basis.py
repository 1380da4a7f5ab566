"""Moves single tensors into and out of a key's basis, in fp64 where a part is not lossless."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.layout import Axis, Factor, Layout, Rule
from biodesci.ee.parts import Monomial, Part

Lookup = Callable[[str], Tensor]  # a tensor of the same checkpoint by name, in its own basis


@dataclass(frozen=True, eq=False)
class Basis:
    """A layout with its secret parts; `plain` holds the folded norm weights, `shifts` δ and ε."""

    layout: Layout
    parts: Mapping[str, Part] = field(repr=False)
    plain: Mapping[str, Tensor] = field(default_factory=dict, repr=False)
    shifts: Mapping[str, Tensor] = field(default_factory=dict, repr=False)
    _ready: dict[tuple[Factor, bool], Part] = field(default_factory=dict, repr=False)

    def _part(self, factor: Factor, inverse: bool) -> Part:
        known = self._ready.get((factor, inverse))
        if known is None:
            part = factor.expand(self.parts[factor.place])
            known = self._ready[factor, inverse] = part.inverse() if inverse else part
        return known

    def along(self, x: Tensor, axis: int, moved: Axis, inverse: bool = False) -> Tensor:
        """x with the parts of `moved` applied along `axis`, or taken off; fp64 unless all are lossless."""
        if not any(span.factors for span in moved):
            return x
        pieces = torch.split(x, [span.size for span in moved], dim=axis) if len(moved) > 1 else [x]
        done: list[Tensor] = []
        for piece, span in zip(pieces, moved, strict=True):
            moving = piece
            for factor in reversed(span.factors) if inverse else span.factors:
                # T undone is T⁻¹; as a dual, (T⁻ᵀ)⁻¹ is the dual of T⁻¹.
                part = self._part(factor, inverse)
                moving = part.apply(moving if part.lossless else moving.double(), axis, factor.dual)
            done.append(moving)
        if len(done) == 1:
            return done[0]
        exact = all(d.dtype == x.dtype for d in done)
        return torch.cat(done if exact else [d.double() for d in done], dim=axis)

    def row_order(self, rule: Rule, inverse: bool) -> Tensor | None:
        """Where each row of a moved matrix comes from, if its rows only change places; int64 (rows,) or
        None."""
        special = rule.view or rule.shift or rule.unfold or rule.ones or rule.buffer
        if special or len(rule.axes) != 2 or len(rule.axes[0]) != 1 or rule.fold_axis == 0:
            return None
        order = torch.arange(rule.shape[0])
        factors = rule.axes[0][0].factors
        for factor in reversed(factors) if inverse else factors:
            part = self._part(factor, inverse)
            if not isinstance(part, Monomial) or part.scale is not None:
                return None
            order = order[part.order]
        return order

    def columns(self, rule: Rule, rows: Tensor, inverse: bool) -> Tensor:
        """What happens to the columns of some rows of a matrix that `row_order` gave an order for."""
        if inverse:
            moved = self.along(rows, 1, rule.axes[1], inverse=True)
            return moved if rule.fold is None else moved.double() / self.plain[rule.fold].double()
        if rule.fold is not None:
            rows = rows.double() * self.plain[rule.fold].double()
        return self.along(rows, 1, rule.axes[1])

    def encrypt(self, name: str, rule: Rule, x: Tensor, look: Lookup) -> Tensor:
        """One tensor in the key's basis; fp64 if anything was rounded, else of its own type."""
        if rule.buffer:
            return x
        check_shape(name, x, rule.shape)
        if rule.ones:
            return torch.ones_like(x)
        if rule.view is not None:
            x = x.reshape(rule.view)
        if rule.fold is not None:
            x = x.double() * _along(self.plain[rule.fold], rule.fold_axis, x.ndim)
        if rule.unfold is not None:
            x = x.double() / self.plain[rule.unfold].double()
        if rule.shift is not None and rule.shift.weight is not None:
            reader = self.layout.rules[rule.shift.weight]
            read = self.along(look(rule.shift.weight).double(), 1, reader.axes[1])  # W T⁻ᵀ
            x = x.double() - read @ self.shifts[rule.shift.name]
        for i, moved in enumerate(rule.axes):
            x = self.along(x, i, moved)
        if rule.shift is not None and rule.shift.weight is None:
            x = x.double() + self.shifts[rule.shift.name]
        return x.reshape(rule.shape) if rule.view is not None else x

    def decrypt(self, name: str, rule: Rule, x: Tensor, look: Lookup) -> Tensor:
        """The inverse of `encrypt`; `look` finds encrypted tensors."""
        if rule.buffer:
            return x
        check_shape(name, x, rule.shape)
        if rule.ones:
            if not torch.equal(x, torch.ones_like(x)):
                raise InputError(
                    f"The norm weight {name} was trained, but the key holds its values.",
                    "Freeze the norm weights when training under this key (biodesci.ee.training does).",
                )
            return self.plain[name]
        if rule.view is not None:
            x = x.reshape(rule.view)
        if rule.shift is not None and rule.shift.weight is None:
            x = x.double() - self.shifts[rule.shift.name]
        for i, moved in enumerate(rule.axes):
            x = self.along(x, i, moved, inverse=True)
        if rule.shift is not None and rule.shift.weight is not None:
            reader = self.layout.rules[rule.shift.weight]
            weight = look(rule.shift.weight).double()  # L W T⁻ᵀ
            x = (
                x.double()
                + self.along(weight, 0, reader.axes[0], inverse=True) @ self.shifts[rule.shift.name]
            )
        if rule.fold is not None:
            x = x.double() / _along(self.plain[rule.fold], rule.fold_axis, x.ndim)
        if rule.unfold is not None:
            x = x.double() * self.plain[rule.unfold].double()
        return x.reshape(rule.shape) if rule.view is not None else x


def check_shape(name: str, x: Tensor, shape: tuple[int, ...]) -> None:
    """Raises InputError unless the tensor has the shape that the configuration gives it."""
    if tuple(x.shape) != tuple(shape):
        raise InputError(
            f"The tensor {name} has shape {tuple(x.shape)}, but the configuration says {tuple(shape)}.",
            "Use the weights that belong to the config.json beside them.",
        )


def _along(vector: Tensor, axis: int, ndim: int) -> Tensor:
    shape = [1] * ndim
    shape[axis] = -1
    return vector.double().reshape(shape)
