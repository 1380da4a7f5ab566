"""LoRA between two parties, and the owner's own adapters: stock PEFT on both sides."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file
from torch import Tensor

from biodesci.ee.adapter_key import AdapterKey
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.training import TrainingPlan, minibatches
from biodesci.ee.training.loop import run
from biodesci.ee.training.losses import token_losses
from biodesci.models import adapters
from biodesci.models.tuning.job import adapter_start
from tests.backend.ee.training.drift import reference

PLAN = ("--epochs", 3, "--batch-size", 8, "--learning-rate", 0.2, "--seed", "lora")
LORA = ("--lora-rank", 3, "--lora-alpha", 6, "--lora-target", "c_attn", "--lora-target", "c_fc")
NAME = "base_model.model."


def products(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """B A of each module."""
    return {
        name: state[name.replace("lora_A", "lora_B")].double() @ tensor.double()
        for name, tensor in state.items()
        if "lora_A" in name
    }


def distance(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    assert set(a) == set(b)
    return float(sum((a[n] - b[n]).square().sum() for n in a) ** 0.5)


def columns_of(tokenizer: Path, texts: list[str]) -> dict[str, Tensor]:
    found = transformers.AutoTokenizer.from_pretrained(tokenizer)(
        texts, truncation=True, max_length=20, padding=True, return_tensors="pt"
    )
    columns = {name: found[name] for name in ("input_ids", "attention_mask")}
    columns["labels"] = columns["input_ids"].masked_fill(columns["attention_mask"] == 0, -100)
    return columns


@pytest.fixture
def tuned(
    table: Any, plain_model: Callable[..., Path], tokenizer: Path, texts: tuple[list[str], list[str]]
) -> Any:
    """An adapter trained on an encrypted GPT-2 (orthogonal keys, SGD)."""
    table.plain = plain_model("gpt2")
    table.key_ = table.owner.key(table.encrypt(table.plain, "orthogonal"))
    records = table.path / "records.jsonl"
    records.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts[0]), encoding="utf-8")
    table.encode(records, "--tokenizer", tokenizer, "--max-length", 20)
    table.told = table.tune(*PLAN, *LORA)
    return table


def test_a_tuned_adapter_decrypts_to_the_plain_one(tuned: Any, tokenizer: Path, texts: Any) -> None:
    """By its products BA, against the same training on the folded plain model in its own basis."""
    assert tuned.told["lossAfter"] < tuned.told["lossBefore"]
    key, again = tuned.key_, reference(tuned.key_)
    checkpoint = Checkpoint.open(tuned.plain)
    start = again.encrypt({n: checkpoint.tensor(n) for n in checkpoint.tensors})
    config = transformers.AutoConfig.from_pretrained(tuned.plain)
    config.tie_word_embeddings = False
    model = transformers.AutoModelForCausalLM.from_config(config).double()
    model.load_state_dict(start)
    settings = LoraConfig(
        r=3, lora_alpha=6, lora_dropout=0.0, target_modules=["c_attn", "c_fc"], fan_in_fan_out=True
    )
    wrapped = get_peft_model(model, settings).double()
    own = json.loads((tuned.path / "tuned/adapter_config.json").read_text())
    trained = load_file(tuned.path / "tuned/adapter_model.safetensors")
    secret = AdapterKey.of_started(key, own, trained)
    # The machine's first adapter, as the key's owner sees it: A = A' R⁻¹, in the folded model's basis.
    theirs = {
        name: adapter_start("lora", name.removeprefix(NAME).split(".lora_")[0], tensor.shape)
        if "lora_A" in name
        else torch.zeros_like(tensor)
        for name, tensor in trained.items()
    }
    first = secret.decrypt(key, theirs, torch.float64)
    folded = secret.of_started(again, own, first).encrypt(again, first)
    with torch.no_grad():
        for name, p in wrapped.named_parameters():
            if ".lora_" in name:
                p.copy_(folded[name.replace(".default", "")])
    plan = TrainingPlan(3, 8, 0.2, seed="lora")
    run(wrapped, minibatches(columns_of(tokenizer, texts[0]), plan), plan, token_losses)
    expected = {n.replace(".default", ""): p.detach() for n, p in wrapped.named_parameters() if ".lora_" in n}

    plain = load_file(tuned.decrypt() / "adapter_model.safetensors")
    found = secret.of_started(again, own, plain).encrypt(again, plain)
    changed = distance(products(expected), products(folded))
    assert changed > 1e-3
    assert distance(products(found), products(expected)) / changed < 1e-9


def test_the_plain_adapter_works_on_the_plain_model(tuned: Any, tokenizer: Path, texts: Any) -> None:
    """As the tuned one on the encrypted model."""
    folder = tuned.decrypt()
    columns = {n: c[:6] for n, c in columns_of(tokenizer, texts[0]).items() if n != "labels"}
    plain = transformers.AutoModelForCausalLM.from_pretrained(tuned.plain).eval()
    encrypted = transformers.AutoModelForCausalLM.from_pretrained(tuned.path / "encrypted").eval()
    moved = {**columns, "input_ids": tuned.key_.codec("inference").tokens.encode(columns["input_ids"])}
    with torch.no_grad():
        before = plain(**columns).logits
        expected = PeftModel.from_pretrained(plain, folder)(**columns).logits
        answer = PeftModel.from_pretrained(encrypted, tuned.path / "tuned")(**moved).logits
    found = torch.from_numpy(tuned.key_.codec("inference").decode("logits", answer.numpy()))
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-9
    assert float((before - expected).abs().max() / expected.abs().max()) > 1e-2
    mark = json.loads((tuned.path / "tuned/ee.json").read_text())
    assert mark == {"base_key_id": tuned.key_.key_id, "mode": "orthogonal"}
    assert str(tuned.path) not in (tuned.path / "tuned/adapter_config.json").read_text()
    assert not (folder / "ee.json").exists()


def test_an_owners_adapter_there_and_back(tuned: Any, tokenizer: Path, texts: Any) -> None:
    plain = tuned.decrypt()
    told = tuned.owner.run(
        "model", "encrypt", plain, tuned.path / "moved", "--base", tuned.path / "encrypted"
    )
    assert Path(told["key"]).parent == tuned.path / "owner/models"
    one, other = (load_file(tuned.path / f / "adapter_model.safetensors") for f in ("tuned", "moved"))
    assert distance(products(one), products(other)) < 1e-9 * distance(
        products(one), {n: torch.zeros_like(t) for n, t in products(one).items()}
    )
    assert not torch.allclose(one[min(one)], other[min(other)])  # C is its own
    tuned.owner.run("model", "decrypt", tuned.path / "moved", tuned.path / "back")
    back, first = (load_file(f / "adapter_model.safetensors") for f in (tuned.path / "back", plain))
    assert all(torch.allclose(back[n], first[n], atol=1e-12) for n in first)


def test_a_plain_adapter_is_its_owners_alone(tuned: Any) -> None:
    folder = tuned.decrypt()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}


def test_interrupted_when_all_is_there_the_adapters_key_stays(
    tuned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, home = tuned.decrypt(), tuned.path / "owner"
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> None:
        rename(self, target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            adapters.encrypt(plain, tuned.path / "encrypted", tuned.path / "moved", home, "one for each")
    tuned.owner.run("model", "decrypt", tuned.path / "moved", tuned.path / "back")
    back, first = (load_file(f / "adapter_model.safetensors") for f in (tuned.path / "back", plain))
    assert all(torch.allclose(back[n], first[n], atol=1e-12) for n in first)


def test_adapter_files_astray(tuned: Any) -> None:
    plain, base = tuned.decrypt(), tuned.path / "encrypted"
    whole = shutil.copytree(plain, tuned.path / "whole")
    (plain / "adapter_model.safetensors").unlink()
    said = tuned.owner.refused("model", "encrypt", plain, tuned.path / "x", "--base", base)
    assert "There is no adapter_model.safetensors in" in said
    shutil.copy(plain / "adapter_config.json", base)
    refused, stray = tuned.owner.refused, "holds a model, and beside it a stray adapter_config.json"
    assert stray in refused("model", "decrypt", base, tuned.path / "x")
    shutil.copy(tuned.path / "tuned/adapter_model.safetensors", base)
    assert stray in refused("model", "decrypt", base, tuned.path / "x")
    assert stray in tuned.machine.refused("tune", "run", base, tuned.path / "encoded", tuned.path / "x")
    assert stray in refused("model", "encrypt", whole, tuned.path / "x", "--base", base)
    assert not (tuned.path / "x").exists()


def test_refusals(tuned: Any) -> None:
    plain, base = tuned.decrypt(), tuned.path / "encrypted"
    assert "--base" in tuned.owner.refused("model", "encrypt", plain, tuned.path / "x")
    assert "already encrypted" in tuned.owner.refused(
        "model", "encrypt", tuned.path / "tuned", tuned.path / "x", "--base", base
    )
    assert "no encrypted adapter" in tuned.owner.refused("model", "decrypt", plain, tuned.path / "x")
    assert "is not in" in tuned.data.refused("model", "decrypt", tuned.path / "tuned", tuned.path / "x")
    config = json.loads((plain / "adapter_config.json").read_text())
    (plain / "adapter_config.json").write_text(json.dumps({**config, "use_dora": True}))
    before = sorted(p.name for p in (tuned.path / "owner/models").iterdir())
    assert "DoRA" in tuned.owner.refused("model", "encrypt", plain, tuned.path / "x", "--base", base)
    assert sorted(p.name for p in (tuned.path / "owner/models").iterdir()) == before
    assert not (tuned.path / "x").exists()
    assert "Target modules" in tuned.machine.refused(
        *("tune", "run", base, tuned.path / "encoded", tuned.path / "x"),
        *("--lora-rank", 2, "--lora-target", "no_such_layer"),
    )
    assert "linear layers only" in tuned.machine.refused(
        *("tune", "run", base, tuned.path / "encoded", tuned.path / "x"),
        *("--lora-rank", 2, "--lora-target", "wpe"),
    )
    assert not (tuned.path / "x").exists()


def test_a_layer_that_transformers_renames(table: Any, plain_model: Callable[..., Path]) -> None:
    """ViT's `query` of the checkpoint is `q_proj` in memory, and PEFT adapts what is in memory."""
    from safetensors.torch import save_file

    pixels, labels = torch.rand(16, 1, 8, 8, dtype=torch.float64), torch.arange(16) % 10
    save_file({"pixel_values": pixels, "labels": labels}, table.path / "records.safetensors")
    plain = plain_model("vit")
    key = table.owner.key(table.encrypt(plain, "orthogonal"))
    table.encode(table.path / "records.safetensors")
    table.tune("--lora-rank", 2, "--lora-target", "q_proj", "--learning-rate", 0.5)
    folder = table.decrypt()
    model = transformers.AutoModelForImageClassification.from_pretrained(plain).eval()
    encrypted = transformers.AutoModelForImageClassification.from_pretrained(table.path / "encrypted").eval()
    with torch.no_grad():
        before = model(pixels).logits
        expected = PeftModel.from_pretrained(model, folder)(pixels).logits
        moved = key.codec("inference").patches.encode(pixels)
        answer = PeftModel.from_pretrained(encrypted, table.path / "tuned")(moved).logits
    found = torch.from_numpy(key.codec("inference").decode("logits", answer.numpy()))
    assert float((found - expected).abs().max()) < 1e-9
    assert float((before - expected).abs().max()) > 1e-5
