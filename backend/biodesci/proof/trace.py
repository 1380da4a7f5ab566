"""Trace of a forward pass: every row of every matrix product, as leaves of one Merkle tree.

A leaf binds where it belongs, so that no row can stand in for another:

    leaf 0      = "biodesci/trace/v1" ‖ context (32) ‖ u32 products ‖ per product u32 rows, u32 in, u32 out
    leaf i > 0  = "biodesci/trace-row/v1" ‖ context (32) ‖ u32 product ‖ u32 row ‖ x row ‖ y row

Rows are little-endian float64, in order of product, then row; the tree is RFC 6962's (core/merkle.py). The
context names chain, contract and request. The worker commits to the root with its output (as the tensor
`trace_root`), before it can know an auditor's coins.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biodesci.core import canonical, merkle
from biodesci.core.errors import InputError, IntegrityError

Array = NDArray[np.float64]
_HEADER = b"biodesci/trace/v1"
_ROW = b"biodesci/trace-row/v1"
MAX_LEAVES = 1 << 20


def context(chain_id: int, contract: str, request_id: int) -> bytes:
    """32 bytes that bind a trace to one request."""
    place = {"chainId": chain_id, "contract": contract.lower(), "requestId": request_id}
    return hashlib.sha256(canonical.dumps(place)).digest()


@dataclass(frozen=True)
class Product:
    """One matrix product as computed: inputs x (rows, in) and outputs y (rows, out), bias included."""

    x: Array
    y: Array

    def __post_init__(self) -> None:
        for name, a in (("x", self.x), ("y", self.y)):
            if a.dtype != np.float64 or a.ndim != 2:
                raise InputError(f"A traced product needs float64 matrices; {name} is {a.dtype} {a.shape}.")
        if self.x.shape[0] != self.y.shape[0]:
            raise IntegrityError(
                f"A traced product has {self.x.shape[0]} input rows and {self.y.shape[0]} output rows.",
                "The trace was cut or mixed up.",
            )


@dataclass(frozen=True)
class Opening:
    """One row of one product, with its place in the tree."""

    product: int
    row: int
    leaf: bytes
    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Trace:
    """One request's trace: `context` (32 bytes) and its products in the order of computation."""

    context: bytes
    products: tuple[Product, ...]

    def leaves(self) -> Iterator[bytes]:
        """The leaves of the tree, as the head of this file lays them out: the shapes, then every row."""
        shapes = [(*p.x.shape, p.y.shape[1]) for p in self.products]
        yield b"".join(
            [_HEADER, self.context, struct.pack(">I", len(shapes)), *(struct.pack(">3I", *s) for s in shapes)]
        )
        for i, p in enumerate(self.products):
            for row in range(p.x.shape[0]):
                yield row_leaf(self.context, i, row, p.x[row], p.y[row])

    def size(self) -> int:
        """How many leaves the tree has: one for the shapes, and one for each row of each product."""
        return 1 + sum(p.x.shape[0] for p in self.products)

    def root(self) -> bytes:
        """The Merkle root (32 bytes). Raises InputError when the trace has more than MAX_LEAVES leaves."""
        if self.size() > MAX_LEAVES:
            raise InputError(
                f"The trace has {self.size()} rows, more than {MAX_LEAVES}.",
                "Send fewer inputs in one request.",
            )
        return merkle.root(self.leaves())

    def check_root(self, expected: bytes) -> None:
        """Raises IntegrityError unless the trace has the root (32 bytes) that the worker committed to."""
        if self.root() != expected:
            raise IntegrityError(
                "The disclosed trace is not the one that was committed with the output.",
                "Ask the worker for the trace of exactly this request; if it insists, dispute the result.",
            )

    def open_row(self, product: int, row: int) -> Opening:
        """A row with its inclusion proof. Raises InputError for a row or product that the trace has not."""
        if not (0 <= product < len(self.products) and 0 <= row < self.products[product].x.shape[0]):
            raise InputError(
                f"The trace has no row {row} of product {product}.", "Ask for one within its shape."
            )
        index = 1 + sum(p.x.shape[0] for p in self.products[:product]) + row
        leaves = list(self.leaves())
        return Opening(product, row, leaves[index], index, len(leaves), tuple(merkle.prove(leaves, index)))

    def to_tensors(self) -> dict[str, Array]:
        """For core/checkpoint.py: x and y of every product under sortable names."""
        named: dict[str, Array] = {}
        for i, p in enumerate(self.products):
            named[f"{i:05d}.x"], named[f"{i:05d}.y"] = p.x, p.y
        return named

    @classmethod
    def from_tensors(cls, context_: bytes, tensors: Mapping[str, NDArray[np.generic]]) -> Trace:
        """The trace that `to_tensors` gave the tensors of, for the request with this context (32 bytes).

        Raises IntegrityError when a product is missing, is left over, is not in float64, or has not as many
        output rows as input rows; InputError for a tensor that is no matrix.
        """
        count = len(tensors) // 2
        names = {f"{i:05d}.{side}" for i in range(count) for side in "xy"}
        if names != set(tensors):
            raise IntegrityError(
                "The trace lacks a product, or has one too many.", "Ask the worker for it again."
            )
        pairs = [(tensors[f"{i:05d}.x"], tensors[f"{i:05d}.y"]) for i in range(count)]
        if any(a.dtype != np.float64 for pair in pairs for a in pair):
            raise IntegrityError("The trace is not in float64.", "Ask the worker for it again.")
        return cls(
            context_, tuple(Product(np.asarray(x, np.float64), np.asarray(y, np.float64)) for x, y in pairs)
        )


def row_leaf(context_: bytes, product: int, row: int, x: Array, y: Array) -> bytes:
    """The leaf of one row: the product's input values x (in,) and output values y (out,), and their place."""
    place = struct.pack(">2I", product, row)
    return b"".join([_ROW, context_, place, x.astype("<f8").tobytes(), y.astype("<f8").tobytes()])


def check_opening(root: bytes, context_: bytes, opening: Opening) -> Array:
    """Checks that a row belongs to the committed trace, where it claims, and returns its values: x, then y.

    Raises IntegrityError for an inclusion proof that does not lead to `root` (32 bytes), and for a leaf of
    another place or request.
    """
    merkle.verify(root, opening.leaf, opening.index, opening.size, list(opening.path))
    head = b"".join([_ROW, context_, struct.pack(">2I", opening.product, opening.row)])
    if not opening.leaf.startswith(head):
        raise IntegrityError(
            f"The opened leaf is not row {opening.row} of product {opening.product} of this request.",
            "The row was taken from another place or request.",
        )
    return np.frombuffer(opening.leaf[len(head) :], dtype="<f8").astype(np.float64)
