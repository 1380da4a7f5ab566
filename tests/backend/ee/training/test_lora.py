"""PEFT adapters under their base model's key: stock PEFT on stock models, encrypted and plain."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.adapter_key import AdapterKey
from biodesci.ee.architectures.lora import read_ranks
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.parts import Blocks, identity
from biodesci.ee.training import check_model, fine_tune, minibatches
from biodesci.ee.training.losses import scores
from tests.backend.ee.training.drift import Subject, encode, exact_norms, reference
from tests.backend.ee.training.drift_table import PLANS, STEPS, subject

TARGETS = {
    "bert": ["query", "value", "intermediate.dense", "output.dense"],
    "gpt2": ["c_attn", "c_proj", "c_fc"],
    "llama": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
}
RANK = 3


def key_of(one: Subject, mode: Mode) -> ModelKey:
    return ModelKey.for_model(one.config, one.state, mode)


def wrap(
    model: Any, targets: list[str], state: dict[str, Tensor] | None = None, **settings: Any
) -> PeftModel:
    config = LoraConfig(
        **{"r": RANK, "lora_alpha": 6, "lora_dropout": 0.0, "target_modules": targets, **settings}
    )
    wrapped = get_peft_model(model, config).double()
    if state is not None:
        set_peft_model_state_dict(wrapped, state)
    return wrapped.eval()


def config_of(model: PeftModel) -> dict[str, Any]:
    return model.peft_config["default"].to_dict()


def plain_adapter(one: Subject, **settings: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """A trained-looking adapter of the plain model: config and weights, B not zero."""
    model = wrap(one.under(reference(key_of(one, "permutation"))), TARGETS[one.name], **settings)
    generator = torch.Generator().manual_seed(3)
    state = {
        name: 0.1 * torch.randn(t.shape, generator=generator, dtype=torch.float64)
        for name, t in get_peft_model_state_dict(model).items()
    }
    return config_of(model), state


def decoded(key: ModelKey, model: Any, columns: dict[str, Tensor]) -> Tensor:
    with torch.no_grad(), exact_norms(model):
        found = scores(model, columns)
    return torch.from_numpy(key.codec("inference").decode("logits", found.numpy()))


CASES = [(m, mode) for m in TARGETS for mode in ("permutation", "orthogonal", "general")]


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_an_encrypted_adapter_on_an_encrypted_model_answers_alike(name: str, mode: Mode) -> None:
    one = subject(name)
    key = key_of(one, mode)
    config, state = plain_adapter(one)
    adapter = AdapterKey.from_bytes(AdapterKey.generate(key, config, state).to_bytes())
    encrypted = adapter.encrypt(key, state)
    columns = {n: c[:12] for n, c in one.columns.items()}
    none = key_of(one, "permutation")
    plain = decoded(reference(none), wrap(one.under(reference(none)), TARGETS[name], state), columns)
    without = decoded(reference(none), one.under(reference(none)), columns)
    moved = decoded(key, wrap(one.under(key), TARGETS[name], encrypted), encode(key, columns))
    assert float((plain - moved).abs().max() / plain.abs().max()) < 1e-12
    assert float((plain - without).abs().max() / plain.abs().max()) > 1e-3
    back = adapter.decrypt(key, encrypted)
    assert all(float((back[n] - t).abs().max()) < 1e-12 for n, t in state.items())
    assert all(
        encrypted[n].shape == t.shape and not torch.allclose(encrypted[n], t) for n, t in state.items()
    )


@pytest.mark.parametrize(
    ("name", "optimizer", "mode"),
    [
        ("bert", "adamw", "permutation"),
        ("llama", "sgd", "orthogonal"),
        ("gpt2", "muon", "orthogonal"),
        *(pytest.param(m, "adamw", "permutation", marks=pytest.mark.deep) for m in ("gpt2", "llama")),
        *(pytest.param(m, "sgd", "orthogonal", marks=pytest.mark.deep) for m in ("gpt2", "bert")),
    ],
)
def test_adapters_train_alike(name: str, optimizer: str, mode: Mode) -> None:
    """From the same start, for 100 steps; the base is the folded plain model.

    At five times these rates, from adapters three times as large, training turns chaotic: the drift reaches
    1e-4 (Muon: 1e-2), and so does the plain run if its start is perturbed by 1e-15."""
    one, plan = subject(name), PLANS[optimizer]
    key = key_of(one, mode)
    config, start = plain_adapter(one)
    adapter = AdapterKey.generate(key, config, start)
    still = replace(adapter, parts={m: identity(r) for m, r in adapter.ranks.items()})
    trained = []
    for held, own in ((reference(key), still), (key, adapter)):
        model = wrap(one.under(held), TARGETS[name], own.encrypt(held, start))
        with exact_norms(model):
            batches = minibatches(encode(held, one.columns), plan)
            assert fine_tune(model, batches, plan, key.layout, one.loss) == STEPS >= 100
        trained.append(own.decrypt(held, get_peft_model_state_dict(model)))
    plain, moved = trained
    difference = sum(float((plain[n] - moved[n]).square().sum()) for n in start) ** 0.5
    change = sum(float((plain[n] - t).square().sum()) for n, t in start.items()) ** 0.5
    assert change > 0.01
    assert difference / change < 1e-9


def test_an_adapter_started_on_the_encrypted_model_decrypts(tmp_path: Path) -> None:
    """From PEFT's own start and through its own file: who trains has no key at all."""
    one, plan = subject("gpt2"), PLANS["sgd"]
    key = key_of(one, "orthogonal")
    model = wrap(one.under(key), TARGETS["gpt2"])
    fine_tune(model, minibatches(encode(key, one.columns), plan), plan, key.layout, one.loss)
    model.save_pretrained(tmp_path)
    state = load_file(tmp_path / "adapter_model.safetensors")
    config = json.loads((tmp_path / "adapter_config.json").read_text())

    adapter = AdapterKey.generate(key, config, state)
    save_file(adapter.decrypt(key, state), tmp_path / "adapter_model.safetensors")
    columns = {n: c[:12] for n, c in one.columns.items()}
    codec = key_of(one, "permutation")
    plain = PeftModel.from_pretrained(one.model, tmp_path).double().eval()
    expected = decoded(key, model.eval(), encode(key, columns))
    found = decoded(reference(codec), plain, columns)
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-6  # PEFT's file is fp32 or fp64


