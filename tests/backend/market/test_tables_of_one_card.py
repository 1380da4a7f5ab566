"""Tables of one archive or folder that differ by one person: its card's cells together do not name them.

The attack lays the cells of the card's tables side by side, and takes the value of which one has more.
"""

from __future__ import annotations

import random
import zipfile
from datetime import date
from pathlib import Path

import pytest

from biodesci.core.croissant import Edition, compared
from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.inspection.content import Declared
from biodesci.inspection.inspect import inspect
from biodesci.market.card import DatasetMeta, compose
from tests.backend.market.test_card import CONTENT, INFO

META = DatasetMeta("Cohort", "One hospital", 1 << 2, confirmed=True)


def rows(people: range, sick: int, column: str = "dx", site: str = "P") -> str:
    """A table of people, the first `sick` of whom have HIV."""
    lines = (f"{site}{i:03d},{'HIV' if i < sick else 'flu'}\n" for i in people)
    return f"patient_id,{column}\n" + "".join(lines)


def card_of(folder: Path, tables: dict[str, str], key: bytes | None) -> DatasetCard:
    file = folder / "cohort.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in tables.items():
            archive.writestr(name, text)
    codes = frozenset(name for name in ("dx", "diagnosis") if any(name in text for text in tables.values()))
    inspection = inspect(file, Declared(codes=codes), sketch_key=key)
    return compose(META, inspection, CONTENT, INFO, Edition(1, date(2026, 11, 30)))


def counts(card: DatasetCard) -> list[list[int | None]]:
    """Of each table the cells of its diagnoses."""
    assert card.record_set is not None
    statistics = [table.field[1].statistics for table in card.record_set]
    return [[bar.count for bar in one.histogram or ()] if one is not None else [] for one in statistics]


@pytest.mark.parametrize("key", [b"k" * 32, None])
@pytest.mark.parametrize("column", ["dx", "diagnosis"])
def test_a_person_who_lacks_in_a_second_table_is_not_named(
    tmp_path: Path, column: str, key: bytes | None
) -> None:
    everybody, without = rows(range(65), 25), rows(range(1, 65), 25, column)
    alone = (
        counts(card_of(tmp_path, {"a.csv": everybody}, key)),
        counts(card_of(tmp_path, {"a.csv": without}, key)),
    )
    assert alone == ([[30, 40]], [[20, 40]]), "each card alone is fine, and both together have P000"
    both = card_of(tmp_path, {"all.csv": everybody, "without_P000.csv": without}, key)
    assert counts(both) == [[30, 40], [None, None]]
    assert both.record_set is not None
    assert [(table.people, table.rows) for table in both.record_set] == [(70, 70), (None, None)]


def test_a_table_of_other_people_is_released_in_full(tmp_path: Path) -> None:
    tables = {"a.csv": rows(range(65), 25), "b.csv": rows(range(64), 24, site="Q")}
    sites = {name: text.replace("dx", "dx,crp", 1) for name, text in tables.items()}
    draw = random.Random(4)
    sites = {
        name: "\n".join(
            line if "dx" in line else f"{line},{draw.gauss(9, 3):.5f}" for line in text.split("\n")[:-1]
        )
        for name, text in sites.items()
    }
    assert counts(card_of(tmp_path, sites, b"k" * 32)) == [[30, 40], [20, 40]]


def test_other_columns_of_the_same_people_are_released_in_full(tmp_path: Path) -> None:
    """As an export has them, one table a theme: a column of another name is another one."""
    labs = "patient_id,smoker\n" + "".join(f"P{i:03d},{'yes' if i % 3 else 'no'}\n" for i in range(65))
    assert counts(card_of(tmp_path, {"dx.csv": rows(range(65), 25), "labs.csv": labs}, b"k" * 32)) == [
        [30, 40],
        [20, 40],
    ]


def test_what_is_compared_is_what_was_released(tmp_path: Path) -> None:
    """A third table is compared with both before it, however the tables are called."""
    tables = {f"{i}.csv": rows(range(i, 65), 25) for i in range(3)}
    assert counts(card_of(tmp_path, tables, b"k" * 32))[1:] == [[None, None]] * 2
    assert compared([]) == []
