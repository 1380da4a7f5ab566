"""The client's half of a split model: embedding, head and, if asked for, the first blocks.

It never holds the key Q of the residual stream, nor a plain weight: embedding rows are E·Q and head rows
H·diag(γ)·Q, in the order of the plain vocabulary, and its blocks are those of the encrypted model. What
leaves the client is x Q, and what comes back is h Q.

It keeps weights from the client only as far as they are private: whoever knows the plain embedding, as that
of a public base model, finds Q from E and E·Q."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.architectures import registry
from biodesci.ee.architectures.architecture import Reads, Split
from biodesci.ee.details import HalfDetails
from biodesci.ee.partfile import dump_parts, load_parts

FORMAT = "biodesci/client-half/v1"
RENEW = "Ask the model owner for a new client half."


@dataclass(frozen=True, eq=False)
class ClientHalf:
    """`config`: the encrypted model's config.json, but for the special tokens' numbers, which are plain here.

    `tensors`: `tokens` (V, d), `positions` and `types` where the architecture adds them; `head.weight` (V or
    classes, d) unless the head is tied to `tokens`, `head.bias`; a masked-language head's transform;
    `blocks.*`. All in the model's own type.
    """

    key_id: str
    config: Mapping[str, Any]
    blocks: int
    reads: Reads
    tensors: Mapping[str, Tensor] = field(repr=False)

    def __post_init__(self) -> None:
        width = self.tensors["tokens"].shape[-1] if "tokens" in self.tensors else -1
        for name, tensor in self.tensors.items():
            if not bool(torch.isfinite(tensor).all()):
                raise InputError("The client half is damaged.", RENEW)
            if name in ("positions", "types", "head.weight") and tensor.shape[-1] != width:
                raise InputError("The client half is damaged.", RENEW)
        if width < 0 or self.config.get("model_type") is None or registry.of(self.config).split is None:
            raise InputError("The client half is incomplete.", RENEW)

    @property
    def size(self) -> int:
        """V, tokens of the vocabulary."""
        return int(self.tensors["tokens"].shape[0])

    @property
    def encoder(self) -> bool:
        """Whether every token sees every other, so that a sequence may be sent in any order."""
        return self.cut.encoder

    @property
    def cut(self) -> Split:
        """Where the architecture is split."""
        cut = registry.of(self.config).split
        assert cut is not None, "checked when the half was made"
        return cut

    def check(self, key_id: str) -> None:
        """Raises WrongKeyError unless this half belongs to the key with this id."""
        if self.key_id != key_id:
            raise WrongKeyError(
                "This client half belongs to another model key.", "Load the one granted for this very model."
            )

    def embed(self, ids: Tensor, positions: Tensor, types: Tensor | None = None) -> Tensor:
        """Token numbers, positions and types, int64 (batch, length) -> rows (batch, length, d) times Q."""
        rows = self._rows("tokens", ids, "token")
        if "positions" in self.tensors:
            rows = rows + self._rows("positions", positions, "position")
        if "types" in self.tensors:
            rows = rows + self._rows("types", torch.zeros_like(ids) if types is None else types, "token type")
        return rows

    def _rows(self, table: str, numbers: Tensor, what: str) -> Tensor:
        rows = self.tensors[table]
        if numbers.is_floating_point() or numbers.dtype == torch.bool:
            raise InputError(f"A {what}'s number must be an integer.", "Pass the tokenizer's output.")
        if numbers.numel() and (int(numbers.min()) < 0 or int(numbers.max()) >= rows.shape[0]):
            raise InputError(
                f"There is no {what} {int(numbers.max())}: the model has {rows.shape[0]}.",
                "Use the tokenizer that the model was trained with, and truncate long texts.",
            )
        return rows[numbers.long()]

    @cached_property
    def first(self) -> nn.Module | None:
        """The blocks that the client runs: a stock base model of that many layers, without last norm."""
        if not self.blocks:
            return None
        from transformers import AutoConfig, AutoModel  # noqa: PLC0415  # only with blocks at the client

        settings = layers_of(self.config, 0, self.blocks)
        model: Any = AutoModel.from_config(AutoConfig.for_model(**settings))
        state = {n.removeprefix("blocks."): t for n, t in self.tensors.items() if n.startswith("blocks.")}
        tables = [name for name in model.state_dict() if name not in state]
        model.to(self.tensors["tokens"].dtype)
        model.load_state_dict(state, strict=False)
        with torch.no_grad():
            for name in tables:  # rows come from `embed`, and what the server has next is not run here
                model.state_dict()[name].zero_()
        model.set_submodule(self.cut.last_norm.format(last=self.blocks - 1), nn.Identity())
        if hasattr(model, "pooler"):
            model.pooler = None
        module: nn.Module = model.eval()
        return module

    def scores(self, states: Tensor) -> Tensor:
        """States h Q (..., d) -> scores of the plain vocabulary or classes (..., V or classes)."""
        if self.reads == "nothing":
            raise InputError("This model has no head.", "Take its states as they are.")
        weight = self.tensors.get("head.weight", self.tensors["tokens"])
        if states.shape[-1] != weight.shape[-1]:
            raise InputError(
                f"The answer has width {states.shape[-1]}, the model {weight.shape[-1]}.",
                "Ask the server that runs this very model.",
            )
        states = states.to(weight.dtype)
        if "transform.weight" in self.tensors:
            states = self._transform(states)
        return F.linear(states, weight, self.tensors.get("head.bias"))

    def _transform(self, states: Tensor) -> Tensor:
        from transformers.activations import ACT2FN  # noqa: PLC0415  # only masked-language heads need it

        t = self.tensors
        moved = ACT2FN[self.config["hidden_act"]](
            F.linear(states, t["transform.weight"], t["transform.bias"])
        )
        eps = float(self.config.get("layer_norm_eps", 1e-12))
        return F.layer_norm(
            moved, moved.shape[-1:], t["transform.LayerNorm.weight"], t["transform.LayerNorm.bias"], eps
        )

    def to_bytes(self) -> bytes:
        """Secret: seal it to the client."""
        # numpy has no bfloat16; its values are exact in fp32, and the type is kept beside them.
        half = (torch.bfloat16, torch.float16)
        arrays = {n: (t.float() if t.dtype in half else t).numpy() for n, t in self.tensors.items()}
        types = {name: str(t.dtype).removeprefix("torch.") for name, t in self.tensors.items()}
        document = {"blocks": self.blocks, "reads": self.reads, "config": dict(self.config), "types": types}
        return dump_parts(FORMAT, arrays, {"key_id": self.key_id, "half": json.dumps(document)})

    @classmethod
    def from_bytes(cls, data: bytes) -> ClientHalf:
        """InputError for anything but what `to_bytes` wrote."""
        arrays, metadata = load_parts(FORMAT, data)
        details = HalfDetails.parse(metadata.get("half", "").encode())
        try:
            tensors = {
                name: torch.from_numpy(np.array(array)).to(getattr(torch, details.types[name]))
                for name, array in arrays.items()
            }
            return cls(metadata["key_id"], details.config, details.blocks, details.reads, tensors)
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as exc:
            raise InputError("The client half is damaged.", RENEW) from exc


def layers_of(config: Mapping[str, Any], start: int, stop: int | None) -> dict[str, Any]:
    """config.json of a base model of layers start to stop, fed with embeddings: one row of vocabulary, and no
    special tokens."""
    result = {name: value for name, value in config.items() if name not in ("id2label", "label2id", "ee")}
    depth = registry.of(config).depth
    result[depth] = len(range(int(result[depth]))[start:stop])
    if result.get("layer_types"):
        result["layer_types"] = list(result["layer_types"])[start:stop]
    for name in result:
        if name.endswith(("_token_id", "_token_ids")):
            result[name] = None
    return result | {"vocab_size": 1, "tie_word_embeddings": False, "pad_token_id": None}