def test_general_keys_do_not_train_adapters() -> None:
    one, plan = subject("bert"), PLANS["sgd"]
    key = key_of(one, "general")
    model = wrap(one.under(key), TARGETS["bert"])
    with pytest.raises(InputError, match="stretch weights"):
        fine_tune(model, minibatches(encode(key, one.columns), plan), plan, key.layout, one.loss)


def test_adapter_dropout_is_refused() -> None:
    one = subject("bert")
    key = key_of(one, "orthogonal")
    with pytest.raises(InputError, match=r"lora_dropout\.default drops 0\.1"):
        check_model(wrap(one.under(key), TARGETS["bert"], lora_dropout=0.1), key.layout)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"use_dora": True}, "DoRA scales rows"),
        ({"modules_to_save": ["classifier"]}, "whole modules"),
        ({"bias": "lora_only"}, "trains biases"),
        ({"peft_type": "IA3"}, "IA3 adapter"),
        ({"r": 4}, "the configuration 4"),
        ({"lora_bias": True}, "a bias in B"),
    ],
)
def test_adapters_that_do_not_move_are_refused(change: dict[str, Any], why: str) -> None:
    one = subject("bert")
    config, state = plain_adapter(one)
    with pytest.raises(InputError, match=why):
        AdapterKey.generate(key_of(one, "orthogonal"), {**config, **change}, state)


