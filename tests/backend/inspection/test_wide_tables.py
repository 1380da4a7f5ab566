"""Tables of very many columns: each is a sign of life, and too many are refused in words."""

from __future__ import annotations

import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biodesci.core.errors import InputError
from biodesci.inspection import content
from biodesci.inspection.inspect import inspect


@pytest.fixture
def at_most_1000(monkeypatch):
    monkeypatch.setattr(content, "MOST_COLUMNS", 1_000)


def _csv(columns: int) -> str:
    return ",".join(f"g{i}" for i in range(columns)) + "\n" + ",".join("1" * columns) + "\n"


def test_too_many_columns_of_a_csv_are_refused_before_they_are_read(tmp_path, at_most_1000):
    (tmp_path / "wide.csv").write_text(_csv(1_001))
    with pytest.raises(
        InputError, match=r"The table has 1,001 columns, and each of at most 1,000"
    ) as refused:
        inspect(tmp_path / "wide.csv")
    assert "genes down" in refused.value.hint


def test_too_many_columns_within_an_archive_are_called_by_their_member(tmp_path, at_most_1000):
    with zipfile.ZipFile(tmp_path / "tables.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
        archive.writestr("b.csv", _csv(1_001))
    with pytest.raises(InputError, match=r"Member 2 has 1,001 columns"):
        inspect(tmp_path / "tables.zip")


def test_too_many_columns_of_another_format_are_refused(tmp_path, at_most_1000):
    pq.write_table(pa.table({f"g{i}": [1] for i in range(1_001)}), tmp_path / "wide.parquet")
    with pytest.raises(InputError, match=r"The table has 1,001 columns"):
        inspect(tmp_path / "wide.parquet")


def test_as_many_columns_as_may_be_are_looked_at(tmp_path, at_most_1000):
    (tmp_path / "wide.csv").write_text(_csv(1_000))
    assert inspect(tmp_path / "wide.csv").tables[0].table.width == 1_000


def test_who_waits_is_shown_progress_among_the_columns_of_one_batch(tmp_path):
    (tmp_path / "wide.csv").write_text(_csv(10_000))
    signs: list[int] = []
    inspect(tmp_path / "wide.csv", progress=signs.append)
    assert len(signs) > 20
