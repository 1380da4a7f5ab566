"""Names of classes travel in the sealed codec, in the model's order, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def named(table: Any, plain_model: Any) -> Any:
    """A BERT whose owner calls its classes `type` and `statement`, in this order."""
    plain = plain_model("bert")
    config = json.loads((plain / "config.json").read_text())
    config |= {"id2label": {"0": "type", "1": "statement"}, "label2id": {"type": 0, "statement": 1}}
    (plain / "config.json").write_text(json.dumps(config))
    table.encrypt(plain, "permutation")
    return table


def records(folder: Path, values: list[object]) -> Path:
    lines = [json.dumps({"text": "for loops repeat", "label": value}) for value in values]
    (folder / "records.jsonl").write_text("\n".join(lines))
    return folder / "records.jsonl"


def encoded(table: Any, path: Path, tokenizer: Path, *more: object) -> list[int]:
    from safetensors.torch import load_file

    (table.path / "encoded").unlink(missing_ok=True)
    table.encode(path, "--tokenizer", tokenizer, *more)
    found: list[int] = load_file(table.path / "encoded")["labels"].tolist()
    return found


def test_names_need_not_be_told_again(named: Any, tokenizer: Path, tmp_path: Path) -> None:
    by_name = encoded(named, records(tmp_path, ["type", "statement", "type"]), tokenizer)
    assert by_name[0] == by_name[2] != by_name[1]
    assert encoded(named, records(tmp_path, [0, 1, 0]), tokenizer) == by_name
    told = encoded(named, tmp_path / "records.jsonl", tokenizer, "--classes", "type,statement")
    assert told == by_name
    for path in (tmp_path / "encrypted").iterdir():
        assert b"statement" not in path.read_bytes()


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ("statement,type", "classes are type, statement, in this order"),
        ("type,statement,other", "classes are type, statement"),
    ],
)
def test_another_order_is_refused(
    named: Any, tokenizer: Path, tmp_path: Path, classes: str, said: str
) -> None:
    path = records(tmp_path, ["type"])
    told = named.data.refused(
        *("tune", "encode", named.path / "encrypted", path, named.path / "codec", named.path / "encoded"),
        *("--tokenizer", tokenizer, "--classes", classes),
    )
    assert said in told


def test_too_many_names_for_an_unnamed_model(
    table: Any, plain_model: Any, tokenizer: Path, tmp_path: Path
) -> None:
    table.encrypt(plain_model("bert"), "permutation")
    told = table.data.refused(
        *("tune", "encode", table.path / "encrypted", records(tmp_path, ["a"]), table.path / "codec"),
        *(table.path / "encoded", "--tokenizer", tokenizer, "--classes", "a,b,c"),
    )
    assert "3 classes are named, and the model has 2" in told


def test_answers_are_named(named: Any, tokenizer: Path) -> None:
    (answer,) = named.data.run(
        *("model", "ask", named.path / "encrypted", "--with", named.path / "codec"),
        *("--tokenizer", tokenizer, "--text", "strings are sequences"),
    )
    assert answer["name"] == ["type", "statement"][answer["class"]]
