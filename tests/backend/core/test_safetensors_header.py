"""The one reader of safetensors headers: what it reads is what is there, and all else is refused in words."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from biodesci.core import checkpoint, safetensors_header
from biodesci.core.errors import InputError, IntegrityError
from biodesci.core.safetensors_header import Header
from tests.backend.hostile_headers import FILES, VALID, described, file

files = pytest.mark.parametrize("data", FILES.values(), ids=FILES)


def test_it_reads_what_safetensors_writes(tmp_path: Path) -> None:
    tensors = {
        "b": np.zeros((2, 3), np.float32),
        "metadata": np.zeros(0, np.uint8),
        "a": np.ones((), np.int64),
    }
    data = save(tensors, {"format": "ours", "key": "{}"})
    header = Header.of(data)
    assert header.metadata == {"format": "ours", "key": "{}"}
    read = {name: (entry.dtype, entry.shape) for name, entry in header.tensors.items()}
    assert read == {"b": ("F32", (2, 3)), "metadata": ("U8", (0,)), "a": ("I64", ())}
    (tmp_path / "file").write_bytes(data)
    assert Header.read(tmp_path / "file") == header
    assert Header.of(save({})) == Header({}, {})


def test_a_type_that_is_not_known_here_is_left_to_who_reads_tensors() -> None:
    data = file(json.dumps({"a": {**VALID["a"], "dtype": "F4"}}).encode())
    assert Header.of(data).tensors["a"].dtype == "F4"


@files
def test_hostile_files_are_refused_in_words(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    for read in (lambda: Header.of(data), lambda: Header.read(tmp_path / "file")):
        with pytest.raises(InputError, match="This is no safetensors file: ") as caught:
            read()
        assert caught.value.hint
        assert caught.value.__cause__ is None
        assert len(caught.value.message) < 300


@pytest.mark.parametrize("shape", [[2**53 - 1] * 250_000, [0] + [2**53 - 1] * 250_000, [""] * 1_000_000])
def test_a_hostile_shape_costs_no_more_than_reading_it(shape: list[object]) -> None:
    data = described(shape=shape)
    began = time.process_time()
    with pytest.raises(InputError, match="This is no safetensors file: a: the field shape"):
        Header.of(data)
    assert time.process_time() - began < 5  # it was minutes, and gigabytes


def test_a_tensor_without_entries_is_read_whatever_its_other_dimensions() -> None:
    data = file(
        json.dumps({"a": {"dtype": "F32", "shape": [2**50, 0], "data_offsets": [0, 0]}}).encode(), b""
    )
    assert Header.of(data).tensors["a"].shape == (2**50, 0)


def test_a_header_above_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safetensors_header, "LONGEST", 100)
    data = file(b"{" + b" " * 100 + b"}", b"")
    with pytest.raises(InputError, match="more than 100 bytes"):
        Header.of(data)


def test_a_file_that_is_not_there_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Header.read(tmp_path / "none")


@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda raw: file(b"{" + raw + b"}")))
def test_whatever_bytes_come_are_read_or_refused_in_words(data: bytes) -> None:
    try:
        Header.of(data)
    except InputError as exc:
        assert exc.message.startswith("This is no safetensors file: ")


@files
def test_a_checkpoint_with_a_hostile_header_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="not a safetensors checkpoint"):
        checkpoint.load(data)
