"""Sequence shuffle for encoders: an encoder sees tokens as a set with positions, so a client may send them in
any order, with the (secretly reordered) numbers of their positions and types.

Each sequence gets a fresh order. What the server then lacks is which token stands where; which tokens occur
together it still sees."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.codec.tokens import Tokens
from biodesci.ee.parts import Monomial
from biodesci.ee.sampling import Stream


def draw_orders(batch: int, length: int, keep_first: bool) -> Tensor:
    """int64 (batch, length), a fresh order for each sequence; with `keep_first` position 0 stays ([CLS],
    which a pooler reads)."""
    stream = Stream(os.urandom(32), "sequence-shuffle")
    start = 1 if keep_first and length else 0
    orders = torch.arange(length).repeat(batch, 1)
    for row in orders:
        row[start:] = start + torch.from_numpy(stream.permutation(length - start))
    return orders


def reorder(x: Tensor, orders: Tensor) -> Tensor:
    """x (batch, length, ...) -> each sequence in its order."""
    return x[torch.arange(x.shape[0])[:, None], orders]


def restore(x: Tensor, orders: Tensor) -> Tensor:
    """The inverse of `reorder`: answers per token (batch, length, ...) in the sequence's own order."""
    if x.shape[:2] != orders.shape:
        raise InputError(
            f"The answer is for {tuple(x.shape[:2])} tokens, but {tuple(orders.shape)} were sent.",
            "Decode the answer to this very request.",
        )
    return reorder(x, orders.argsort(dim=1))


@dataclass(frozen=True, eq=False)
class Shuffled:
    """What the server gets, int64 (batch, length) each, and `orders`, which stays with the client."""

    input_ids: Tensor
    position_ids: Tensor
    token_type_ids: Tensor
    attention_mask: Tensor
    orders: Tensor = field(repr=False)

    def arguments(self) -> dict[str, Tensor]:
        """For a stock encoder's forward."""
        return {
            "input_ids": self.input_ids,
            "position_ids": self.position_ids,
            "token_type_ids": self.token_type_ids,
            "attention_mask": self.attention_mask,
        }

    def restore(self, x: Tensor) -> Tensor:
        """Answers per token (batch, length, ...) in the sequence's own order."""
        return restore(x, self.orders)


@dataclass(frozen=True, eq=False)
class Sequences:
    """The orders of the rows of tokens, positions and types; `keep_first`: a pooler reads position 0."""

    tokens: Tokens
    positions: Monomial = field(repr=False)
    types: Monomial = field(repr=False)
    keep_first: bool

    def encode(
        self, input_ids: Tensor, token_type_ids: Tensor | None = None, attention_mask: Tensor | None = None
    ) -> Shuffled:
        """Token numbers, types (default 0) and mask (default 1), int64 (batch, length) each -> shuffled."""
        moved = self.tokens.encode(input_ids)
        if moved.ndim != 2 or moved.shape[1] > self.positions.size:
            raise InputError(
                f"The tokens have shape {tuple(moved.shape)}; the model takes (batch, up to "
                f"{self.positions.size}).",
                "Truncate the texts.",
            )
        types = torch.zeros_like(moved) if token_type_ids is None else token_type_ids.long()
        mask = torch.ones_like(moved) if attention_mask is None else attention_mask
        if types.shape != moved.shape or mask.shape != moved.shape:
            raise InputError(
                "Tokens, types and mask differ in shape.", "Pass what one tokenizer call returned."
            )
        if types.numel() and (int(types.min()) < 0 or int(types.max()) >= self.types.size):
            raise InputError(
                f"Token types go from 0 to {self.types.size - 1}.", "Pass the tokenizer's token_type_ids."
            )
        orders = draw_orders(moved.shape[0], moved.shape[1], self.keep_first)
        return Shuffled(
            reorder(moved, orders),
            self.positions.order.argsort()[orders],
            reorder(self.types.order.argsort()[types], orders),
            reorder(mask, orders),
            orders,
        )
