"""The part of an EE key that a data holder gets: it encodes records and labels and decodes answers.

It holds the input key S and the class order, and nothing of the keys inside the network.
Whoever holds it reads everything that was encoded with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.parts import check_orders, dump_parts, load_parts

FORMAT = "biodesci/codec/v1"
Kind = Literal["training", "inference"]
Matrix = NDArray[np.float64]
Order = NDArray[np.int64]
RENEW = "Ask the model owner for a new codec."


@dataclass(frozen=True, eq=False)
class Codec:
    """kind, public id of the key it belongs to, S (F, F), and the class order: z'[j] = z[classes[j]]."""

    kind: Kind
    key_id: str
    input_key: Matrix = field(repr=False)
    classes: Order = field(repr=False)

    def __post_init__(self) -> None:
        s = self.input_key
        if self.kind not in ("training", "inference"):
            raise InputError("A codec is for training or for inference.", RENEW)
        if s.ndim != 2 or s.shape[0] != s.shape[1] or s.dtype != np.float64 or not np.isfinite(s).all():
            raise InputError("The codec's input key is damaged.", RENEW)
        check_orders(self.classes, "codec's class order")

    @property
    def features(self) -> int:
        return int(self.input_key.shape[0])

    def check(self, key_id: str) -> None:
        """Raises WrongKeyError unless the codec belongs to the key with this id."""
        if self.key_id != key_id:
            raise WrongKeyError(
                "This codec belongs to another model key.", "Load the codec granted for this very model."
            )

    def encode_inputs(self, x: NDArray[Any]) -> Matrix:
        """x (n, F), normalized -> x Sᵀ in fp64."""
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
        result: Matrix = np.einsum("nf,gf->ng", x, self.input_key)
        return result

    def encode_labels(self, y: NDArray[Any]) -> Order:
        """Class numbers in the encrypted model's order. Training codecs only."""
        if self.kind != "training":
            raise InputError(
                "An inference codec encodes no labels.", "Ask the model owner for a training codec."
            )
        y = np.asarray(y)
        if y.size and (y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= self.classes.size):
            raise InputError(
                f"Labels must be integers from 0 to {self.classes.size - 1}.",
                "Check the label column and threshold.",
            )
        result: Order = np.argsort(self.classes)[y]
        return result

    def decode_logits(self, z: NDArray[Any]) -> Matrix:
        """Logits (n, classes) of the encrypted model -> in the classes' own order."""
        z = np.asarray(z, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != self.classes.size:
            raise InputError(
                f"The answer has shape {z.shape}; the codec takes (n, {self.classes.size}).",
                "Decode the answer with the codec of the same model.",
            )
        result: Matrix = z[:, np.argsort(self.classes)]
        return result

    def to_bytes(self) -> bytes:
        parts = {"input_key": self.input_key, "classes": self.classes}
        return dump_parts(FORMAT, parts, {"kind": self.kind, "key_id": self.key_id})

    @classmethod
    def from_bytes(cls, data: bytes) -> Codec:
        parts, metadata = load_parts(FORMAT, data)
        if set(parts) != {"input_key", "classes"} or not {"kind", "key_id"} <= set(metadata):
            raise InputError("The codec is incomplete.", RENEW)
        return cls(cast(Kind, metadata["kind"]), metadata["key_id"], parts["input_key"], parts["classes"])
