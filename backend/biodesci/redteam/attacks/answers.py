"""What a change of the weights costs in answers: the stock model with and without it, on the same text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import AutoConfig, AutoModel

from biodesci.ee.architectures import registry


def off(
    config: Mapping[str, Any], state: Mapping[str, Tensor], changed: Mapping[str, Tensor], ids: Tensor
) -> float | None:
    """Mean distance of the last hidden states for token ids (m, n), relative to how much they differ from
    their mean: 0 is unchanged, about 1.4 has nothing to do with it. None for models that `transformers` does
    not make."""
    if registry.of(config).blueprint is not None:
        return None
    before, after = (_states(config, weights, ids) for weights in (state, changed))
    spread = (before - before.mean(dim=(0, 1))).norm(dim=-1).mean()
    return float((after - before).norm(dim=-1).mean() / spread)


def _states(config: Mapping[str, Any], state: Mapping[str, Tensor], ids: Tensor) -> Tensor:
    model = AutoModel.from_config(AutoConfig.for_model(**dict(config)))
    prefix = f"{model.base_model_prefix}."
    model.load_state_dict({name.removeprefix(prefix): x for name, x in state.items()}, strict=False)
    model.to(torch.float32).train(False)
    with torch.no_grad():
        hidden: Tensor = model(input_ids=ids).last_hidden_state
    return hidden.double()
