"""Small stock models of each shape that checkpoints are tested with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import transformers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

SPECIAL = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
transformers.logging.set_verbosity_error()


def llama(**change: object) -> LlamaForCausalLM:
    torch.manual_seed(1)
    config = LlamaConfig(
        **{
            "vocab_size": 40,
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 24,
            **SPECIAL,
            **change,
        }
    )
    return LlamaForCausalLM(config).eval()


def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(2)
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=16, **SPECIAL)
    ).eval()


def bert() -> BertForSequenceClassification:
    torch.manual_seed(3)
    labels = {0: "benign", 1: "malignant", 2: "unknown"}
    config = BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        id2label=labels,
    )
    return BertForSequenceClassification(config).eval()


@pytest.fixture(scope="session")
def plain() -> Callable[..., Any]:
    """plain("llama", hidden_size=32): a model with fresh weights; settings for llama alone."""
    makers: dict[str, Callable[..., Any]] = {"llama": llama, "gpt2": gpt2, "bert": bert}
    return lambda kind, **change: makers[kind](**change)
