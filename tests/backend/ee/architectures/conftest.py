"""Stock models with random weights, encrypted and plain side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor, nn

from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey

transformers.logging.set_verbosity_error()
ROUNDED = ("LlamaRMSNorm", "MistralRMSNorm", "Qwen2RMSNorm", "Qwen3RMSNorm", "Phi3RMSNorm")


class Pair:
    """A plain model, its key, and the encrypted model, of one type."""

    def __init__(self, plain: Any, mode: Mode, *, shuffle: bool = False) -> None:
        self.plain = plain.eval()
        config = json.loads(plain.config.to_json_string()) | {"architectures": [type(plain).__name__]}
        self.state = stored(plain)
        self.key = ModelKey.for_model(config, self.state, mode, shuffle=shuffle)
        self.encrypted_state = self.key.encrypt(self.state)
        changed = {**plain.config.to_dict(), **self.key.layout.config}
        self.encrypted = type(plain)(type(plain.config)(**changed)).to(plain.dtype).eval()
        missing, unexpected = self.encrypted.load_state_dict(self.encrypted_state, strict=False)
        self.encrypted.tie_weights()
        assert not unexpected
        assert set(missing) <= set(getattr(plain, "_tied_weights_keys", None) or ())

    def tokens(self, ids: Tensor) -> Tensor:
        return self.key.parts["vocabulary"].order.argsort()[ids]

    def error(self, output: str, expected: Tensor, got: Tensor, where: Tensor | None = None) -> float:
        """Largest deviation relative to the largest value; raises where the arg-max differs."""
        decoded = torch.from_numpy(self.key.codec("inference").decode(output, got.detach().numpy()))
        expected = expected.detach().double()
        if where is not None:
            expected, decoded = expected[where], decoded[where]
        assert torch.equal(expected.argmax(-1), decoded.argmax(-1))
        largest = float(expected.abs().max()) or 1.0  # a pooler that ends in ReLU may say nothing but zeros
        return float((expected - decoded).abs().max()) / largest

    def decryption_error(self) -> float:
        """0 if decryption gives every bit back."""
        back = self.key.decrypt(self.encrypted_state)
        assert set(back) == set(self.state)
        if all(torch.equal(back[n], t) and back[n].dtype == t.dtype for n, t in self.state.items()):
            return 0.0
        floating = [n for n, t in self.state.items() if t.is_floating_point()]
        return max(float((back[n] - self.state[n]).norm() / self.state[n].norm()) for n in floating)


def stored(model: nn.Module) -> dict[str, Tensor]:
    """The tensors as save_pretrained stores them: without those tied to others."""
    state = dict(model.state_dict())
    if getattr(model.config, "tie_word_embeddings", False):
        for name in getattr(model, "_tied_weights_keys", None) or ():
            state.pop(name, None)
    return state


@pytest.fixture
def randomize() -> Callable[..., Any]:
    """Weights as trained ones look: no zero bias, no norm weight of exactly one, running statistics."""

    def fill(model: nn.Module, seed: int, dtype: torch.dtype) -> nn.Module:
        generator = torch.Generator().manual_seed(seed)
        model.to(dtype)
        with torch.no_grad():
            for name, p in model.named_parameters():
                drawn = torch.randn(p.shape, generator=generator, dtype=torch.float64)
                if p.ndim == 1 and name.endswith("weight"):
                    p.copy_(1.0 + 0.3 * drawn.clamp(-2, 2))
                elif p.ndim == 1:
                    p.copy_(0.3 * drawn)
                else:
                    p.copy_(drawn / p[0].numel() ** 0.5)
            for name, buffer in model.named_buffers():
                if "running" in name:
                    buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator, dtype=torch.float64))
        return model

    return fill


@pytest.fixture
def pair() -> type[Pair]:
    return Pair


@pytest.fixture(autouse=True)
def norms_in_fp64() -> Iterator[None]:
    """transformers' RMSNorm rounds to fp32 even in an fp64 model, which would hide errors below 1e-7."""

    def forward(self: Any, x: Tensor) -> Tensor:
        wide = x.double()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.variance_epsilon)
        return self.weight * normed.to(x.dtype)

    patched = pytest.MonkeyPatch()
    for family in ("llama", "mistral", "qwen2", "qwen3", "phi3"):
        module = __import__(f"transformers.models.{family}.modeling_{family}", fromlist=["x"])
        for name in ROUNDED:
            if hasattr(module, name):
                patched.setattr(getattr(module, name), "forward", forward)
    yield
    patched.undo()
