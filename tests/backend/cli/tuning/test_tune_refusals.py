"""What would not be plaintext training, or does not fit together, is refused before anything is written."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from biodesci.core.errors import InputError
from biodesci.models import sealed_codec
from biodesci.models.tuning.data import load_tokenizer

PASS = "one for each"
COLUMNS = ("--text", "note", "--label", "diagnosis", "--classes", "statement,type", "--max-length", 16)


@pytest.fixture(scope="module")
def ready(
    tmp_path_factory: pytest.TempPathFactory,
    table_at: Callable[[Path], Any],
    plain_model: Callable[..., Path],
    tokenizer: Path,
    texts: tuple[list[str], list[str]],
) -> Any:
    """An encrypted BERT classifier (orthogonal) with an encoded file; other folders beside it."""
    table = table_at(tmp_path_factory.mktemp("refusals"))
    table.plain = plain_model("bert", torch.float32)
    table.key_id = table.encrypt(table.plain, "orthogonal")
    rows = [{"note": t, "diagnosis": label} for t, label in zip(*texts, strict=True)]
    table.records = table.path / "records.jsonl"
    table.records.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    table.encode(table.records, "--tokenizer", tokenizer, *COLUMNS)
    table.told = lambda *more: table.machine.refused(
        "tune", "run", table.path / "encrypted", table.path / "encoded", table.path / "out", *more
    )
    yield table
    assert not (table.path / "out").exists()
    assert not (table.path / "out.tuning").exists()
    assert not list(table.path.glob(".*"))


@pytest.mark.parametrize("optimizer", ["adamw", "lion"])
def test_optimizers_that_orthogonal_keys_do_not_allow(ready: Any, optimizer: str) -> None:
    said = ready.told("--optimizer", optimizer)
    assert "not equivalent to plaintext training: it scales every coordinate by itself" in said
    assert "Use one of: muon, sgd, shampoo" in said
    assert "'rprop': how it steps is not known" in ready.told("--optimizer", "rprop")


def test_plans_out_of_range(ready: Any) -> None:
    assert "learning_rate must lie in" in ready.told("--learning-rate", 11)
    assert "There is no loss 'l1'" in ready.told("--loss", "l1")
    assert "There is no device 'abacus'" in ready.told("--device", "abacus")


def edited(ready: Any, tmp_path: Path, **changes: Any) -> Path:
    folder = tmp_path / "edited"
    shutil.copytree(ready.path / "encrypted", folder)
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_dropout(ready: Any, tmp_path: Path) -> None:
    folder = edited(ready, tmp_path, hidden_dropout_prob=0.1)
    command = ("tune", "run", folder, ready.path / "encoded", tmp_path / "out", "--epochs", 1)
    said = ready.machine.refused(*command)
    assert "drops 0.1" in said
    assert "--no-dropout" in said
    ready.machine.run(*command, "--no-dropout")
    ready.machine.run(
        "tune", "run", ready.path / "encrypted", *command[3:4], tmp_path / "other", *command[5:]
    )
    one, other = (load_file(tmp_path / f / "model.safetensors") for f in ("out", "other"))
    assert all(torch.equal(one[n], other[n]) for n in one)


def test_general_keys_are_for_inference(ready: Any, tmp_path: Path) -> None:
    ready.owner.run("model", "encrypt", ready.plain, tmp_path / "general", "--mode", "general")
    said = ready.owner.refused(
        *("model", "grant", tmp_path / "general", ready.path / "data.pub"),
        *("--kind", "training", "--out", tmp_path / "codec"),
    )
    assert "for inference only" in said
    assert not (tmp_path / "codec").exists()
    assert "stretch weights" in ready.machine.refused(
        "tune", "run", tmp_path / "general", ready.path / "encoded", tmp_path / "out"
    )


def test_records_of_another_key(ready: Any, tmp_path: Path) -> None:
    ready.owner.run("model", "rekey", ready.path / "encrypted", tmp_path / "again")
    said = ready.machine.refused("tune", "run", tmp_path / "again", ready.path / "encoded", tmp_path / "out")
    assert "encoded for another model, or for another encryption of it" in said


def test_plain_checkpoints_and_existing_targets(ready: Any, tmp_path: Path) -> None:
    said = ready.machine.refused("tune", "run", ready.plain, ready.path / "encoded", tmp_path / "out")
    assert "holds no encrypted checkpoint" in said
    (tmp_path / "there").mkdir()
    command = ("tune", "run", ready.path / "encrypted", ready.path / "encoded", tmp_path / "there")
    assert "exists already" in ready.machine.refused(*command)


def test_checkpoints_that_are_broken(ready: Any, tmp_path: Path) -> None:
    command = ("tune", "run", tmp_path / "edited", ready.path / "encoded", tmp_path / "out")
    folder = edited(ready, tmp_path)
    state = load_file(folder / "model.safetensors")
    save_file(
        {**state, "classifier.bias": state["classifier.bias"] * float("nan")}, folder / "model.safetensors"
    )
    assert "classifier.bias holds NaN" in ready.machine.refused(*command)
    save_file({n: t for n, t in state.items() if n != "classifier.bias"}, folder / "model.safetensors")
    assert "classifier.bias" in ready.machine.refused(*command)


def test_models_without_a_head(ready: Any, tmp_path: Path) -> None:
    edited(ready, tmp_path, architectures=["BertModel"])
    command = ("tune", "run", tmp_path / "edited", ready.path / "encoded", tmp_path / "out")
    assert "BertModel has no head that can be trained here" in ready.machine.refused(*command)
    shutil.rmtree(tmp_path / "edited")
    edited(ready, tmp_path, problem_type="regression")
    assert "regresses" in ready.machine.refused(*command)


HOSTILE = ["-1", "0x" + "1" * 30, "F" * 32, "1_" * 16, "a" * 31, "f" * 70, "../" * 10 + "ab"]


@pytest.mark.parametrize("key_id", HOSTILE)
def test_marks_that_name_no_key(ready: Any, tmp_path: Path, key_id: str) -> None:
    folder = edited(ready, tmp_path, ee={"key_id": key_id, "mode": "orthogonal"})
    said = ready.data.refused(
        "tune", "encode", folder, ready.records, ready.path / "codec", tmp_path / "encoded"
    )
    assert "is not the id of a key" in said
    said = ready.machine.refused("tune", "run", folder, ready.path / "encoded", tmp_path / "out")
    assert "is not the id of a key" in said
    said = ready.data.refused("model", "ask", folder, "--with", ready.path / "codec", "--text", "x")
    assert "is not the id of a key" in said
    with pytest.raises(InputError, match="is not the id of a key"):
        sealed_codec.binding(key_id, (ready.path / "data.pub").read_bytes())


def test_a_stray_adapter_in_a_models_folder(ready: Any, tmp_path: Path) -> None:
    """transformers would take the weights of the folder that the stray file names."""
    folder = edited(ready, tmp_path)
    redirect = {"peft_type": "LORA", "base_model_name_or_path": str(ready.plain)}
    (folder / "adapter_config.json").write_text(json.dumps(redirect))
    stray = "holds a model, and beside it a stray adapter_config.json"
    refused = ready.machine.refused
    assert stray in refused("tune", "run", folder, ready.path / "encoded", tmp_path / "out")
    assert stray in ready.data.refused("model", "ask", folder, "--with", ready.path / "codec", "--text", "x")
    assert stray in ready.owner.refused("model", "decrypt", folder, tmp_path / "out")
    assert stray in ready.owner.refused("model", "encrypt", folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_tokenizer_with_code_of_its_own(
    tmp_path: Path, tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its code does not run, and nobody is asked whether it may."""
    folder = shutil.copytree(tokenizer, tmp_path / "tokenizer")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    own = {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["own.Own", None]}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | own))
    (folder / "config.json").write_text(
        json.dumps({"model_type": "own", "auto_map": {"AutoConfig": "own.C"}})
    )
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    asked: list[str] = []

    def consenting(question: str = "") -> str:
        asked.append(question)
        return "y"

    monkeypatch.setattr("builtins.input", consenting)
    with contextlib.suppress(InputError):
        load_tokenizer(folder)
    assert not asked
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("told", [{}, {"key_id": "0" * 32, "rows": "two"}, {"rows": "2"}])
def test_encoded_records_with_damaged_marks(ready: Any, tmp_path: Path, told: dict[str, str]) -> None:
    columns = {"x": torch.zeros(2, 1), "labels": torch.tensor([0, 1])}
    save_file(columns, tmp_path / "file", {"format": "biodesci/encoded/v1", **told})
    said = ready.machine.refused("tune", "run", ready.path / "encrypted", tmp_path / "file", tmp_path / "out")
    assert "is damaged" in said


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\x02\0\0\0\0\0\0\0{}"])
def test_files_that_are_no_encoded_records(ready: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    said = ready.machine.refused("tune", "run", ready.path / "encrypted", tmp_path / "file", tmp_path / "out")
    assert "biodesci tune encode" in said


def test_encoded_nan(ready: Any, tmp_path: Path) -> None:
    metadata = {"format": "biodesci/encoded/v1", "key_id": ready.key_id, "rows": "2"}
    columns = {"x": torch.tensor([[1.0], [float("nan")]]), "labels": torch.tensor([0, 1])}
    save_file(columns, tmp_path / "file", metadata)
    said = ready.machine.refused("tune", "run", ready.path / "encrypted", tmp_path / "file", tmp_path / "out")
    assert "NaN" in said


def encode(ready: Any, tmp_path: Path, codec: Path, records: Path, *more: object, who: Any = None) -> str:
    said = (who or ready.data).refused(
        "tune", "encode", ready.path / "encrypted", records, codec, tmp_path / "encoded", *more
    )
    assert not (tmp_path / "encoded").exists()
    return str(said)


def test_codecs_that_do_not_open(ready: Any, tmp_path: Path, tokenizer: Path) -> None:
    """Another recipient's, another model's, a changed one, one that is none: not a word of what they hold."""
    command = (ready.records, "--tokenizer", tokenizer, *COLUMNS)
    stranger = type(ready.data)(tmp_path / "stranger")
    assert "There is no key at" in encode(ready, tmp_path, ready.path / "codec", *command, who=stranger)
    stranger.run("key", "export", tmp_path / "stranger.pub")
    said = encode(ready, tmp_path, ready.path / "codec", *command, who=stranger)
    assert "sealed to another recipient or for another model" in said

    ready.owner.run("model", "rekey", ready.path / "encrypted", tmp_path / "again")
    ready.owner.run(
        *("model", "grant", tmp_path / "again", ready.path / "data.pub"),
        *("--kind", "training", "--out", tmp_path / "codec"),
    )
    assert "for another model" in encode(ready, tmp_path, tmp_path / "codec", *command)

    data = bytearray((ready.path / "codec").read_bytes())
    data[-40] ^= 1
    (tmp_path / "changed").write_bytes(data)
    assert "changed on the way" in encode(ready, tmp_path, tmp_path / "changed", *command)
    (tmp_path / "none").write_bytes(b"nothing")
    assert "is not a sealed codec" in encode(ready, tmp_path, tmp_path / "none", *command)


def test_codecs_of_another_kind(ready: Any, tmp_path: Path, tokenizer: Path) -> None:
    command = (ready.records, "--tokenizer", tokenizer, *COLUMNS)
    grant = ("model", "grant", ready.path / "encrypted", ready.path / "data.pub")
    ready.owner.run(*grant, "--out", tmp_path / "inference")
    assert "encodes no labels" in encode(ready, tmp_path, tmp_path / "inference", *command)
    ready.owner.run(*grant, "--out", tmp_path / "inputs", "--inputs-only")
    half = sealed_codec.open_codec(tmp_path / "inputs", ready.data.home, PASS, ready.key_id)
    public = (ready.path / "data.pub").read_bytes()
    sealed_codec.seal(tmp_path / "odd", public, dataclasses.replace(half, kind="training"))
    assert "no output logits" in encode(ready, tmp_path, tmp_path / "odd", *command)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_records_that_do_not_fit(ready: Any, tmp_path: Path, tokenizer: Path) -> None:
    """The row and the column are named, and never what stands there."""

    def told(records: Path, *more: object) -> str:
        return encode(ready, tmp_path, ready.path / "codec", records, "--tokenizer", tokenizer, *more)

    private = "patient 4711"
    one = write(tmp_path / "one.csv", f"note,diagnosis\n{private},statement\n{private},sick\n")
    said = told(one, *COLUMNS)
    assert "row 2: the value in column 'diagnosis' is none of the classes" in said
    assert private not in said
    assert "sick" not in said
    assert "row 1 has no column 'text'" in told(one)
    assert "is no class number" in told(one, "--text", "note", "--label", "diagnosis")
    empty = write(tmp_path / "empty.jsonl", json.dumps({"note": " ", "diagnosis": 0}))
    assert "row 1: 'note' holds no text" in told(empty, *COLUMNS)
    assert "has no rows" in told(write(tmp_path / "none.csv", "note,diagnosis\n"), *COLUMNS)
    uneven = write(tmp_path / "uneven.csv", f"note,diagnosis\n{private}\n")
    assert "row 1 has more or fewer fields" in told(uneven, *COLUMNS)
    assert "line 2 is not JSON" in told(write(tmp_path / "a.jsonl", f'{{"note": "x"}}\n{private}'), *COLUMNS)
    assert "line 1 is not JSON" in told(write(tmp_path / "deep.jsonl", "[" * 100_000), *COLUMNS)
    beyond = write(tmp_path / "b.jsonl", json.dumps({"note": private, "diagnosis": 7}))
    assert "from 0 to 1" in told(beyond, "--text", "note", "--label", "diagnosis")
    semicolons = write(tmp_path / "semicolons.csv", f"note;diagnosis\n{private};statement\n")
    assert "separated by semicolons" in told(semicolons, *COLUMNS)
    assert "is of no known kind" in told(write(tmp_path / "records.xlsx", ""), *COLUMNS)
    assert "There is no file" in told(tmp_path / "nowhere.csv", *COLUMNS)
    assert "There is no tokenizer in" in encode(
        ready, tmp_path, ready.path / "codec", one, "--tokenizer", tmp_path / "nowhere", *COLUMNS
    )
    assert "Texts need a tokenizer" in encode(ready, tmp_path, ready.path / "codec", one, *COLUMNS)
    save_file({"x": torch.zeros(2, 3)}, tmp_path / "odd.safetensors")
    assert "needed are input_ids, labels" in told(tmp_path / "odd.safetensors")


def test_another_vocabulary(ready: Any, tmp_path: Path, tokenizer: Path) -> None:
    from transformers import AutoTokenizer

    wider = AutoTokenizer.from_pretrained(tokenizer)
    wider.add_tokens(["extra"])
    wider.save_pretrained(tmp_path / "wider")
    said = encode(
        ready, tmp_path, ready.path / "codec", ready.records, "--tokenizer", tmp_path / "wider", *COLUMNS
    )
    assert "the tokenizer has 151 tokens, the key 150" in said


def test_noise_needs_a_small_delta_and_a_loss_per_record(ready: Any) -> None:
    assert "may be disclosed outright" in ready.told("--noise-multiplier", 1, "--delta", 0.1)
    assert "one loss per sample" in ready.told("--noise-multiplier", 1, "--loss", "model")
    assert "noise multiplier from 0.05" in ready.told("--noise-multiplier", 0.01)
