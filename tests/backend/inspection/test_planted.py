"""A name written over or between the bytes of a valid file, anywhere: the file is refused, or it stops.

Each is inspected as a publication is, in a process of its own, with ten seconds without progress at most.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biodesci.core.errors import InputError
from biodesci.inspection import apart
from biodesci.inspection.finding import Level
from tests.backend.inspection import test_any_ending, test_residues
from tests.backend.inspection.formats import test_around, test_programs

NAME = b"Patient: Anna Weber, Marburg"
# In these the bytes may land in a packed or binary value, where they are a number or another text: that is
# no name to who reads the file, and no reader gives it as one (docs/tables.md).
PACKED = {"parquet", "feather", "orc", "duckdb", "xlsx"}


@cache
def _samples() -> dict[str, bytes]:
    samples: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data")
        for name, write in test_any_ending.WRITERS.items():
            path.unlink(missing_ok=True)
            write(test_any_ending.CLEAN, path)
            samples[name] = path.read_bytes()
        for name, make in test_residues.CLEAN.items():
            path.unlink(missing_ok=True)
            make(path)
            samples.setdefault(name, path.read_bytes())
    for name, build in test_around.CLEAN.items():
        samples.setdefault(name, build())
    return samples | {name: test_programs._bytes(name) for name in test_programs.IRIS}


NAMES = sorted({*test_any_ending.WRITERS, *test_residues.CLEAN, *test_around.CLEAN, *test_programs.IRIS})


@pytest.mark.deep
@pytest.mark.parametrize("sample", NAMES)
@given(share=st.floats(0, 1), over=st.booleans())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_planted_name_is_refused_or_stops(tmp_path, monkeypatch, sample, share, over):
    monkeypatch.setattr(apart, "PATIENCE", 10)
    data = _samples()[sample]
    at = int(share * len(data))
    (tmp_path / "data").write_bytes(data[:at] + NAME + data[at + over * len(NAME) :])
    try:
        inspection = apart.inspect(tmp_path / "data")
    except InputError as refused:
        assert "crashed" not in refused.message and "no end" not in refused.message
        return
    assert sample in PACKED or inspection.of(Level.STOP), (at, len(data))
