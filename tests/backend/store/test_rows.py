"""Rows by the driver itself are what SQLAlchemy would have made of them, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, MetaData, Table, event, func, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from biodesci.store import engine
from biodesci.store.engine import KEYED, Amount, Whole, Words
from biodesci.store.rows import insert_rows, insert_tuples, keys_of, rows_of, update_rows

things = Table(
    "things",
    MetaData(),
    Column("right", Whole, primary_key=True, autoincrement=False),  # a word of SQL's
    Column("who", Words, primary_key=True),
    Column("amount", Amount, nullable=False),
    Column("words", Words),
    Column("number", Whole),
    **KEYED,
)
MADE = [
    {"right": right, "who": who, "amount": amount, "words": words, "number": number}
    for right, who, amount, words, number in (
        (1, "0xA", 0, None, None),
        (1, "0xB", 2**256 - 1, "100 % of :all? ü\N{WHITE SMILING FACE}", -(2**63)),
        (2**63 - 1, "0xA", 2**64, "with \0 in it", 2**63 - 1),
    )
]
READ = [*MADE[:2], {**MADE[2], "words": "with \N{REPLACEMENT CHARACTER} in it"}]


@pytest.fixture
def connection(location):
    engine.prepare(location)
    opened = engine.for_writing(location, engine.WORK)
    try:
        with opened.begin() as connection:
            engine.make_schema(connection, engine.WORK)
            things.create(connection)
            yield connection
    finally:
        opened.dispose()


def key(row):
    return row["right"], row["who"]


def everything(connection):
    return [dict(row) for row in connection.execute(select(things).order_by(*things.primary_key)).mappings()]


def test_rows_come_out_as_they_went_in(connection):
    insert_rows(connection, things, MADE)
    by_sqlalchemy = everything(connection)
    assert by_sqlalchemy == READ
    asked = [key(row) for row in MADE] + [(2, "0xA"), (1, "0xC")]
    assert sorted(rows_of(connection, things, asked), key=key) == READ
    assert keys_of(connection, things, asked) == {key(row) for row in MADE}
    connection.execute(things.delete())
    connection.execute(insert(things), MADE)
    assert everything(connection) == by_sqlalchemy


@pytest.mark.parametrize("number", [199, 200, 201, 650])
def test_however_many_rows_there_are_each_is_there_once(connection, number):
    made = [{**MADE[1], "who": f"0x{place:04}", "number": place} for place in range(number)]
    insert_rows(connection, things, made)
    assert everything(connection) == [{**READ[1], "who": row["who"], "number": row["number"]} for row in made]
    with pytest.raises(IntegrityError), connection.begin_nested():
        insert_rows(connection, things, [*({**row, "right": 2} for row in made), made[0]])
    assert len(everything(connection)) == number


def test_rows_in_the_order_of_the_columns_are_the_same(connection):
    insert_tuples(connection, things, [tuple(row.values()) for row in MADE])
    assert everything(connection) == READ


def test_only_the_rows_that_are_meant_change(connection):
    insert_rows(connection, things, MADE)
    changed = {**MADE[1], "amount": 7, "words": None, "number": 5}
    update_rows(connection, things, [changed, {**changed, "who": "0xC"}])
    assert everything(connection) == [READ[0], changed, READ[2]]


def test_nothing_is_no_statement(connection):
    asked = []
    event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    insert_rows(connection, things, [])
    update_rows(connection, things, [])
    assert list(rows_of(connection, things, [])) == []
    assert asked == []


def test_many_keys_are_one_statement(connection):
    insert_rows(connection, things, MADE)
    asked = []
    event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert len(list(rows_of(connection, things, [(1, f"0x{n:X}") for n in range(4_000)]))) == 2
    assert len(asked) == 1


def test_what_contradicts_is_said_as_sqlalchemy_says_it(connection):
    insert_rows(connection, things, MADE)
    with pytest.raises(IntegrityError), connection.begin_nested():
        insert_rows(connection, things, [MADE[0]])
    with pytest.raises(ValueError, match="whole number"):
        insert_rows(connection, things, [{**MADE[0], "amount": 2**256}])


def test_a_server_that_goes_while_rows_come_is_found_again(postgres):
    opened = engine.for_writing(postgres.url(postgres.database()), engine.WORK)
    made = [{**MADE[0], "who": f"0x{place:04}"} for place in range(650)]
    try:
        with opened.begin() as connection:
            engine.make_schema(connection, engine.WORK)
            things.create(connection)
        with pytest.raises(OperationalError), opened.begin() as connection:
            process = connection.scalar(select(func.pg_backend_pid()))
            with opened.connect() as other:
                other.connection.cursor().execute("SELECT pg_terminate_backend(%s)", [process])
            insert_rows(connection, things, made)
        with opened.begin() as connection:
            insert_rows(connection, things, made)
            assert len(everything(connection)) == len(made)
    finally:
        opened.dispose()
