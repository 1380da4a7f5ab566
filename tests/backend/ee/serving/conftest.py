"""Checkpoints on disk, plain and encrypted, of stock models with random weights in fp64."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor, nn

from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.codec.split import split
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.serving.model import EncryptedModel

transformers.logging.set_verbosity_error()
SIZES = {"hidden_size": 24, "num_hidden_layers": 2, "intermediate_size": 20}
GPT2 = {"n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 96}


@dataclass
class Served:
    """A plain model, the folder of its checkpoint, and ways to serve it encrypted."""

    plain: Any
    folder: Path

    def key(self, mode: Mode, *, shuffle: bool = False) -> ModelKey:
        return moving.make_key(Checkpoint.open(self.folder), mode, shuffle=shuffle)

    def whole(self, key: ModelKey, **settings: Any) -> EncryptedModel:
        """Written to disk, and opened again by stock transformers."""
        target = self.folder.parent / key.key_id
        moving.encrypt(Checkpoint.open(self.folder), key, target)
        codec = type(key.codec("inference")).from_bytes(key.codec("inference").to_bytes())
        return EncryptedModel.load(codec, target, **settings)

    def halves(self, key: ModelKey, *, blocks: int = 0, **settings: Any) -> EncryptedModel:
        """As `whole`, in split mode."""
        source = Checkpoint.open(self.folder)
        state = {name: source.tensor(name).clone() for name in source.tensors}
        both = split(key, state, source.config, blocks=blocks)
        target = self.folder.parent / f"{key.key_id}-{blocks}"
        both.write(target)
        return EncryptedModel.load(type(both.client).from_bytes(both.client.to_bytes()), target, **settings)


@pytest.fixture
def served(tmp_path: Path) -> Callable[[nn.Module], Served]:
    """Weights as trained ones look: no zero bias, no norm weight of exactly one."""

    def build(model: Any) -> Served:
        generator = torch.Generator().manual_seed(7)
        model.double().eval()
        with torch.no_grad():
            for name, p in model.named_parameters():
                drawn = torch.randn(p.shape, generator=generator, dtype=torch.float64)
                if p.ndim == 1:
                    p.copy_(0.3 * drawn.clamp(-2, 2) + float(name.endswith("weight")))
                else:
                    p.copy_(2 * drawn / p[0].numel() ** 0.5)
        folder = tmp_path / "plain"
        model.save_pretrained(folder)
        return Served(model, folder)

    return build


@pytest.fixture
def causal(served: Callable[[Any], Served]) -> Callable[[str], Served]:
    """A small causal language model of 61 tokens by name, with special tokens 1, 2 and 0."""
    special: dict[str, Any] = {"vocab_size": 61, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    grouped = {"num_attention_heads": 6, "num_key_value_heads": 2}

    def build(name: str) -> Served:
        if name == "gpt2":
            config = transformers.GPT2Config(**GPT2, **special)
            return served(transformers.GPT2LMHeadModel(config))
        if name == "qwen2":
            return served(
                transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SIZES, **grouped, **special))
            )
        tied = name == "llama-tied"
        llama = transformers.LlamaConfig(**SIZES, **grouped, **special, tie_word_embeddings=tied)
        return served(transformers.LlamaForCausalLM(llama))

    return build


@pytest.fixture(autouse=True)
def norms_in_fp64() -> Iterator[None]:
    """transformers' RMSNorm rounds to fp32 even in an fp64 model, which would hide errors below 1e-7."""

    def forward(self: Any, x: Tensor) -> Tensor:
        wide = x.double()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.variance_epsilon)
        return self.weight * normed.to(x.dtype)

    patched = pytest.MonkeyPatch()
    for family, name in (("llama", "LlamaRMSNorm"), ("qwen2", "Qwen2RMSNorm")):
        module = __import__(f"transformers.models.{family}.modeling_{family}", fromlist=["x"])
        patched.setattr(getattr(module, name), "forward", forward)
    yield
    patched.undo()


@pytest.fixture
def written() -> Callable[[Path], dict[str, Any]]:
    def read(folder: Path) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((folder / "config.json").read_text())
        return found

    return read
