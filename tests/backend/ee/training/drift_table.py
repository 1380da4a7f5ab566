"""The table of drifts (`drift`): every optimizer under every key, on small models and real data.

Records are scikit-learn's breast cancer data; tokens, sequences and images are its handwritten digits.
One block has every kind of tensor that a step moves; the table, and `make test-deep`, have two."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
import transformers
from sklearn.datasets import load_breast_cancer, load_digits
from torch import Tensor, nn

from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.sampling import Stream
from biodesci.ee.training.combinations import OPTIMIZERS, refusal
from biodesci.ee.training.lion import Lion
from biodesci.ee.training.loop import Batches, run
from biodesci.ee.training.losses import Loss, class_losses, mean, token_losses
from biodesci.ee.training.plan import TrainingPlan
from tests.backend.ee.training.drift import Subject, measure

LIBRARY: Any = transformers  # its models are not typed
SAMPLES = 160
PLANS = {
    name: TrainingPlan(
        epochs=5,
        batch_size=8,
        learning_rate=rate,
        clip=0.5,
        optimizer=name,
        weight_decay=0.05,
        seed="drift",
    )
    for name, rate in {"sgd": 0.02, "muon": 0.005, "shampoo": 0.01, "adamw": 0.002, "lion": 0.0005}.items()
}
STEPS = PLANS["sgd"].epochs * SAMPLES // PLANS["sgd"].batch_size
WIDTH = 16
SEED = hashlib.sha256(b"biodesci/drift").digest()  # of weights, not of keys: runs start alike


def _tabular(layers: int) -> Subject:
    data = load_breast_cancer()
    x, y = data.data[:SAMPLES], data.target[:SAMPLES]
    x = torch.from_numpy((x - x.mean(0)) / x.std(0))
    config = TabularConfig(features=x.shape[1], tokens=4, width=WIDTH, heads=2, layers=layers, hidden=24)
    state = {name: torch.from_numpy(w) for name, w in config.initial_weights(SEED).items()}
    columns = {"x": x, "labels": torch.from_numpy(y).long()}
    return Subject("tabular", config.build(state), config.settings(), columns, class_losses)


def _images() -> tuple[Tensor, Tensor]:
    digits = load_digits()
    return torch.from_numpy(digits.images[:SAMPLES]), torch.from_numpy(digits.target[:SAMPLES]).long()


def _tokens() -> tuple[Tensor, Tensor]:
    """Each digit as 16 tokens from 3 to 19: the mean brightness of its 2 x 2 fields."""
    images, labels = _images()
    fields = images.reshape(-1, 4, 2, 4, 2).mean(dim=(2, 4)).round().long() + 3
    return fields.reshape(-1, 16), labels


def _filled(model: Any) -> Any:
    """Weights as trained ones look: no bias of zero, no norm weight of one."""
    with torch.no_grad():
        for name, p in model.double().named_parameters():
            drawn = torch.from_numpy(Stream(SEED, f"weights/{name}").gaussian(*p.shape))
            if p.ndim == 1:
                p.copy_(1.0 + 0.3 * drawn.clamp(-2, 2) if name.endswith("weight") else 0.3 * drawn)
            else:
                p.copy_(drawn / p[0].numel() ** 0.5)
    return model


def _stock(name: str, model: Any, columns: dict[str, Tensor], loss: Loss) -> Subject:
    config = json.loads(model.config.to_json_string()) | {"architectures": [type(model).__name__]}
    return Subject(name, _filled(model), config, columns, loss)


CLASSES: dict[str, Any] = {
    "id2label": {i: str(i) for i in range(10)},
    "label2id": {str(i): i for i in range(10)},
}
SPECIAL: dict[str, Any] = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def _bert(layers: int) -> Subject:
    ids, labels = _tokens()
    config = LIBRARY.BertConfig(
        vocab_size=20,
        hidden_size=WIDTH,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=16,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **CLASSES,
    )
    model = LIBRARY.BertForSequenceClassification(config)
    return _stock("bert", model, {"input_ids": ids, "labels": labels}, class_losses)


def _gpt2(layers: int) -> Subject:
    ids, _ = _tokens()
    config = LIBRARY.GPT2Config(
        vocab_size=20,
        n_embd=WIDTH,
        n_layer=layers,
        n_head=2,
        n_positions=16,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        tie_word_embeddings=False,
        **SPECIAL,
    )
    return _stock("gpt2", LIBRARY.GPT2LMHeadModel(config), {"input_ids": ids, "labels": ids}, token_losses)


def _llama(layers: int, kind: str = "llama") -> Subject:
    ids, _ = _tokens()
    settings: dict[str, Any] = {
        "vocab_size": 20,
        "hidden_size": WIDTH,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 4,
        "intermediate_size": 24,
        "tie_word_embeddings": False,
        **SPECIAL,
    }
    model = (
        LIBRARY.LlamaForCausalLM(LIBRARY.LlamaConfig(**settings))
        if kind == "llama"
        else LIBRARY.Qwen3ForCausalLM(LIBRARY.Qwen3Config(**settings))
    )
    return _stock(kind, model, {"input_ids": ids, "labels": ids}, token_losses)


def _vit(layers: int) -> Subject:
    images, labels = _images()
    config = LIBRARY.ViTConfig(
        hidden_size=WIDTH,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=24,
        image_size=8,
        patch_size=4,
        num_channels=1,
        **CLASSES,
    )
    columns = {"pixel_values": images[:, None] / 8.0 - 1.0, "labels": labels}
    return _stock("vit", LIBRARY.ViTForImageClassification(config), columns, class_losses)


SUBJECTS: dict[str, Callable[[int], Subject]] = {
    "tabular": _tabular,
    "bert": _bert,
    "gpt2": _gpt2,
    "llama": _llama,
    "qwen3": lambda layers: _llama(layers, "qwen3"),
    "vit": _vit,
}


def subject(name: str, layers: int = 1) -> Subject:
    """One of SUBJECTS, of so many blocks."""
    return SUBJECTS[name](layers)


@dataclass(frozen=True)
class Row:
    """The drift of one combination; `refused`: why it is not offered, None where it is exact."""

    model: str
    optimizer: str
    mode: str
    drift: float
    refused: str | None
    steps: int = STEPS

    def document(self) -> dict[str, Any]:
        return asdict(self)


def row(model: str, optimizer: str, mode: Mode, layers: int = 2) -> Row:
    """One measured combination of the table."""
    one = subject(model, layers)
    key = ModelKey.for_model(one.config, one.state, mode)
    return Row(model, optimizer, mode, measure(one, key, PLANS[optimizer]), refusal(optimizer, mode))


def stretched_key(one: Subject) -> ModelKey:
    """An orthogonal key whose attention heads got general linear parts: exact for inference, not for
    training."""
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    general = {
        place: group.sample(Stream(os.urandom(32), place), "general")
        for place, group in key.layout.places.items()
        if place.endswith((".query", ".value"))
    }
    return replace(key, parts={**key.parts, **general})


def conditions(model: str = "gpt2") -> Iterator[Row]:
    """What the table does not show: conditions that make a combination of the table exact, or break it."""
    one = subject(model, 2)
    key = ModelKey.for_model(one.config, one.state, "orthogonal")
    stretched = stretched_key(one)
    heads = "orthogonal with GL heads"
    for name in ("sgd", "muon"):
        drift = measure(one, stretched, PLANS[name])
        yield Row(model, name, heads, drift, refusal(name, "general"))
    reason = "folded norms must stay frozen"
    drift = measure(one, key, PLANS["sgd"], freeze=False)
    yield Row(model, "sgd", "orthogonal, folded norms trained", drift, reason)
    reason = "it rounds to bfloat16 in each basis"
    drift = measure(one, key, PLANS["muon"], train=_run_torch_muon)
    yield Row(model, "torch.optim.Muon", "orthogonal", drift, reason)
    reason = "it takes the sign of rounding (training/lion.py)"
    permuted = ModelKey.for_model(one.config, one.state, "permutation")
    drift = measure(one, permuted, PLANS["lion"], train=_run_paper_lion)
    yield Row(model, "lion as in the paper", "permutation", drift, reason)
    drift = measure(one, stretched, PLANS["sgd"], train=_run_without_heads)
    yield Row(model, "sgd", f"{heads}, frozen", drift, None)


def _run_torch_muon(model: nn.Module, batches: Batches, plan: TrainingPlan, loss: Loss) -> None:
    for name, p in model.named_parameters():
        p.requires_grad_(p.ndim == 2 and "wpe" not in name)
    free = [p for p in model.parameters() if p.requires_grad]
    _run_bare(torch.optim.Muon(free, lr=plan.learning_rate), model, batches, plan, loss)


def _run_paper_lion(model: nn.Module, batches: Batches, plan: TrainingPlan, loss: Loss) -> None:
    free = [p for p in model.parameters() if p.requires_grad]
    _run_bare(Lion(free, lr=plan.learning_rate, quiet=0.0), model, batches, plan, loss)


def _run_bare(
    optimizer: torch.optim.Optimizer, model: nn.Module, batches: Batches, plan: TrainingPlan, loss: Loss
) -> None:
    """Without clipping and decay, which `Stepper` adds to the plan's own optimizers."""
    for epoch in range(plan.epochs):
        for batch in batches(epoch):
            optimizer.zero_grad()
            mean(loss(model, batch)).backward()  # type: ignore[no-untyped-call]
            optimizer.step()


def _run_without_heads(model: nn.Module, batches: Batches, plan: TrainingPlan, loss: Loss) -> None:
    for name, p in model.named_parameters():
        p.requires_grad_(p.requires_grad and "attn" not in name)
    run(model, batches, plan, loss)


def table(models: tuple[str, ...] = tuple(SUBJECTS)) -> Iterator[Row]:
    """Every optimizer, under permutation and orthogonal keys, then `conditions`."""
    modes: tuple[Mode, ...] = ("permutation", "orthogonal")
    for model in models:
        for mode in modes:
            for optimizer in OPTIMIZERS:
                yield row(model, optimizer, mode)
    yield from conditions()
