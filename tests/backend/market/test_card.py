"""The card of a publication, from a file to its bytes: what it tells, and what it never does."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from biodesci.core.container import ContainerInfo
from biodesci.core.croissant import Earlier, Edition
from biodesci.core.documents import published_card
from biodesci.core.documents.dataset_card import MAX_FIELDS, DatasetCard
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.market import diseases
from biodesci.market.card import DatasetMeta, compose

VECTORS = Path(__file__).parents[2] / "vectors"
CONTENT = b"\x03" * 32
INFO = ContainerInfo(b"\x01" * 32, 1064, 1000, 1 << 20, b"\x02" * 32)
FIRST = Edition(1, date(2026, 11, 30))
NAMES = "age,chol,sex,country,smoker,contact,ward"
DS, NCU = 1 << 3, 1 << 12
ROWS_ARE_PEOPLE = Declared(rows_are_people=True)
SCAN = DatasetMeta("Scan", "", 1 << 2)


def row(i: int) -> str:
    """Numbers with gaps and a rare end, rare categories, a column that names people, one that is empty."""
    age = "" if i % 19 == 0 else str(91 if i == 7 else 30 + i % 40)
    country = "DE" if i % 2 else "CH" if i % 3 else "Tuvalu" if i == 6 else "Österreich"
    return (
        f"{age},{180 + i * 0.37:.2f},{'NA' if i % 29 == 0 else i % 2},{country},"
        f"{'true' if i % 5 else 'false'},jane{i}@example.org,"
    )


def written(path: Path, rows: int = 220) -> Path:
    path.write_text("\n".join([NAMES, *map(row, range(rows))]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path):
    return written(tmp_path / "Weber Anna 1950-03-07.csv")


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


def composed(file: Path, edition: Edition = FIRST, declared: Declared = ROWS_ARE_PEOPLE) -> DatasetCard:
    inspection = inspect(file, declared)
    # What the identifier check finds has tests of its own.
    inspection.findings = [
        Finding("column 'contact'", "e-mail", Level.STOP, "", rows=220),
        Finding("column 'age'", "age over 89", Level.STOP, "", rows=1),
    ]
    return compose(described(), inspection, CONTENT, INFO, edition)


def test_a_tables_card_has_these_bytes(table):
    card = composed(table)
    stored = (VECTORS / "documents" / "dataset-card.json").read_bytes()
    assert card.to_bytes() == stored
    assert DatasetCard.parse(stored) == card
    assert published_card.content(stored) == CONTENT
    assert published_card.diseases(stored).numbers == (5010, 5252)
    shown = PublishedCard.read(stored)
    shown.require_listable()
    assert shown.file is not None
    assert (shown.file.name, shown.file.encoding_format) == ("data.csv", "text/csv")
    # Of the vector itself: what is hidden is there, and nothing that should be.
    assert b'"count":null' in stored


def test_a_card_tells_no_value_no_name_of_a_file_and_no_reason(table):
    stored = composed(table).to_bytes().decode()
    for secret in ("Tuvalu", "DE", "jane", "Weber", "1950", "91", "synthetic addresses", "rows:"):
        assert f'"{secret}' not in stored, secret
        assert len(secret) < 4 or secret not in stored, secret
    check = json.loads(stored)["biodesci:identifierCheck"]
    assert set(check) == {"biodesci:airlock", "checked", "findings", "note"}
    assert {"kind": "e-mail", "level": "stop"} in check["findings"]
    assert all(set(finding) == {"kind", "level"} for finding in check["findings"])
    (record_set,) = json.loads(stored)["recordSet"]
    assert record_set["biodesci:counted"] == "people, a row each"


def test_an_opaque_files_card_has_these_bytes(tmp_path):
    file = tmp_path / "scan.bin"
    file.write_bytes(b"\x00\x01")
    inspection = inspect(file)
    assert [finding.kind for finding in inspection.findings] == ["format that is not read"]
    card = compose(SCAN, inspection, CONTENT, INFO, FIRST)
    stored = (VECTORS / "documents" / "dataset-card-opaque.json").read_bytes()
    assert card.to_bytes() == stored
    assert DatasetCard.parse(stored) == card


def test_every_finding_is_told_by_kind_and_level_alone():
    inspection = Inspection("text/csv", findings=[
        Finding("column 'Anna Weber'", "age over 89", Level.STOP, "two of them", rows=1),
        Finding("column 'x'", "age over 89", Level.STOP, "", rows=7),
        Finding("column 'sub'", "pseudonym", Level.NOTE, "BIDS", rows=9),
    ])  # fmt: skip
    card = compose(SCAN, inspection, CONTENT, INFO, FIRST)
    told = [(finding.kind, finding.level) for finding in card.identifier_check.findings]
    assert told == [("age over 89", "stop"), ("pseudonym", "note")]
    assert b"Weber" not in card.to_bytes()


def test_a_card_that_readers_would_refuse_for_its_size_is_not_written():
    meta = DatasetMeta("Scan", "x" * DatasetCard.limit, 1 << 2)
    with pytest.raises(InputError, match="of which readers take"):
        compose(meta, Inspection("text/csv"), CONTENT, INFO, FIRST)


@pytest.mark.parametrize(
    ("meta", "why"),
    [
        (DatasetMeta(" ", "", 1 << 2), "needs a name"),
        (DatasetMeta("x", "", 0), "permit nothing"),
        (DatasetMeta("x", "half a pair: \ud800", 1 << 2), "description"),
    ],
)
def test_what_makes_no_card_is_refused_in_words(meta, why):
    with pytest.raises(InputError, match=why):
        compose(meta, Inspection(), CONTENT, INFO, FIRST)


def test_a_table_too_wide_for_a_card_is_told_in_part(tmp_path, monkeypatch):
    file = tmp_path / "wide.csv"
    names = ",".join(f"gene_{i}" for i in range(2_000))
    rows = [",".join(str((i + j) % 40) for i in range(2_000)) for j in range(24)]
    file.write_text("\n".join([names, *rows]) + "\n")
    inspection = inspect(file)
    card = compose(SCAN, inspection, CONTENT, INFO, FIRST)
    assert card.record_set is not None
    assert (card.record_set[0].columns, card.fields_told) == (2_000, MAX_FIELDS)
    assert len(DatasetCard.parse(card.to_bytes()).record_set[0].field) == MAX_FIELDS
    # Where the card would still be too large for its readers, it tells fewer fields.
    monkeypatch.setattr(DatasetCard, "limit", 64 << 10)
    small = compose(SCAN, inspection, CONTENT, INFO, FIRST)
    assert small.fits
    assert 0 < small.fields_told < MAX_FIELDS


def test_a_new_version_tells_nothing_of_the_one_person_who_joined(tmp_path):
    earlier = composed(written(tmp_path / "1.csv", 220))
    past = PublishedCard.read(earlier.to_bytes())
    later = composed(written(tmp_path / "2.csv", 225), Edition(2, date(2026, 12, 1), (Earlier(past),)))
    assert (earlier.records, later.records) == (220, None)
    assert later.version == "2.0.0"
    before = {column.name: column.statistics for column in earlier.record_set[0].field}
    for column in later.record_set[0].field:
        told, was = column.statistics, before[column.name]
        for bar in (told and told.histogram) or ():
            same = [
                old for old in (was.histogram or ()) if old.model_copy(update={"count": bar.count}) == bar
            ]
            assert bar.count is None or not same or same[0].count in (None, bar.count)


def test_a_card_of_an_earlier_program_is_compared_too(tmp_path):
    past = PublishedCard.read((VECTORS / "published" / "card-0.6-table.json").read_bytes())
    later = composed(written(tmp_path / "2.csv", 221), Edition(2, date(2026, 12, 1), (Earlier(past),)))
    assert past.records == 220
    chol = next(c for c in later.record_set[0].field if c.name == "chol").statistics
    assert later.records in (None, 220)
    assert chol.mean is None


def test_a_version_that_counts_nothing_opens_no_way_around_the_one_before(tmp_path):
    """Counts, then none, then counts of one person more; and none at first, then counts of five more."""
    first = composed(written(tmp_path / "1.csv", 220))
    second = composed(written(tmp_path / "2.csv", 221), Edition(2, FIRST.published), Declared())
    assert (second.record_set[0].counted, second.records) == (None, 220)
    assert [column.statistics for column in second.record_set[0].field] == [None] * 7
    past = tuple(Earlier(PublishedCard.read(card.to_bytes())) for card in (first, second))
    third = composed(written(tmp_path / "3.csv", 225), Edition(3, FIRST.published, past))
    assert third.records is None
    before = {column.name: column.statistics for column in first.record_set[0].field}
    for column in third.record_set[0].field:
        bars, old = ((one and one.histogram) or () for one in (column.statistics, before[column.name]))
        for bar in bars:
            same = [was.count for was in old if was.model_copy(update={"count": bar.count}) == bar]
            assert bar.count is None or same in ([], [None], [bar.count])
    # People whom a column tells apart are compared with rows of which nothing else was released.
    file = tmp_path / "4.csv"
    past = ()
    for column, rows in (("chiffre", 220), ("patient", 226)):
        file.write_text(f"{column},ward\n" + "".join(f"p{i},x\n" for i in range(rows)))
        card = composed(file, Edition(2, FIRST.published, past), Declared())
        past = (Earlier(PublishedCard.read(card.to_bytes())),)
    assert card.record_set[0].people is None
    assert composed(file, FIRST, Declared()).record_set[0].people == 230


def test_decimal_commas_are_numbers_of_the_card(tmp_path):
    german = tmp_path / "labor.csv"
    rows = [f"{4 + i % 30 / 10:.1f};{1000 + i * 13:,d}" for i in range(220)]
    written_so = "\n".join(row.replace(",", "_").replace(".", ",").replace("_", ".") for row in rows)
    german.write_text(f"glukose;kosten\n{written_so}\n", encoding="utf-8")
    points = tmp_path / "lab.csv"
    plain = "\n".join(row.replace(",", "").replace(";", ",") for row in rows)
    points.write_text(f"glukose,kosten\n{plain}\n", encoding="utf-8")
    described = [json.loads(composed(file).to_bytes())["recordSet"] for file in (german, points)]
    assert described[0] == described[1]
    assert "sc:Float" in str(described[0][0]["field"][0]["dataType"])


def test_each_table_says_whom_its_own_counts_are_of(tmp_path):
    """One table is counted by its column of persons, one by the owner's word, and one not at all."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "cohort.csv").write_text(
        "age,sex\n" + "".join(f"{40 + i % 30},{'fm'[i % 2]}\n" for i in range(60))
    )
    (folder / "rooms.csv").write_text("room,beds\n" + "".join(f"{i % 9},{i % 4}\n" for i in range(60)))
    (folder / "visits.csv").write_text(
        "patient,chol\n" + "".join(f"p{i % 60},{180 + i % 7}\n" for i in range(180))
    )
    declared = Declared(person="patient", people_tables=frozenset({"cohort.csv"}))
    card = json.loads(composed(folder, FIRST, declared).to_bytes())
    counted = [one.get("biodesci:counted") for one in card["recordSet"]]
    assert counted == ["people, a row each", None, "people"]
    assert "counted" not in card["biodesci:identifierCheck"]
