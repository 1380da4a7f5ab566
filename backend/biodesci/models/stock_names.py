"""Names of tensors: transformers calls some otherwise in memory than in the checkpoint (ViT: `vit.layers.0`
against `vit.encoder.layer.0`). Keys know the checkpoint's names, training and PEFT the model's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

PEFT = "base_model.model."


def stored_names(model: nn.Module) -> dict[str, str]:
    """Name in a stock model -> name in its checkpoint, for each tensor that is stored as it is."""
    from transformers.core_model_loading import revert_weight_conversion  # noqa: PLC0415  # slow

    state = dict(model.state_dict())
    own = {id(tensor): name for name, tensor in state.items()}
    stock: Any = model  # transformers asks for its own class
    stored = revert_weight_conversion(stock, state)
    return {own[id(tensor)]: name for name, tensor in stored.items() if id(tensor) in own}


def stored_modules(config: Mapping[str, Any]) -> dict[str, str]:
    """As `stored_names`, for the modules of the stock model that config.json names; made without weights."""
    import transformers  # noqa: PLC0415  # slow

    kind = getattr(transformers, str((config.get("architectures") or [""])[0]), None)
    if not isinstance(kind, type) or not issubclass(kind, transformers.PreTrainedModel):
        return {}
    settings = {name: value for name, value in config.items() if name != "ee"}
    with torch.device("meta"):
        model = kind(transformers.AutoConfig.for_model(**settings))
    names = stored_names(model)
    return {n.removesuffix(".weight"): s.removesuffix(".weight") for n, s in names.items() if n != s}


def renamed(state: Mapping[str, Tensor], modules: Mapping[str, str]) -> dict[str, Tensor]:
    """A PEFT adapter's tensors with their modules' other names."""
    result = {}
    for name, tensor in state.items():
        module, separator, rest = name.removeprefix(PEFT).partition(".lora_")
        result[f"{PEFT}{modules.get(module, module)}{separator}{rest}"] = tensor
    return result
