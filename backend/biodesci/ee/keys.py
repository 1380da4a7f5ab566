"""The EE key of a tabular transformer: exact changes of basis that its architecture commutes with.

Row vectors, y = x Wᵀ + b. Residual stream h' = hQ with Q in O(d), Q1 = 1, which LayerNorm without affine part
commutes with. A reader of the stream becomes W' = L W Q, b' = L b, a writer W' = Qᵀ W R, b' = b Q; per head
(A Wq, A⁻ᵀ Wk, B Wv, Wo B⁻¹), neurons N, heads, tokens and classes in a secret order, inputs x' = x Sᵀ.

Mode "orthogonal" keeps S, A, B orthogonal: gradients then transform like weights, and SGD with
momentum or Muon on the encrypted model is the plaintext training.
Mode "general" draws S, A, B from GL: inference only.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.codec import Codec
from biodesci.ee.parts import check_orders, dump_parts, load_parts
from biodesci.ee.sampling import Stream
from biodesci.ee.tabular import TabularConfig, check_state

FORMAT = "biodesci/tabular-key/v1"
Mode = Literal["orthogonal", "general"]
Parts = dict[str, NDArray[Any]]
ORDERS = ("head_order", "neurons", "token_order", "classes")
HINT = "Use the key file as it was written; without it the model cannot be recovered."


def _part_shapes(c: TabularConfig) -> dict[str, tuple[int, ...]]:
    per_head = (c.layers, c.heads, c.head_width, c.head_width)
    return {
        "input_key": (c.features, c.features),  # S
        "stream": (c.width, c.width),  # Q
        "query_key": per_head,  # A
        "value": per_head,  # B
        "head_order": (c.layers, c.heads),
        "neurons": (c.layers, c.hidden),  # N
        "token_order": (c.tokens,),
        "classes": (c.classes,),
    }


@dataclass(frozen=True, eq=False)
class TabularKey:
    """Secret. `key_id` is a public random name that says which key a model or codec belongs to."""

    config: TabularConfig
    mode: Mode
    key_id: str
    parts: Parts = field(repr=False)

    def __post_init__(self) -> None:
        expected = _part_shapes(self.config)
        if self.mode not in ("orthogonal", "general") or set(self.parts) != set(expected):
            raise InputError("This is not a complete model key.", HINT)
        for name, shape in expected.items():
            part = self.parts[name]
            if part.shape != shape or part.dtype != (np.int64 if name in ORDERS else np.float64):
                raise InputError(f"The key's part {name} does not fit its architecture.", HINT)
            if name in ORDERS:
                check_orders(part, f"key's {name}")
        self._check_exact()

    def _check_exact(self) -> None:
        """A key that is not exact would change the model's answers without anyone noticing."""
        orthogonal = ["stream"] if self.mode == "general" else ["stream", "input_key", "query_key", "value"]
        for name in orthogonal:
            m = self.parts[name]
            if not np.allclose(m @ np.swapaxes(m, -1, -2), np.eye(m.shape[-1]), rtol=0, atol=1e-12):
                raise InputError(f"The key's part {name} is not orthogonal, so the key is inexact.", HINT)
        if not np.allclose(self.parts["stream"].sum(axis=0), 1.0, rtol=0, atol=1e-12):
            raise InputError(
                "The key's stream part does not commute with LayerNorm, so the key is inexact.", HINT
            )
        for name in ("input_key", "query_key", "value"):
            if not np.linalg.cond(self.parts[name]).max() < 100:
                raise InputError(f"The key's part {name} is badly conditioned, so the key is inexact.", HINT)

    @classmethod
    def generate(cls, config: TabularConfig, mode: Mode = "orthogonal") -> TabularKey:
        """A fresh key from the operating system's random numbers."""
        seed = os.urandom(32)

        def matrices(part: str, count: int, n: int) -> NDArray[np.float64]:
            streams = (Stream(seed, f"{part}/{i}") for i in range(count))
            return np.stack([s.general(n) if mode == "general" else s.orthogonal(n) for s in streams])

        def orders(part: str, count: int, n: int) -> NDArray[np.int64]:
            return np.stack([Stream(seed, f"{part}/{i}").permutation(n) for i in range(count)])

        c = config
        shape = _part_shapes(c)
        parts: Parts = {
            "input_key": matrices("input_key", 1, c.features)[0],
            "stream": Stream(seed, "stream").stabilizer(c.width),
            "query_key": matrices("query_key", c.layers * c.heads, c.head_width).reshape(shape["query_key"]),
            "value": matrices("value", c.layers * c.heads, c.head_width).reshape(shape["value"]),
            "head_order": orders("head_order", c.layers, c.heads),
            "neurons": orders("neurons", c.layers, c.hidden),
            "token_order": orders("token_order", 1, c.tokens)[0],
            "classes": orders("classes", 1, c.classes)[0],
        }
        return cls(config, mode, os.urandom(16).hex(), parts)

    def check(self, key_id: str) -> None:
        """Raises WrongKeyError unless this is the key with this id."""
        if self.key_id != key_id:
            raise WrongKeyError(
                "This key belongs to another model.",
                "Open the key file that was written when the model was created.",
            )

    def encrypt(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Plaintext weights -> encrypted weights of the same names, shapes and types."""
        return self._transform(state, inverse=False)

    def decrypt(self, state: Mapping[str, Tensor], dtype: torch.dtype | None = None) -> dict[str, Tensor]:
        """The inverse; `dtype` float64 keeps what rounding to the weights' own type would lose."""
        return self._transform(state, inverse=True, dtype=dtype)

    def _transform(
        self, state: Mapping[str, Tensor], inverse: bool, dtype: torch.dtype | None = None
    ) -> dict[str, Tensor]:
        check_state(self.config, state)
        left, right = self._actions()
        result: dict[str, Tensor] = {}
        for name, tensor in state.items():
            layer, _, what = name.rpartition(".")
            a, c = left[layer], right[layer]
            if inverse:
                a, c = np.linalg.inv(a), np.linalg.inv(c)
            plain = tensor.detach().cpu().double().numpy()
            moved = a @ plain @ c if what == "weight" else a @ plain
            result[name] = torch.from_numpy(moved).to(dtype or tensor.dtype)
        return result

    def _actions(self) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
        """Per layer L and R of W' = L W R, b' = L b."""
        c, p = self.config, self.parts
        q = p["stream"]
        left: dict[str, NDArray[np.float64]] = {
            "input": np.kron(np.eye(c.tokens)[p["token_order"]], q.T),
            "head": np.eye(c.classes)[p["classes"]],
        }
        right: dict[str, NDArray[np.float64]] = {"input": np.linalg.inv(p["input_key"]), "head": q}
        for i in range(c.layers):
            heads = np.kron(np.eye(c.heads)[p["head_order"][i]], np.eye(c.head_width))
            a = heads @ _block_diagonal(p["query_key"][i])
            b = heads @ _block_diagonal(p["value"][i])
            n = np.eye(c.hidden)[p["neurons"][i]]
            block = f"blocks.{i}."
            left |= {
                block + "query": a,
                block + "key": np.linalg.inv(a).T,
                block + "value": b,
                block + "output": q.T,
                block + "expand": n,
                block + "contract": q.T,
            }
            right |= {
                block + "query": q,
                block + "key": q,
                block + "value": q,
                block + "output": np.linalg.inv(b),
                block + "expand": q,
                block + "contract": n.T,
            }
        return left, right

    def training_codec(self) -> Codec:
        """Encodes records and labels. Orthogonal keys only: GL training is another training."""
        if self.mode != "orthogonal":
            raise InputError(
                "This key is for inference only: training under it would not equal plaintext training.",
                "Create the model with an orthogonal key to train it encrypted.",
            )
        return Codec("training", self.key_id, self.parts["input_key"], self.parts["classes"])

    def inference_codec(self) -> Codec:
        """Encodes records, decodes logits."""
        return Codec("inference", self.key_id, self.parts["input_key"], self.parts["classes"])

    def describe(self) -> dict[str, Any]:
        """What the key consists of, without any of it: continuous dimensions and bits of the orders."""
        c = self.config

        def dimension(n: int) -> int:
            return n * n if self.mode == "general" else n * (n - 1) // 2

        orders = math.lgamma(c.tokens + 1) + math.lgamma(c.classes + 1)
        orders += c.layers * (math.lgamma(c.heads + 1) + math.lgamma(c.hidden + 1))
        return {
            "mode": self.mode,
            "keyId": self.key_id,
            "continuousDimensions": {
                "input": dimension(c.features),
                "stream": (c.width - 1) * (c.width - 2) // 2,
                "heads": 2 * c.layers * c.heads * dimension(c.head_width),
            },
            "orderBits": round(orders / math.log(2), 1),
            "seedBits": 256,
        }

    def to_bytes(self) -> bytes:
        """Secret: seal it before it touches a disk."""
        metadata = {name: str(v) for name, v in self.config.document().items() if name != "name"}
        return dump_parts(FORMAT, self.parts, {**metadata, "mode": self.mode, "key_id": self.key_id})

    @classmethod
    def from_bytes(cls, data: bytes) -> TabularKey:
        parts, metadata = load_parts(FORMAT, data)
        try:
            config = TabularConfig(
                **{n: int(v) for n, v in metadata.items() if n not in {"format", "mode", "key_id"}}
            )
            mode, key_id = metadata["mode"], metadata["key_id"]
        except (TypeError, ValueError, KeyError) as exc:
            raise InputError("This is not a complete model key.", HINT) from exc
        return cls(config, mode, key_id, parts)  # type: ignore[arg-type]  # checked at construction


def _block_diagonal(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    count, n, _ = blocks.shape
    result = np.zeros((count * n, count * n))
    for i, block in enumerate(blocks):
        result[i * n : (i + 1) * n, i * n : (i + 1) * n] = block
    return result
