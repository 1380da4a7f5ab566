"""What a card tells of a table: counts of people and not of rows, exact types, no values but of codes."""

from __future__ import annotations

import random
import time
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from biodesci.core.airlock.differencing import NOTHING, ColumnStatistics
from biodesci.core.croissant import DescribedColumn
from biodesci.core.documents.dataset_card import MAX_FIELDS
from biodesci.inspection.content import Declared, Rows
from biodesci.inspection.identifiers.persons import person_column
from biodesci.inspection.schema_file import schema_file
from biodesci.inspection.summary import Summary, TableSummary


def summed(table: pa.Table, declared: Declared | None = None, batch: int = 1_000) -> TableSummary:
    summary = Summary("", table.schema, declared or Declared(), Rows.PEOPLE)
    for one in table.to_batches(max_chunksize=batch):
        summary.feed(one)
    return summary.finish()


def column(values: list[object], type_: pa.DataType | None = None, **declared: object) -> DescribedColumn:
    table = pa.table({"x": pa.array(values, type_ or pa.string())})
    return summed(table, Declared(**declared)).table.columns[0]


def bars(told: ColumnStatistics) -> dict[object, int | None]:
    return {bar.value if bar.value is not None else (bar.low, bar.high): bar.count for bar in told.bars}


# 3 people x 12 weeks: every count of rows is large, and every count of people is 3.
def test_three_people_over_twelve_weeks_are_three_people() -> None:
    names = [name for name in ("Anna Weber", "Karl Meier", "Eva Lang") for _ in range(12)]
    table = pa.table({"patient": names, "week": list(range(12)) * 3, "sex": ["f", "m", "f"] * 12})
    for declared in (Declared(person="patient", codes=frozenset({"patient"})), Declared()):
        summary = summed(table, declared)
        assert (summary.person, summary.records) == ("patient", 36)
        assert (summary.table.rows, summary.table.people) == (None, None)
        assert {one.released for one in summary.table.columns} == {NOTHING}


def test_cells_count_people_where_each_has_several_rows() -> None:
    people = [f"P{i}" for i in range(60) for _ in range(3)]
    table = pa.table({
        "subject_id": people,
        "sex": ["f" if i < 20 else "m" for i in range(60) for _ in range(3)],
        "hb": pa.array([None if i < 15 else 8.0 + (i + k) % 24 / 4 for i in range(60) for k in range(3)]),
        "ward": ["W9" if i == 7 else "W1" for i in range(60) for _ in range(3)],
    })  # fmt: skip
    told = {
        one.name: one.released for one in summed(table, Declared(codes=frozenset({"ward"}))).table.columns
    }
    assert bars(told["sex"]) == {"f": 20, "m": 40}
    assert told["hb"].missing == round(20 / 60, 3)  # 15 people, told as 20
    assert all(count is None or count <= 50 for count in bars(told["hb"]).values())
    assert told["hb"].moments is None  # a person with many rows would weigh more
    # One person with 3 rows in a ward of its own: hidden, and with it what would give it back.
    assert bars(told["ward"]) == {"W1": None, "other": None}


def test_of_the_ids_of_people_nothing_is_told() -> None:
    table = pa.table({"patient_id": [str(1_000 + i) for i in range(300)], "sex": ["f", "m"] * 150})
    summary = summed(table, Declared(person="patient_id", codes=frozenset({"patient_id"})))
    assert (summary.table.people, summary.table.columns[0].released) == (300, NOTHING)
    assert bars(summary.table.columns[1].released) == {"f": 150, "m": 150}


def test_a_row_of_nobody_is_counted_for_nobody() -> None:
    table = pa.table({"pid": [None] * 50 + [f"{i}" for i in range(12)], "sex": ["f"] * 62})
    summary = summed(table)
    assert (summary.table.people, bars(summary.table.columns[1].released)) == (10, {"f": 10})


@pytest.mark.parametrize(
    ("names", "person"),
    [
        (("age", "patient_id"), 1), (("Patient-ID", "age"), 0), (("USUBJID",), 0), (("participant_id",), 0),
        (("id", "sub"), 0), (("MRN",), 0), (("Probanden Nr",), 0), (("age", "inpatient", "pident"), None),
        (("patient_age", "identity"), None), (("id", "fallnr", "val"), 1), (("Kennung", "sex"), 0),
        (("Kürzel",), 0), (("ID paziente",), 0), (("id_patient",), 0), (("patient identifier",), 0),
        (("SID",), 0), (("subject label",), 0), (("case_id",), 0), (("症例番号",), 0), (("case", "x"), None),
    ],
)  # fmt: skip
def test_the_column_of_persons_is_recognised_by_its_name(names: tuple[str, ...], person: int | None) -> None:
    assert person_column(names, None) == person
    assert person_column(names, names[0]) == 0


