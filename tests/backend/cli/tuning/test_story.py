"""Two parties and a rented machine: the decrypted tuned model is the one that plaintext training gives."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_breast_cancer, load_digits
from torch import Tensor
from torch.nn import functional as F

from biodesci.ee.architectures import mlp
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.training import TrainingPlan, freeze_for, minibatches
from biodesci.ee.training.loop import run
from biodesci.ee.training.losses import class_losses, own_loss, token_losses
from biodesci.ee.training.plan import order
from tests.backend.ee.training.drift import reference

EPOCHS, BATCH, CLIP, DECAY, SEED = 3, 8, 0.5, 0.01, "story"
PLAN = ("--epochs", EPOCHS, "--batch-size", BATCH, "--clip", CLIP, "--weight-decay", DECAY, "--seed", SEED)


def distance(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    assert set(a) == set(b)
    return float(sum((a[n].double() - b[n].double()).square().sum() for n in a) ** 0.5)


def drift(tuned: dict[str, Tensor], plain: dict[str, Tensor], start: dict[str, Tensor]) -> float:
    """‖dec(θ') - θ‖ / ‖Δθ‖"""
    changed = distance(plain, start)
    assert changed > 1e-3
    return distance(tuned, plain) / changed


def write_table(path: Path, texts: list[str], labels: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["note", "diagnosis"])
        writer.writerows(zip(texts, labels, strict=True))
    return path


def write_lines(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def tokens(tokenizer: Path, texts: list[str], length: int) -> dict[str, Tensor]:
    found = transformers.AutoTokenizer.from_pretrained(tokenizer)(
        texts, truncation=True, max_length=length, padding=True, return_tensors="pt"
    )
    return {name: found[name] for name in ("input_ids", "attention_mask")}


def reference_start(key: Any, plain: Path) -> dict[str, Tensor]:
    """The plain weights as the key folds and unties them, in the plain basis and in fp64."""
    checkpoint = Checkpoint.open(plain)
    return reference(key).encrypt({name: checkpoint.tensor(name).double() for name in checkpoint.tensors})


@pytest.fixture(scope="module")
def bert(
    tmp_path_factory: pytest.TempPathFactory,
    table_at: Callable[[Path], Any],
    plain_model: Callable[..., Path],
    tokenizer: Path,
    texts: tuple[list[str], list[str]],
) -> Any:
    """The whole story for a BERT classifier of texts, permutation keys and AdamW."""
    table = table_at(tmp_path_factory.mktemp("bert-story"))
    table.plain = plain_model("bert")
    table.key_id = table.encrypt(table.plain, "permutation")
    records = write_table(table.path / "records.csv", *texts)
    table.told = table.encode(
        *(records, "--tokenizer", tokenizer, "--text", "note", "--label", "diagnosis"),
        *("--classes", "statement,type", "--max-length", 24),
    )
    table.trained = table.tune("--optimizer", "adamw", "--learning-rate", 0.003, *PLAN)
    table.decrypted = table.decrypt()
    return table


def test_bert_with_adamw_under_a_permutation_key(bert: Any, tokenizer: Path, texts: Any) -> None:
    """Against a loop of torch's own AdamW on the plain model."""
    model = transformers.AutoModelForSequenceClassification.from_pretrained(bert.plain)
    assert model.dtype == torch.float64
    start = {n: t.clone() for n, t in load_file(bert.plain / "model.safetensors").items()}
    columns = tokens(tokenizer, texts[0], 24)
    labels = torch.tensor([["statement", "type"].index(label) for label in texts[1]])
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003, weight_decay=DECAY)
    model.train()
    for epoch in range(EPOCHS):
        for batch in torch.split(torch.from_numpy(order(SEED, epoch, len(labels))), BATCH):
            optimizer.zero_grad()
            scores = model(**{n: c[batch] for n, c in columns.items()}).logits
            F.cross_entropy(scores, labels[batch]).backward()
            norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
            for p in model.parameters():  # torch's clip_grad_norm_ divides by norm + 1e-6
                p.grad *= min(1.0, CLIP / float(norm))
            optimizer.step()
    model.save_pretrained(bert.path / "expected")
    expected = load_file(bert.path / "expected/model.safetensors")
    tuned = load_file(bert.decrypted / "model.safetensors")
    assert drift(tuned, expected, start) < 1e-9
    assert {t.dtype for t in tuned.values()} == {torch.float64}

    assert bert.trained["lossAfter"] < 0.9 * bert.trained["lossBefore"]
    model.eval()
    with torch.no_grad():
        after = float(F.cross_entropy(model(**columns).logits, labels))
    assert after == pytest.approx(bert.trained["lossAfter"], abs=1e-5)


def test_the_report_says_what_was_done(bert: Any) -> None:
    report = json.loads((bert.path / "tuned/tuning.json").read_text())
    assert report["keyId"] == bert.key_id == bert.trained["keyId"] == bert.told["keyId"]
    assert (report["mode"], report["loss"], report["rows"]) == ("permutation", "classes", 48)
    assert report["steps"] == bert.trained["steps"] == EPOCHS * 48 // BATCH
    assert report["plan"]["optimizer"] == "adamw"
    assert report["lossAfter"] < report["lossBefore"]
    assert report["spent"] is None
    records = (bert.path / "encoded").read_bytes()
    assert hashlib.sha256(records).hexdigest() not in json.dumps(report)  # guesses could be checked by it
    progress = [line for line in bert.machine.said[-1].splitlines() if line.startswith("epoch ")]
    assert [line.split(":")[0] for line in progress] == [f"epoch {n} of {EPOCHS}" for n in (1, 2, 3)]
    assert not (bert.path / "tuned.tuning").exists()


def test_stock_transformers_opens_the_tuned_folder(bert: Any) -> None:
    model = transformers.AutoModelForSequenceClassification.from_pretrained(bert.path / "tuned")
    assert model.config.ee == {"key_id": bert.key_id, "mode": "permutation"}
    assert sorted(p.name for p in (bert.path / "tuned").iterdir()) == [
        *("config.json", "model.safetensors", "tuning.json"),
    ]


def test_the_rented_machine_has_nothing_plain(bert: Any, tokenizer: Path, texts: Any) -> None:
    """Its files: the encrypted folder, the encoded records, the tuned folder."""
    files = [bert.path / "encoded", *(bert.path / "encrypted").iterdir(), *(bert.path / "tuned").iterdir()]
    held = b"".join(file.read_bytes() for file in files)
    known = json.loads((tokenizer / "tokenizer.json").read_text())["model"]["vocab"]
    words = {word for text in texts[0] for word in text.split() if len(word) > 4}
    assert len(words) > 100
    weights = (bert.path / "encrypted/model.safetensors").read_bytes()
    header = weights[: 8 + int.from_bytes(weights[:8], "little")]
    public = (bert.path / "encrypted/config.json").read_bytes() + header
    said = [*texts[0], *words, *(t for t in known if len(t) > 5), "statement", "[CLS]", "diagnosis"]
    secret = [one for one in said if one.encode() not in public]  # "value" is a layer's name, too
    assert len(secret) > 150
    assert not [one for one in secret if one.encode() in held]
    encoded = load_file(bert.path / "encoded")
    columns = tokens(tokenizer, texts[0], 24)
    ids, mask = encoded["input_ids"].long(), columns["attention_mask"].bool()
    assert torch.equal(encoded["attention_mask"].bool(), mask)
    assert float((ids == columns["input_ids"])[mask].double().mean()) < 0.2
    for width in (torch.int32, torch.int64, torch.int16, torch.uint8):
        assert columns["input_ids"].to(width).numpy().tobytes()[:200] not in held
    order_ = bert.owner.key(bert.key_id).parts["vocabulary"].order
    assert torch.equal(order_[ids], columns["input_ids"])  # yet it is those tokens that are encoded
    private = b"".join(f.read_bytes() for f in (bert.path / "owner/models").iterdir())
    assert private not in held
    assert stat.S_IMODE((bert.path / "encoded").stat().st_mode) == 0o600
    assert stat.S_IMODE((bert.path / "codec").stat().st_mode) == 0o600


def test_the_client_asks_the_tuned_model(bert: Any, tokenizer: Path, texts: Any) -> None:
    """Scores as the decrypted model gives them, through an inference codec for a third home."""
    bert.owner.run(
        *("model", "grant", bert.path / "encrypted", bert.path / "data.pub", "--out", bert.path / "reader")
    )
    asked = [argument for text in texts[0][:5] for argument in ("--text", text)]
    rows = bert.data.run(
        *("model", "ask", bert.path / "tuned", "--with", bert.path / "reader"),
        *("--tokenizer", tokenizer, *asked),
    )
    model = transformers.AutoModelForSequenceClassification.from_pretrained(bert.decrypted).eval()
    with torch.no_grad():
        expected = model(**tokens(tokenizer, texts[0][:5], 48)).logits
    assert [row["class"] for row in rows] == expected.argmax(1).tolist()
    assert torch.allclose(torch.tensor([row["scores"] for row in rows]).double(), expected, atol=1e-4)

    records = write_table(bert.path / "questions.csv", texts[0][:5], texts[1][:5])
    told = bert.data.run(
        *("model", "ask", bert.path / "tuned", "--with", bert.path / "reader", "--tokenizer", tokenizer),
        *("--input", records, "--column", "note", "--out", bert.path / "answers"),
    )
    assert told["answers"] == 5
    assert torch.allclose(load_file(bert.path / "answers")["logits"], expected, atol=1e-9)


CAUSAL = [
    ("gpt2", torch.float64, "orthogonal", "muon", 0.005, 1e-9),
    ("gpt2", torch.float64, "orthogonal", "sgd", 0.05, 1e-9),
    ("llama", torch.float32, "orthogonal", "sgd", 0.05, 1e-3),
]


@pytest.mark.parametrize(("name", "dtype", "mode", "optimizer", "rate", "bound"), CAUSAL)
def test_causal_models_under_orthogonal_keys(
    table: Any,
    plain_model: Callable[..., Path],
    tokenizer: Path,
    texts: Any,
    name: str,
    dtype: torch.dtype,
    mode: str,
    optimizer: str,
    rate: float,
    bound: float,
) -> None:
    """Against training of the plain model, folded and untied as these keys do it (GPT-2's head is tied)."""
    plain = plain_model(name, dtype)
    key = table.owner.key(table.encrypt(plain, mode))
    table.encode(write_lines(table.path / "r.jsonl", texts[0]), "--tokenizer", tokenizer, "--max-length", 20)
    told = table.tune("--optimizer", optimizer, "--learning-rate", rate, *PLAN)
    assert told["lossAfter"] < told["lossBefore"]
    decrypted = table.decrypt()

    start = reference_start(key, plain)
    config = transformers.AutoConfig.from_pretrained(plain)
    config.tie_word_embeddings = False
    model = transformers.AutoModelForCausalLM.from_config(config).to(dtype)
    model.load_state_dict(start)
    freeze_for(model, key.layout)
    columns = tokens(tokenizer, texts[0], 20)
    columns["labels"] = columns["input_ids"].masked_fill(columns["attention_mask"] == 0, -100)
    plan = TrainingPlan(EPOCHS, BATCH, rate, clip=CLIP, optimizer=optimizer, weight_decay=DECAY, seed=SEED)
    run(model, minibatches(columns, plan), plan, token_losses)

    found = {n: t.double() for n, t in load_file(decrypted / "model.safetensors").items()}
    again = reference(key)
    folded = {
        tensor: again.encrypt_tensor(tensor, found.get(tensor, found[source]), rule, found.__getitem__)
        for tensor, source, rule in again.encrypted_tensors()
    }
    assert drift(folded, model.state_dict(), start) < bound
    stock = transformers.AutoModelForCausalLM.from_pretrained(decrypted)  # opens as it is
    assert stock.config.tie_word_embeddings is False


def test_records_in_arrays_for_a_perceptron(table: Any) -> None:
    """fp32, breast cancer, orthogonal keys: nothing is folded, so it is the plain model itself."""
    data = load_breast_cancer()
    x = torch.from_numpy((data.data - data.data.mean(0)) / data.data.std(0))[:160]
    y = torch.from_numpy(data.target)[:160].long()
    config = {
        "model_type": "biodesci-mlp",
        "features": 30,
        "hidden": [16, 8],
        "classes": 2,
        "activation": "gelu",
    }
    torch.manual_seed(0)
    model = mlp.MlpConfig.from_settings(config).module(torch.float32)
    (table.path / "plain").mkdir()
    (table.path / "plain/config.json").write_text(json.dumps(config))
    save_file(model.state_dict(), table.path / "plain/model.safetensors")
    start = {n: t.clone() for n, t in model.state_dict().items()}
    save_file({"x": x, "labels": y}, table.path / "records.safetensors")
    table.encrypt(table.path / "plain", "orthogonal")
    table.encode(table.path / "records.safetensors")
    told = table.tune("--learning-rate", 0.1, *PLAN)
    assert told["lossAfter"] < 0.5 * told["lossBefore"]
    plan = TrainingPlan(EPOCHS, BATCH, 0.1, clip=CLIP, weight_decay=DECAY, seed=SEED)
    run(model, minibatches({"x": x.float(), "labels": y}, plan), plan, class_losses)
    tuned = load_file(table.decrypt() / "model.safetensors")
    assert drift(tuned, model.state_dict(), start) < 1e-3
    held = (table.path / "encoded").read_bytes()
    assert x.numpy().tobytes()[:240] not in held
    assert x.float().numpy().tobytes()[:120] not in held

    shutil.copy(table.path / "codec", table.path / "other")
    rows = table.data.run(
        *("model", "ask", table.path / "tuned", "--with", table.path / "codec"),
        *("--input", table.path / "records.safetensors"),
    )
    with torch.no_grad():
        assert [row["class"] for row in rows] == model(x.float()).argmax(1).tolist()


def test_images_in_arrays_for_a_vision_transformer(table: Any, plain_model: Callable[..., Path]) -> None:
    digits = load_digits()
    pixels = torch.from_numpy(digits.images[:80, None] / 8.0 - 1.0)
    labels = torch.from_numpy(digits.target[:80]).long()
    plain = plain_model("vit")
    key = table.owner.key(table.encrypt(plain, "orthogonal"))
    save_file({"pixel_values": pixels, "labels": labels}, table.path / "records.safetensors")
    table.encode(table.path / "records.safetensors")
    told = table.tune("--learning-rate", 0.02, *PLAN)
    assert told["lossAfter"] < told["lossBefore"]
    start = reference_start(key, plain)
    shutil.copytree(plain, table.path / "start")
    save_file(start, table.path / "start/model.safetensors", {"format": "pt"})
    model = transformers.ViTForImageClassification.from_pretrained(table.path / "start")
    for name, p in model.named_parameters():  # folded norms; transformers calls them otherwise in memory
        p.requires_grad_("layernorm" not in name or name.endswith("bias"))
    plan = TrainingPlan(EPOCHS, BATCH, 0.02, clip=CLIP, weight_decay=DECAY, seed=SEED)
    run(model, minibatches({"pixel_values": pixels, "labels": labels}, plan), plan, class_losses)
    model.save_pretrained(table.path / "expected")
    expected = load_file(table.path / "expected/model.safetensors")
    found = {n: t.double() for n, t in load_file(table.decrypt() / "model.safetensors").items()}
    assert drift(reference(key).encrypt(found), expected, start) < 1e-9


@pytest.mark.parametrize("shuffle", [False, True])
def test_masked_tokens_under_a_key_that_shuffles_sequences(
    table: Any, tokenizer: Path, texts: Any, shuffle: bool
) -> None:
    """A label per token, in arrays; each sequence goes out in an order of its own."""
    torch.manual_seed(1)
    sizes = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 3, "intermediate_size": 32}
    none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config = transformers.BertConfig(**sizes, **none, vocab_size=150, max_position_embeddings=32)
    model = transformers.BertForMaskedLM(config).double()
    model.save_pretrained(table.path / "plain")
    start = {n: t.clone() for n, t in load_file(table.path / "plain/model.safetensors").items()}
    columns = tokens(tokenizer, texts[0], 20)
    hidden = (torch.rand(columns["input_ids"].shape) < 0.3) & columns["attention_mask"].bool()
    columns["labels"] = columns["input_ids"].masked_fill(~hidden, -100)
    columns["input_ids"] = columns["input_ids"].masked_fill(hidden, 1)
    save_file(columns, table.path / "records.safetensors")
    table.encrypt(table.path / "plain", "permutation", *(["--shuffle"] if shuffle else []))
    table.encode(table.path / "records.safetensors")
    assert ("position_ids" in load_file(table.path / "encoded")) == shuffle
    told = table.tune("--optimizer", "adamw", "--learning-rate", 0.003, *PLAN)
    assert told["lossAfter"] < told["lossBefore"]
    plan = TrainingPlan(EPOCHS, BATCH, 0.003, clip=CLIP, optimizer="adamw", weight_decay=DECAY, seed=SEED)
    run(model, minibatches(columns, plan), plan, own_loss)
    model.save_pretrained(table.path / "expected")
    expected = load_file(table.path / "expected/model.safetensors")
    assert drift(load_file(table.decrypt() / "model.safetensors"), expected, start) < 1e-9


def test_shards_and_types_are_kept(
    table: Any, plain_model: Callable[..., Path], tokenizer: Path, texts: Any
) -> None:
    """bfloat16 in several files: trained in fp32, and stored as it was."""
    whole = transformers.AutoModelForCausalLM.from_pretrained(plain_model("llama", torch.bfloat16))
    whole.save_pretrained(table.path / "plain", max_shard_size="8KB")
    table.encrypt(table.path / "plain", "orthogonal")
    table.encode(write_lines(table.path / "r.jsonl", texts[0]), "--tokenizer", tokenizer, "--max-length", 12)
    table.tune("--epochs", 1, "--learning-rate", 0.1)
    before, after = Checkpoint.open(table.path / "encrypted"), Checkpoint.open(table.path / "tuned")
    assert len({stored.file for stored in before.tensors.values()}) > 2
    assert before.tensors == after.tensors
    assert before.config == after.config
    name = "model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(before.tensor(name), after.tensor(name))
    model = transformers.AutoModelForCausalLM.from_pretrained(table.decrypt())
    assert model.dtype == torch.bfloat16
    report = json.loads((table.path / "tuned/tuning.json").read_text())
    assert report["computedIn"] == "float32"
    assert "model.norm.weight" in report["frozen"]
