"""Plain records as their owner keeps them: texts in CSV or JSON Lines, arrays in safetensors. Errors name the
row and the column, never what stands there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from biodesci.core import files
from biodesci.core.errors import InputError

CSV = (".csv", ".tsv")
LINES = (".jsonl", ".ndjson")
ARRAYS = ".safetensors"
LONGEST = 1 << 30  # characters in one field of a CSV


def is_arrays(path: Path) -> bool:
    """Whether a file holds arrays (safetensors), by its name, and no lines of text."""
    return path.suffix.lower() == ARRAYS


def read_column(path: Path, column: str, option: str) -> list[Any]:
    """One column of a CSV (with a header) or of JSON Lines, in the file's order; at least one row. `option`:
    the command's option that names it."""
    rows = _rows(path)
    values = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or column not in row:
            known = [str(name) for name in row if name is not None] if isinstance(row, dict) else []
            raise InputError(
                f"{path}, row {number} has no column {column!r}.",
                f"It has: {', '.join(known[:12])}. Name the one that is meant: {option} COLUMN."
                if known
                else "Write each line as a JSON object.",
            )
        values.append(row[column])
    if not values:
        raise InputError(f"{path} has no rows.", "Give at least one record.")
    return values


def read_texts(path: Path, column: str) -> list[str]:
    """A column of texts; InputError for empty ones."""
    texts = read_column(path, column, "--text")
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str) or not text.strip():
            raise InputError(
                f"{path}, row {number}: {column!r} holds no text.", "Fill it in, or take the row out."
            )
    return texts


def read_classes(path: Path, column: str, names: Sequence[str] = ()) -> list[int]:
    """A column of class numbers from 0, or of the `names` of the classes in the model's order."""
    classes = []
    values = [str(value).strip() for value in read_column(path, column, "--label")]
    # Where no class is called by a number, numbers may stand for names.
    numbers = () if any(name.isdecimal() for name in names) else tuple(map(str, range(len(names))))
    known = {text: i for texts in (numbers, names) for i, text in enumerate(texts)}
    unnamed = [number for number, text in enumerate(values, 1) if names and text not in known]
    if unnamed:
        what = "empty" if not values[unnamed[0] - 1] else f"none of the classes {', '.join(names)}"
        others = f" {len(unnamed) - 1} more rows are not right either." if len(unnamed) > 1 else ""
        raise InputError(
            f"{path}, row {unnamed[0]}: the value in column {column!r} is {what}.{others}",
            "Correct the rows (case counts), or name all classes, in the model's order: --classes.",
        )
    for number, text in enumerate(values, 1):
        if names:
            classes.append(known[text])
        elif not (text.isascii() and text.isdecimal()):
            raise InputError(
                f"{path}, row {number}: the value in column {column!r} is no class number.",
                "Write 0, 1, ..., or name the classes in the model's order: --classes benign,malignant.",
            )
        else:
            classes.append(int(text))
    return classes


def read_arrays(path: Path) -> dict[str, Tensor]:
    """The arrays of a safetensors file, one row per record; InputError unless equally many."""
    try:
        arrays: dict[str, Tensor] = load(files.read(path))
    except (SafetensorError, ValueError, KeyError) as exc:
        raise InputError(
            f"{path} is not a safetensors file.", "Write it with safetensors.numpy.save_file."
        ) from exc
    counts = {len(array) if array.ndim else 0 for array in arrays.values()}
    if len(counts) != 1 or not min(counts):
        raise InputError(
            f"The arrays in {path} have no rows, or not equally many.", "Give every array one row per record."
        )
    return arrays


def _rows(path: Path) -> Iterable[Any]:
    kind = path.suffix.lower()
    if kind not in (*CSV, *LINES):
        raise InputError(
            f"{path.name} is of no known kind.",
            "Texts: .csv, .tsv (with a header), .jsonl. Arrays: .safetensors, named as the model takes them.",
        )
    try:
        text = files.read(path).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(f"{path} is not UTF-8.", "Save it as UTF-8 (in Excel: CSV UTF-8).") from exc
    return _csv(path, text) if kind in CSV else _lines(path, text)


def _csv(path: Path, text: str) -> list[Any]:
    header = text.partition("\n")[0]
    if ";" in header and "," not in header and path.suffix.lower() == ".csv":
        raise InputError(
            f"{path} seems to be separated by semicolons.", "Save it with commas, or with tabs as .tsv."
        )
    before = csv.field_size_limit(LONGEST)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as exc:
        raise InputError(f"{path} is not a table: {exc}.", "Quote fields that hold commas.") from exc
    finally:
        csv.field_size_limit(before)
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise InputError(
                f"{path}, row {number} has more or fewer fields than the header.",
                "Quote fields that hold commas.",
            )
    return rows


def _lines(path: Path, text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError) as exc:
            raise InputError(
                f"{path}, line {number} is not JSON.", "Write one JSON object per line."
            ) from exc
    return rows


def integers(array: Tensor, name: str) -> Tensor:
    """As int64; InputError for anything but integers."""
    if array.is_floating_point() or array.is_complex() or array.dtype == torch.bool:
        raise InputError(f"The array {name} must hold integers, not {array.dtype}.", "Convert it.")
    return array.long()
