"""The part of an EE key that a data holder gets: it encodes inputs and labels and decodes answers.

It holds how inputs enter and answers leave, and nothing of the keys inside the network. Whoever holds it reads
everything that was encoded with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.partfile import dump_parts, load_parts
from biodesci.ee.parts import Monomial, Part, from_tensors

FORMAT = "biodesci/codec/v2"
Kind = Literal["training", "inference"]
Matrix = NDArray[np.float64]
Order = NDArray[np.int64]
RENEW = "Ask the model owner for a new codec."


@dataclass(frozen=True, eq=False)
class Codec:
    """kind, public id of the key it belongs to, `parts` named input:... and output:..., and the vectors that
    are added to records (input:...), to scores (output:...), or multiplied into decoded states (fold:...)."""

    kind: Kind
    key_id: str
    parts: Mapping[str, Part] = field(repr=False)
    vectors: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in ("training", "inference"):
            raise InputError("A codec is for training or for inference.", RENEW)
        for name, vector in self.vectors.items():
            _, _, what = name.partition(":")
            part = self.parts.get(name) or self.parts.get(f"output:{what}")
            if part is None or vector.shape != (part.size,) or not bool(torch.isfinite(vector).all()):
                raise InputError("The codec is damaged.", RENEW)

    def check(self, key_id: str) -> None:
        """Raises WrongKeyError unless the codec belongs to the key with this id."""
        if self.key_id != key_id:
            raise WrongKeyError(
                "This codec belongs to another model key.", "Load the codec granted for this very model."
            )

    def part(self, name: str) -> Part:
        """The part of this name; InputError where the model has no such input or output."""
        part = self.parts.get(name)
        if part is None:
            way, _, what = name.partition(":")
            raise InputError(
                f"This model's codec has no {way} {what}.", f"It has: {', '.join(sorted(self.parts))}."
            )
        return part

    @property
    def features(self) -> int:
        return self.part("input:records").size

    def encode_inputs(self, x: NDArray[Any]) -> Matrix:
        """x (n, F), normalized -> x T + δ in fp64."""
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.features:
            raise InputError(
                f"The records have shape {x.shape}; the codec takes (n, {self.features}).",
                "Encode the records with the model's feature plan first.",
            )
        if not np.isfinite(x).all():
            raise InputError(
                "The records hold missing or infinite values.",
                "Normalize them first: that fills missing values.",
            )
        # einsum keeps the order of summation, so that a record's encoding does not depend on its neighbours.
        moved = np.einsum("nf,fg->ng", x, self.part("input:records").matrix().numpy())
        shift = self.vectors.get("input:records")
        result: Matrix = moved if shift is None else moved + shift.numpy()
        return result

    def encode_labels(self, y: NDArray[Any]) -> Order:
        """Class numbers in the encrypted model's order. Training codecs only."""
        if self.kind != "training":
            raise InputError(
                "An inference codec encodes no labels.", "Ask the model owner for a training codec."
            )
        classes = cast(Monomial, self.part("output:logits"))
        y = np.asarray(y)
        if y.size and (y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= classes.size):
            raise InputError(
                f"Labels must be integers from 0 to {classes.size - 1}.", "Check the label column and threshold."
            )
        result: Order = classes.order.argsort().numpy()[y]
        return result

    def decode_logits(self, z: NDArray[Any]) -> Matrix:
        """Scores (..., classes) of the encrypted model -> in the classes' own order."""
        return self.decode("logits", z)

    def decode(self, output: str, z: NDArray[Any]) -> Matrix:
        """An answer (..., width) named as the model's outputs are (logits, hidden, pooled) -> plaintext, fp64."""
        part = self.part(f"output:{output}")
        found = torch.from_numpy(np.array(z, dtype=np.float64))
        if found.ndim < 1 or found.shape[-1] != part.size:
            raise InputError(
                f"The answer has shape {tuple(found.shape)}; the codec takes (..., {part.size}).",
                "Decode the answer with the codec of the same model.",
            )
        if f"output:{output}" in self.vectors:
            found = found - self.vectors[f"output:{output}"]
        plain = part.inverse().apply(found, found.ndim - 1)
        if f"fold:{output}" in self.vectors:
            plain = plain * self.vectors[f"fold:{output}"]
        result: Matrix = plain.numpy()
        return result

    def to_bytes(self) -> bytes:
        tensors = {f"part:{p}:{n}": t.numpy() for p, part in self.parts.items() for n, t in part.tensors().items()}
        tensors |= {f"vector:{name}": vector.numpy() for name, vector in self.vectors.items()}
        return dump_parts(FORMAT, tensors, {"kind": self.kind, "key_id": self.key_id})

    @classmethod
    def from_bytes(cls, data: bytes) -> Codec:
        loaded, metadata = load_parts(FORMAT, data)
        pieces: dict[str, dict[str, Tensor]] = {}
        vectors: dict[str, Tensor] = {}
        for name, array in loaded.items():
            if name.startswith("vector:"):
                vectors[name.removeprefix("vector:")] = torch.from_numpy(array)
                continue
            place, _, piece = name.removeprefix("part:").rpartition(":")
            pieces.setdefault(place, {})[piece] = torch.from_numpy(array)
        if not pieces or not {"kind", "key_id"} <= set(metadata):
            raise InputError("The codec is incomplete.", RENEW)
        parts = {name: from_tensors(tensors) for name, tensors in pieces.items()}
        return cls(cast(Kind, metadata["kind"]), metadata["key_id"], parts, vectors)
