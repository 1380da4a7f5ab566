"""The part of an EE key that a data holder gets: it encodes inputs and labels and decodes answers.

It holds how inputs enter and answers leave. Whoever holds it reads everything that was encoded with it. Of a
model without a head, answers are states, and what decodes them is the key of the stream: with the encrypted
weights that gives plain ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.codec import labels, records
from biodesci.ee.codec.patches import Patches
from biodesci.ee.codec.shuffle import Sequences
from biodesci.ee.codec.tokens import Tokens
from biodesci.ee.details import CodecMetadata
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
    are added to records (input:...), to scores (output:...), or multiplied into decoded states (fold:...).
    `settings`: sizes that are public, such as an image's; `state_axis`: which axis of hidden and pooled
    states is moved, if it is not the last."""

    kind: Kind
    key_id: str
    parts: Mapping[str, Part] = field(repr=False)
    vectors: Mapping[str, Tensor] = field(default_factory=dict, repr=False)
    settings: Mapping[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()  # names, in the plain model's order, where the owner named them

    def __post_init__(self) -> None:
        if self.kind not in ("training", "inference"):
            raise InputError("A codec is for training or for inference.", RENEW)
        if self.classes and len(self.classes) != getattr(self.parts.get("output:logits"), "size", 0):
            raise InputError("The codec is damaged.", RENEW)
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

    def has(self, name: str) -> bool:
        """Whether the codec holds this part: input:tokens, output:logits, ..."""
        return name in self.parts

    @property
    def features(self) -> int:
        """How many numbers a record has."""
        return self.part("input:records").size

    @cached_property
    def tokens(self) -> Tokens:
        """Token numbers, in and out."""
        return Tokens(self._order("input:tokens"))

    @cached_property
    def sequences(self) -> Sequences:
        """The sequence shuffle of an encoder whose key was made with `shuffle=True`."""
        return Sequences(
            self.tokens,
            self._order("input:positions"),
            self._order("input:types"),
            bool(self.settings.get("keep_first", 1)),
        )

    @cached_property
    def patches(self) -> Patches:
        """Images, in patches."""
        return Patches(self.part("input:patches"), self._order("input:positions"), self.settings)

    def _order(self, name: str) -> Monomial:
        part = self.part(name)
        if not isinstance(part, Monomial) or part.scale is not None:
            raise InputError("The codec is damaged.", RENEW)
        return part

    def encode_inputs(self, x: NDArray[Any]) -> Matrix:
        """x (n, F), normalized -> x T + δ in fp64."""
        return records.encode(self.part("input:records"), self.vectors.get("input:records"), x)

    def encode_labels(self, y: NDArray[Any], *, ignore: int | None = None) -> Order:
        """Class or token numbers (any shape) in the encrypted model's order; `ignore` (-100 in losses) is
        left as it is. Training codecs only."""
        if self.kind != "training":
            raise InputError(
                "An inference codec encodes no labels.", "Ask the model owner for a training codec."
            )
        return labels.encode(cast(Monomial, self.part("output:logits")), y, ignore)

    def decode_classes(self, numbers: NDArray[Any]) -> Order:
        """The encrypted model's class (or token) numbers -> the plain ones; where scores are only
        reordered."""
        return labels.decode(self.part("output:logits"), numbers)

    def decode_labelled(self, answers: list[dict[str, Any]]) -> Matrix:
        """What a stock text-classification or image-classification pipeline says of one input -> scores
        (classes,) in the classes' own order. The pipeline must give all classes (`top_k=None`), raw
        (`function_to_apply="none"`) where the key mixes scores (mode general)."""
        return self.decode("logits", labels.collect(answers, self.part("output:logits").size))

    def decode_logits(self, z: NDArray[Any]) -> Matrix:
        """Scores (..., classes) of the encrypted model -> in the classes' own order."""
        return self.decode("logits", z)

    def decode(self, output: str, z: NDArray[Any]) -> Matrix:
        """An answer (..., width) named as the model's outputs are (logits, hidden, pooled) -> plain, fp64.
        Those of a ResNet are (n, channels, height, width).

        Rows keep their order: `patches.restore` and `Shuffled.restore` undo a shuffle."""
        part = self.part(f"output:{output}")
        answer = torch.from_numpy(np.array(z, dtype=np.float64))
        axis = self.settings.get("state_axis", answer.ndim - 1)
        if not 0 <= axis < answer.ndim or answer.shape[axis] != part.size:
            taken = (
                f"(n, {part.size}, height, width)" if "state_axis" in self.settings else f"(..., {part.size})"
            )
            raise InputError(
                f"The answer has shape {tuple(answer.shape)}; the codec takes {taken}.",
                "Decode the answer with the codec of the same model.",
            )
        answer = answer.movedim(axis, -1)
        if f"output:{output}" in self.vectors:
            answer = answer - self.vectors[f"output:{output}"]
        plain = part.inverse().apply(answer, answer.ndim - 1)
        if f"fold:{output}" in self.vectors:
            plain = plain * self.vectors[f"fold:{output}"]
        plain = plain.movedim(-1, axis)
        result: Matrix = plain.numpy()
        return result

    def to_bytes(self) -> bytes:
        """The codec as a file, plaintext and secret; `from_bytes` reads it."""
        tensors = {
            f"part:{p}:{n}": t.numpy() for p, part in self.parts.items() for n, t in part.tensors().items()
        }
        tensors |= {f"vector:{name}": vector.numpy() for name, vector in self.vectors.items()}
        metadata = {"kind": self.kind, "key_id": self.key_id}
        if self.settings:
            metadata["settings"] = json.dumps(dict(self.settings))
        if self.classes:
            metadata["classes"] = json.dumps(list(self.classes))
        return dump_parts(FORMAT, tensors, metadata)

    @classmethod
    def from_bytes(cls, data: bytes) -> Codec:
        """The codec that `to_bytes` wrote; raises InputError if it is incomplete, damaged or of another
        format."""
        loaded, metadata = load_parts(FORMAT, data)
        of = CodecMetadata.of(metadata)
        pieces: dict[str, dict[str, Tensor]] = {}
        vectors: dict[str, Tensor] = {}
        for name, array in loaded.items():
            if name.startswith("vector:"):
                vectors[name.removeprefix("vector:")] = torch.from_numpy(array)
                continue
            place, _, piece = name.removeprefix("part:").rpartition(":")
            pieces.setdefault(place, {})[piece] = torch.from_numpy(array)
        if not pieces:
            raise InputError("The codec is incomplete.", RENEW)
        parts = {name: from_tensors(tensors) for name, tensors in pieces.items()}
        return cls(of.kind, of.key_id, parts, vectors, of.settings or {}, of.classes or ())
