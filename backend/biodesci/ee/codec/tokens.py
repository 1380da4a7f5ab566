"""Token numbers: the rows of an encrypted model's vocabulary lie in a secret order.

Row j of the encrypted embedding is row order[j] of the plain one, so id' = argsort(order)[id] and
id = order[id']. Attention masks say nothing about tokens and pass through. Frequencies of tokens survive any
such order: see the red team's frequency attack."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.parts import Monomial

IGNORED = -100  # a label that losses leave out


@dataclass(frozen=True, eq=False)
class Tokens:
    """`order`: int64 (V,), without factors."""

    order: Monomial = field(repr=False)

    @property
    def size(self) -> int:
        """V, as the key has it; a tokenizer may have fewer."""
        return self.order.size

    @cached_property
    def moved(self) -> Tensor:
        """int64 (V,): the encrypted number of each token."""
        return self.order.order.argsort()

    def encode(self, ids: Any, *, ignore: int | None = None) -> Tensor:
        """Token numbers (any shape) -> encrypted, int64; `ignore` is left as it is."""
        return self._look(self.moved, ids, ignore)

    def decode(self, ids: Any, *, ignore: int | None = None) -> Tensor:
        """Encrypted token numbers (any shape), such as generated ones -> plain, int64."""
        return self._look(self.order.order, ids, ignore)

    def check_vocabulary(self, size: int, *, padded: bool = False) -> None:
        """Raises InputError unless a tokenizer of `size` tokens belongs to this key; `padded`: the model may
        have more rows than the tokenizer has tokens."""
        if size == self.size or (padded and size < self.size):
            return
        why = " If the model's vocabulary is padded, say so (padded=True)." if size < self.size else ""
        raise InputError(
            f"Wrong vocabulary: the tokenizer has {size} tokens, the key {self.size}.",
            f"Use the tokenizer that the model was trained with.{why}",
        )

    def _look(self, table: Tensor, ids: Any, ignore: int | None) -> Tensor:
        numbers = ids if isinstance(ids, Tensor) else torch.as_tensor(ids)
        if numbers.numel() and (
            numbers.is_floating_point() or numbers.is_complex() or numbers.dtype == torch.bool
        ):
            raise InputError("Token numbers must be integers.", "Pass the tokenizer's input_ids.")
        numbers = numbers.long()
        ignored = torch.zeros_like(numbers, dtype=torch.bool) if ignore is None else numbers == ignore
        inside = numbers.masked_fill(ignored, 0)
        if inside.numel() and (int(inside.min()) < 0 or int(inside.max()) >= self.size):
            odd = inside[(inside < 0) | (inside >= self.size)].reshape(-1)[0]
            raise InputError(
                f"There is no token {int(odd)}: this key's vocabulary has {self.size} tokens.",
                "Use the tokenizer that the model was trained with.",
            )
        moved = table.to(numbers.device)[inside]
        return moved if ignore is None else torch.where(ignored, numbers, moved)