def test_ranks_per_module_are_read() -> None:
    one = subject("bert")
    config, state = plain_adapter(one, rank_pattern={"query": 2})
    ranks = read_ranks(config, state)
    assert {rank for module, rank in ranks.items() if module.endswith("query")} == {2}
    assert {rank for module, rank in ranks.items() if not module.endswith("query")} == {RANK}
    key = key_of(one, "orthogonal")
    adapter = AdapterKey.generate(key, config, state)
    back = adapter.decrypt(key, adapter.encrypt(key, state))
    assert all(torch.allclose(back[n], t, atol=1e-12) for n, t in state.items())


def test_files_that_do_not_fit_are_refused() -> None:
    one = subject("bert")
    key = key_of(one, "orthogonal")
    config, state = plain_adapter(one)
    first = next(n for n in state if "lora_A" in n)
    partner = first.replace("lora_A", "lora_B")
    with pytest.raises(InputError, match="half an adapter"):
        AdapterKey.generate(key, config, {n: t for n, t in state.items() if n != first})
    with pytest.raises(InputError, match="A has rank 3, B has rank 2"):
        AdapterKey.generate(key, config, {**state, partner: state[partner][:, :2]})
    with pytest.raises(InputError, match="no linear layer"):
        AdapterKey.generate(key, config, {n.replace("query", "other"): t for n, t in state.items()})
    with pytest.raises(InputError, match="no matrix A or B"):
        AdapterKey.generate(key, config, {**state, "base_model.model.x.lora_embedding_A": state[first]})
    with pytest.raises(InputError, match="empty"):
        AdapterKey.generate(key, config, {})
    adapter = AdapterKey.generate(key, config, state)
    with pytest.raises(InputError, match="missing or unknown"):
        adapter.encrypt(key, {n: t for n, t in state.items() if n != first})
    with pytest.raises(InputError, match="NaN"):
        adapter.decrypt(key, {**state, first: state[first] * float("nan")})
    with pytest.raises(InputError, match="shape"):
        adapter.encrypt(key, {**state, first: state[first][:, :5]})


def test_a_tied_head_cannot_be_a_target() -> None:
    one = subject("gpt2")
    config = {**one.config, "tie_word_embeddings": True}
    tied = {n: t for n, t in one.state.items() if n != "lm_head.weight"}
    key = ModelKey.for_model(config, tied, "orthogonal")
    state = {
        f"base_model.model.lm_head.lora_{w}.weight": torch.zeros(s)
        for w, s in (("A", (3, 16)), ("B", (20, 3)))
    }
    with pytest.raises(InputError, match="tied to the embedding"):
        AdapterKey.generate(key, {"peft_type": "LORA", "r": 3}, state)


def test_another_models_key_is_refused_and_keys_are_fresh() -> None:
    one = subject("gpt2")
    key = key_of(one, "orthogonal")
    config, state = plain_adapter(one)
    adapter = AdapterKey.generate(key, config, state)
    with pytest.raises(WrongKeyError):
        adapter.encrypt(key.renewed(), state)
    with pytest.raises(WrongKeyError):
        adapter.decrypt(key_of(one, "orthogonal"), state)
    again = AdapterKey.generate(key, config, state)
    assert again.key_id != adapter.key_id
    parts = list(adapter.parts.values()) + list(again.parts.values())
    drawn = {tuple(part.matrices.reshape(-1).tolist()) for part in parts if isinstance(part, Blocks)}
    assert len(drawn) == len(parts) == 2 * len(adapter.ranks)


@pytest.mark.parametrize("damage", [b"", b"x" * 40])
def test_damaged_keys_are_refused(damage: bytes) -> None:
    one = subject("bert")
    config, state = plain_adapter(one)
    data = AdapterKey.generate(key_of(one, "orthogonal"), config, state).to_bytes()
    with pytest.raises(InputError):
        AdapterKey.from_bytes(damage or data[:-8])