def test_values_are_told_of_codes_alone() -> None:
    wards = ["Station Weber"] * 50 + ["ICU"] * 30
    assert column(wards).released == ColumnStatistics(missing=0.0)
    assert bars(column(wards, codes=frozenset({"x"})).released) == {"ICU": 30, "Station Weber": 50}
    assert bars(column(["female"] * 30 + ["Male"] * 20).released) == {"Male": 20, "female": 30}
    assert bars(column(["yes"] * 30 + ["no"] * 20 + ["NA"] * 5).released) == {"no": 20, "yes": 30}
    # A word that is on no list, and numbers that may be of a ward or a house.
    assert column(["yes"] * 30 + ["Weber"] * 30).released.bars == ()
    assert column(["4711"] * 30 + ["4712"] * 30).released.bars == ()
    assert column(["4711"] * 60).released.bars == ()


def test_how_many_values_there_are_is_told_rounded() -> None:
    texts = [f"gene {i % 137}" for i in range(2_000)]
    assert column(texts).released == ColumnStatistics(missing=0.0, distinct=140)
    many = [f"{i}-{random.Random(i).random()}" for i in range(30_000)]
    assert column(many).released == ColumnStatistics(missing=0.0)  # too many to count


@pytest.mark.parametrize(
    ("values", "data_type"),
    [
        (["000.1", "1.5"], "sc:Text"), (["0123", "7"], "sc:Text"), (["1_000", "5"], "sc:Text"),
        (["+4930", "5"], "sc:Text"), (["1234567890123456", "1"], "sc:Text"), (["1,5", "2"], "sc:Text"),
        (["1e5", "2"], "sc:Integer"), (["1", "2"], "sc:Integer"), (["1.0", "2"], "sc:Integer"),
        (["1.5", "-0.5"], "sc:Float"), ([".5", "2."], "sc:Float"), (["1e-3", "2"], "sc:Float"),
        (["1.5", "NaN"], "sc:Float"), (["1.5", "Infinity"], "sc:Float"), (["1.5", "-inf", "NA"], "sc:Float"),
        (["true", "FALSE"], "sc:Boolean"), (["2024-01-31", "1999-12-01"], "sc:Date"),
        (["2024-01-31 12:00", "2024-01-31T12:00:59Z"], "sc:DateTime"), (["01.02.2024"], "sc:Text"),
        ([None, "NA", ""], "sc:Text"), (["Infinity War"], "sc:Text"),
    ],
)  # fmt: skip
def test_types_are_exact(values: list[str | None], data_type: str) -> None:
    assert column(values).data_type == data_type


@pytest.mark.parametrize(
    ("other", "data_type"), [("5", "sc:Integer"), ("5.5", "sc:Float"), ("007", "sc:Text"), ("x", "sc:Text")]
)
@pytest.mark.parametrize("position", [0, 11_000])
def test_types_are_exact_of_more_values_than_are_counted(other: str, data_type: str, position: int) -> None:
    values = [str(i) for i in range(11_000)]
    values.insert(position, other)
    assert column(values).data_type == data_type
    days = [f"{1900 + i // 360}-{1 + i // 30 % 12:02}-{1 + i % 30:02}" for i in range(11_000)]
    assert column(days).data_type == "sc:Date"
    assert column([*days, other]).data_type == "sc:Text"


@pytest.mark.parametrize(
    ("values", "type_", "data_type"),
    [
        ([1, 2, None], pa.int16(), "sc:Integer"), ([1.5, float("nan")], pa.float32(), "sc:Float"),
        ([True, False], pa.bool_(), "sc:Boolean"), ([0, 1], pa.date32(), "sc:Date"),
        ([0, 1], pa.timestamp("us", "UTC"), "sc:DateTime"), ([[1], [2]], pa.list_(pa.int8()), "sc:Text"),
        (["a", "b"], pa.dictionary(pa.int8(), pa.string()), "sc:Text"), ([b"a"], pa.binary(), "sc:Text"),
        ([{"a": 1}], pa.struct({"a": pa.int8()}), "sc:Text"), ([None], pa.null(), "sc:Text"),
        ([Decimal("1.50"), None], pa.decimal128(10, 2), "sc:Float"), ([1, 2], pa.uint64(), "sc:Integer"),
        ([np.float16(1.5)], pa.float16(), "sc:Float"), ([1], pa.duration("s"), "sc:Text"),
        ([1], pa.time32("s"), "sc:Text"), ([b"a" * 16], pa.uuid(), "sc:Text"),
        (["a"], pa.string_view(), "sc:Text"), (["1.5", "2"], pa.large_string(), "sc:Float"),
    ],
)  # fmt: skip
def test_typed_columns_keep_their_type(values: list[object], type_: pa.DataType, data_type: str) -> None:
    assert column(values, type_).data_type == data_type
    with_person = pa.table({"x": pa.array(values, type_), "pid": [f"{i}" for i in range(len(values))]})
    assert summed(with_person).table.columns[0].data_type == data_type


def test_what_is_no_finite_number_is_missing() -> None:
    values = [*(f"{i}.5" for i in range(60)), *["NaN"] * 15, *["Infinity"] * 15, *[" NA "] * 10]
    assert column(values).released.missing == 0.4
    typed = [*(i + 0.5 for i in range(60)), *[float("nan")] * 20, *[float("inf")] * 20]
    assert column(typed, pa.float64()).released.missing == 0.4


