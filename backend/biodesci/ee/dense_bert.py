"""BERT whose stream turns: each LayerNorm ends in a dense map G = Q_lᵀ diag(γ) Q_{l+1} instead of weights γ.

What stock BERT does not have, so encrypted checkpoints of mode "dense" need this module to run; everything
else is stock. G costs one d x d product per LayerNorm, and every sublayer has a key of its own for it. That
hides less than it seems: G's polar factor and eigenvectors give the keys up to an order
(`attacks/chain.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoConfig, BertForMaskedLM, BertForSequenceClassification, BertModel
from transformers.models.bert.modeling_bert import BertPreTrainedModel

from biodesci.core.errors import InputError

HEADS = {c.__name__: c for c in (BertModel, BertForSequenceClassification, BertForMaskedLM)}
TRANSFORM = "cls.predictions.transform.LayerNorm"  # not on the residual path: stays stock


class DenseLayerNorm(nn.Module):
    """x (..., d) -> LN(x) Gᵀ + b, LN without weights; `weight` is G (d, d), out x in."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.layer_norm(x, x.shape[-1:], eps=self.eps), self.weight, self.bias)


def densify(model: BertPreTrainedModel) -> BertPreTrainedModel:
    """Replaces every LayerNorm on the residual path, in place; the new ones compute the same until loaded."""
    for name, module in list(model.named_modules()):
        if not isinstance(module, nn.LayerNorm) or name == TRANSFORM:
            continue
        dense = DenseLayerNorm(module.normalized_shape[0], module.eps).to(module.weight.dtype)
        with torch.no_grad():
            dense.weight.copy_(torch.diag(module.weight))
            dense.bias.copy_(module.bias)
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, dense)
    return model


def build(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> BertPreTrainedModel:
    """The model that `config` (an encrypted config.json) names, with the encrypted weights `state`."""
    named = (config.get("architectures") or ["BertModel"])[0]
    if named not in HEADS:
        raise InputError(f"Mode dense has no {named}.", f"Known are {', '.join(HEADS)}.")
    settings = AutoConfig.for_model(**dict(config))
    model = densify(HEADS[named](settings))
    nn.Module.to(model, dtype=next(iter(state.values())).dtype)
    missing, unexpected = model.load_state_dict(dict(state), strict=False)
    # Heads that a base checkpoint does not have are as fresh as in stock BERT; anything else is an error.
    if unexpected or any("LayerNorm" in name for name in missing):
        raise InputError(
            f"The weights do not fit a dense {named}: {', '.join([*unexpected, *missing][:3])}.",
            "Use a checkpoint that was encrypted in mode dense.",
        )
    model.train(False)
    return model


def load(folder: Path) -> BertPreTrainedModel:
    """An encrypted checkpoint of mode "dense" from its folder."""
    from biodesci.ee.checkpoint.reading import Checkpoint  # noqa: PLC0415  # only needed from disk

    source = Checkpoint.open(folder)
    return build(source.config, {name: source.tensor(name).clone() for name in source.tensors})
