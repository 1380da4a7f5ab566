"""The card of a publication, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from biodesci.core.container import ContainerInfo
from biodesci.core.documents import published_card
from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.core.errors import InputError
from biodesci.inspection.inspect import inspect
from biodesci.market import diseases
from biodesci.market.card import DatasetMeta, compose

VECTORS = Path(__file__).parents[2] / "vectors"
CONTENT = b"\x03" * 32
INFO = ContainerInfo(b"\x01" * 32, 1064, 1000, 1 << 20, b"\x02" * 32)
NAMES = "age,chol,sex,country,smoker,contact,ward"
DS, NCU = 1 << 3, 1 << 12


def row(i: int) -> str:
    """Numbers with gaps and a rare end, rare categories, a column that names people, one that is empty."""
    age = "" if i % 19 == 0 else str(91 if i == 7 else 30 + i % 40)
    country = "DE" if i % 2 else "CH" if i % 3 else "Tuvalu" if i == 6 else "Österreich"
    return (
        f"{age},{180 + i * 0.37:.2f},{'NA' if i % 29 == 0 else i % 2},{country},"
        f"{'true' if i % 5 else 'false'},jane{i}@example.org,"
    )


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text("\n".join([NAMES, *map(row, range(220))]) + "\n", encoding="utf-8")
    return file


def described() -> DatasetMeta:
    return DatasetMeta(
        name="Cohort of Zürich",
        description="Heart disease in one hospital – “three lines”,\nas a table",
        terms=DS | NCU,
        creator="Universitätsspital",
        license="https://example.org/terms",
        keywords=("heart", "cardiology"),
        accept_risk="synthetic addresses",
        diseases=diseases.permitted(VECTORS / "mondo_heart.obo", [5010, 5252]),
    )


def test_a_tables_card_is_the_vector(table):
    card = compose(described(), inspect(table), CONTENT, INFO)
    stored = (VECTORS / "documents" / "dataset-card.json").read_bytes()
    assert card.to_bytes() == stored
    assert DatasetCard.parse(stored) == card
    assert published_card.content(stored) == CONTENT
    assert published_card.diseases(stored).numbers == (5010, 5252)
    # Of the vector itself: what is hidden is there, and nothing that should be.
    assert b'"count":null' in stored
    assert b"Tuvalu" not in stored
    assert b"jane" not in stored
    assert b"cohort.csv" not in stored  # a file's name may name a person
    assert b"synthetic addresses" not in stored  # and so may a reason


def test_an_opaque_files_card_is_the_vector(tmp_path):
    file = tmp_path / "scan.bin"
    file.write_bytes(b"\x00\x01")
    card = compose(DatasetMeta("Scan", "", 1 << 2), inspect(file), CONTENT, INFO)
    stored = (VECTORS / "documents" / "dataset-card-opaque.json").read_bytes()
    assert card.to_bytes() == stored
    assert DatasetCard.parse(stored) == card


def test_a_card_that_readers_would_refuse_for_its_size_is_not_written(tmp_path):
    file = tmp_path / "scan.bin"
    file.write_bytes(b"\x00")
    meta = DatasetMeta("Scan", "x" * DatasetCard.limit, 1 << 2)
    with pytest.raises(InputError, match="of which readers take"):
        compose(meta, inspect(file), CONTENT, INFO).to_bytes()


@pytest.mark.parametrize(
    ("meta", "why"),
    [
        (DatasetMeta(" ", "", 1 << 2), "needs a name"),
        (DatasetMeta("x", "", 0), "permit nothing"),
        (DatasetMeta("x", "half a pair: \ud800", 1 << 2), "description"),
    ],
)
def test_what_makes_no_card_is_refused_in_words(tmp_path, meta, why):
    file = tmp_path / "scan.bin"
    file.write_bytes(b"\x00")
    with pytest.raises(InputError, match=why):
        compose(meta, inspect(file), CONTENT, INFO)


def test_numbers_too_large_to_sum_up_have_no_moments(tmp_path):
    file = tmp_path / "large.csv"
    file.write_text("age,flux\n" + "".join(f"{40 + i},{i}e300\n" for i in range(20)))
    _, column = inspect(file).tables[0].columns
    assert (column.statistics.mean, column.statistics.std) == (None, None)
    meta = DatasetMeta("x", "", 1 << 2)
    assert DatasetCard.parse(compose(meta, inspect(file), CONTENT, INFO).to_bytes())


@pytest.mark.parametrize("number", [1.75e308, -1.79e308])
def test_the_largest_numbers_make_a_card(tmp_path, number):
    file = tmp_path / "largest.csv"
    file.write_text("flux\n" + f"{number!r}\n" * 20)
    meta = DatasetMeta("x", "", 1 << 2)
    DatasetCard.parse(compose(meta, inspect(file), CONTENT, INFO).to_bytes())


def test_a_table_too_wide_for_a_card_is_described_by_less(tmp_path, monkeypatch):
    monkeypatch.setattr(DatasetCard, "limit", 64 << 10)  # a sixty-fourth, as building large ones takes long
    meta, cards = DatasetMeta("Expression", "", 1 << 2), []
    for columns in (10, 140, 320):
        file = tmp_path / f"{columns}.csv"
        names = ",".join(f"gene_{i}" for i in range(columns))
        rows = [",".join(str((i + j) % 40) for i in range(columns)) for j in range(24)]
        file.write_text("\n".join([names, *rows]) + "\n")
        card = compose(meta, inspect(file), CONTENT, INFO)
        cards.append(DatasetCard.parse(card.to_bytes()))
    whole, bare, none = cards
    assert whole.record_set is not None
    assert whole.record_set[0].field[0].statistics.mean is not None
    assert bare.record_set is not None
    assert len(bare.record_set[0].field) == 140
    assert {column.statistics.histogram for column in bare.record_set[0].field} == {None}
    assert (none.record_set, none.records) == (None, 24)
