"""What a client sends, and what it keeps to read the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.mark import Mark


@dataclass(frozen=True, eq=False)
class Request:
    """`arguments`: all that the server gets, by the names of a stock forward. The rest stays here: `mask`
    (batch, length) of the tokens in their own order, `orders` of shuffled sequences, `count` inputs, `last`
    (batch,) the place of the token that a split classifier reads."""

    arguments: Mapping[str, Tensor]
    count: int
    mask: Tensor | None = None
    orders: Tensor | None = field(default=None, repr=False)
    last: Tensor | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Tokenized:
    """A batch of token numbers, plain, int64 (batch, length) each; `types` may be missing."""

    ids: Tensor
    mask: Tensor
    types: Tensor | None = None


def pad(rows: Sequence[Sequence[int]], fill: int, *, left: bool = False) -> tuple[Tensor, Tensor]:
    """Lists of token numbers -> (numbers, mask), int64 (batch, longest) each."""
    if not rows or not all(len(row) for row in rows):
        raise InputError("There is an input without tokens.", "Leave empty texts out.")
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), fill, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        where = slice(longest - len(row), None) if left else slice(len(row))
        ids[i, where] = torch.as_tensor([int(token) for token in row])
        mask[i, where] = 1
    return ids, mask


def longest(config: Mapping[str, Any]) -> int | None:
    """How many tokens a model of this configuration reads; None if it does not say."""
    lengths = [config[name] for name in ("max_position_embeddings", "n_positions") if config.get(name)]
    return min(lengths, default=None)


def placed(arguments: Mapping[str, Tensor], model: Any) -> dict[str, Tensor]:
    """The arguments where the model's weights are."""
    device = getattr(model, "device", None)
    return {name: tensor if device is None else tensor.to(device) for name, tensor in arguments.items()}


def tensors_of(outputs: Any, names: Mapping[str, str], only: str) -> dict[str, Tensor]:
    """A model's outputs by the codec's names: `names` says how a stock model calls each; a bare tensor is the
    output `only`. InputError where nothing is found, or for NaN and Inf."""
    answered: dict[str, Any] = {}
    if isinstance(outputs, (Tensor, np.ndarray)):
        answered[only] = outputs
    else:

        def get(name: str) -> Any:
            return outputs.get(name) if isinstance(outputs, Mapping) else getattr(outputs, name, None)

        answered = {name: get(called) for called, name in names.items() if get(called) is not None}
        if get("start_logits") is not None and get("end_logits") is not None:
            ends = [torch.as_tensor(get("start_logits")), torch.as_tensor(get("end_logits"))]
            answered["logits"] = torch.stack(ends, dim=-1)
    if not answered:
        raise InputError(
            f"The answer has none of {', '.join(names)}.", "Ask the server that runs this very model."
        )
    tensors = {name: torch.as_tensor(value).detach().cpu() for name, value in answered.items()}
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(
                f"The answer's {name} hold NaN or infinite values.", "Ask again, or ask another worker."
            )
    return tensors


def check_server(model: Any, key_id: str, *, split: int | None) -> None:
    """Raises WrongKeyError or InputError unless `model` was encrypted under the key with this id, and split
    as the client expects (`split`: its blocks; None: not at all). What has no
    `transformers` configuration is not checked."""
    config = getattr(model, "config", None)
    if not hasattr(config, "to_dict"):
        return
    mark = Mark.of(vars(config))
    if mark is None:
        raise InputError(
            "This model is not marked as encrypted.", "Load the encrypted checkpoint with its config.json."
        )
    if mark.key_id != key_id:
        raise WrongKeyError(
            "This model was encrypted under another key.", "Load the codec granted for this very model."
        )
    blocks = None if mark.split is None else mark.split.blocks
    if blocks != split:
        raise InputError(
            f"The server runs {_told(blocks)}, the client expects {_told(split)}.",
            "Use both halves of one split.",
        )


def _told(blocks: int | None) -> str:
    return "a whole model" if blocks is None else f"a split model without its first {blocks} blocks"