def test_a_histogram_has_round_edges_and_no_extreme_value() -> None:
    values = [str(30 + i % 41) for i in range(400)] + ["117"]
    told = column(values).released
    # The outlier widens no bin; its hidden cell takes the smallest other with it.
    assert list(bars(told)) == [(low, low + 5.0) for low in range(30, 65, 5)]
    assert told.moments is not None
    assert told.moments.mean < 60  # without the outlier, which stands in a hidden cell


@pytest.mark.parametrize("batch", [1, 7, 250, 5_000])
def test_statistics_do_not_depend_on_how_the_rows_come(batch: int) -> None:
    values = [f"{random.Random(i).gauss(120, 15):.3f}" for i in range(2_500)] + ["", "NA"] * 50
    table = pa.table({"rr": values})
    assert summed(table, batch=batch).table == summed(table, batch=10_000).table


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e6, 1e8])
def test_ranges_that_grow_while_rows_come_end_in_the_same_bins(scale: float) -> None:
    rising = [repr(scale * (1 + i / 7) ** 2) for i in range(4_000)]
    up = summed(pa.table({"x": rising}), batch=100).table.columns[0].released
    down = summed(pa.table({"x": rising[::-1]}), batch=4_000).table.columns[0].released
    assert bars(up) == bars(down)
    assert sum(count or 0 for count in bars(up).values()) == pytest.approx(4_000, abs=200)


@pytest.mark.parametrize("number", ["1.75e308", "-1.79e308", "5e-324", "1e400"])
def test_the_largest_numbers_make_a_summary(number: str) -> None:
    assert column([number] * 20).released.moments is None
    assert column([number] * 20 + [f"-{number}".replace("--", "")] * 20).released.moments is None


def test_long_texts_are_not_kept() -> None:
    assert column(["x" * 5_000 + str(i) for i in range(200)]).released == ColumnStatistics(missing=0.0)


def test_a_hundred_thousand_columns_take_seconds() -> None:
    names = [f"gene_{i}" for i in range(100_000)]
    schema = pa.schema([(name, pa.string()) for name in names])
    batch = pa.RecordBatch.from_arrays([pa.array(["1", "2", "3"] * 8)] * len(names), schema=schema)
    began = time.process_time()
    summary = Summary("", schema, Declared())
    summary.feed(batch)
    told = summary.finish()
    assert (told.table.width, len(told.table.columns)) == (100_000, MAX_FIELDS)
    file = schema_file(told.schema)
    assert time.process_time() - began < 10
    assert pq.read_schema(pa.BufferReader(file)).names == names


def test_a_schema_file_holds_no_value_and_nobodys_metadata() -> None:
    words = pa.array(["Anna Weber", "x"]).dictionary_encode()
    field = pa.field("w", words.type, metadata={"note": "Weber"})
    nested = pa.field("n", pa.struct([("Meier", pa.int8())]))
    schema = pa.schema([field, nested, ("v", pa.float64()), ("x" * 201, pa.int8())], {"pandas": "Weber"})
    file = schema_file(schema)
    read = pq.read_schema(pa.BufferReader(file))
    assert [(one.name, str(one.type)) for one in read] == [("w", "string"), ("n", "string"), ("v", "double")]
    assert b"Weber" not in file
    assert b"Meier" not in file
    assert pq.read_table(pa.BufferReader(file)).num_rows == 0


@pytest.mark.parametrize(
    "type_",
    [
        pa.uint64(), pa.float16(), pa.decimal256(50, 2), pa.timestamp("ns", "Europe/Berlin"), pa.time64("us"),
        pa.duration("s"), pa.month_day_nano_interval(), pa.uuid(), pa.null(), pa.string_view(), pa.binary(),
        pa.large_list(pa.int8()), pa.map_(pa.string(), pa.int8()), pa.dense_union([pa.field("a", pa.int8())]),
        pa.dictionary(pa.int8(), pa.date32()), pa.bool_(), pa.date64(),
    ],
)  # fmt: skip
def test_a_schema_file_has_columns_of_any_type(type_: pa.DataType) -> None:
    file = schema_file(pa.schema([("a", type_), ("a", type_), ("", type_)]))
    assert pq.read_schema(pa.BufferReader(file)).names == ["a", "a", ""]


def test_a_guessed_column_that_numbers_the_rows_is_nobodys() -> None:
    """A row number called `id` beside the people's own column: the card may not say that it counts people."""
    rows = {"id": list(range(60)), "ward": [i // 6 for i in range(60)], "sex": ["f", "m"] * 30}
    batch = pa.RecordBatch.from_pydict(rows)

    def summary(declared: Declared) -> TableSummary:
        made = Summary("", batch.schema, declared)
        made.feed(batch)
        return made.finish()

    guessed, said = summary(Declared()), summary(Declared(person="ward"))
    assert (guessed.person, guessed.table.people) == (None, None)
    assert said.person == "ward"
    assert [bar.count for bar in said.table.columns[2].released.bars if bar.count] == []
