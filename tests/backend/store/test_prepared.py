"""SQLite's rows are the same whether they are read by SQLAlchemy's own way or by statements compiled once."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, func, insert, literal, select, union_all
from sqlalchemy.exc import DBAPIError

from biodesci.store import engine, prepared
from biodesci.store.engine import INDEX, Amount, Words

table = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("price", Amount),
    Column("name", Words),
)
other = table.alias("other")
ROWS = [
    {"id": number, "price": price, "name": name}
    for number, (price, name) in enumerate(((0, "a"), (2**256 - 1, "b\0"), (None, None), (7, "?'%s :x")), 1)
]
WITH = select(table).where(table.c.id.in_(bindparam("ids", expanding=True))).order_by(table.c.id)
STATEMENTS = [
    (select(table).order_by(table.c.price), {}),
    (select(table.c.id).where(table.c.price == bindparam("price")), {"price": 2**256 - 1}),
    (select(table.c.id).where(table.c.name == bindparam("name")), {"name": "b\0"}),
    (select(table).where(table.c.id < bindparam("to")).limit(bindparam("limit")), {"to": 4, "limit": 2}),
    (select(table, other.c.id, other.c.price.label("of")).join(other, other.c.id == table.c.id - 1), {}),
    (select(literal("x'").label("kind"), func.count().label("count")).select_from(table), {}),
    (union_all(select(table.c.price), select(other.c.price)).order_by("price"), {}),
    (WITH, {"ids": [1, 4]}),
    (WITH, {"ids": (2,)}),
    (WITH, {"ids": []}),
    (
        WITH.where(table.c.name.in_(bindparam("names", expanding=True)), table.c.price < bindparam("most")),
        {"ids": [1, 2, 3, 4], "names": ["?'%s :x", "b\0"], "most": 8},
    ),
]  # fmt: skip


@pytest.fixture
def reader(tmp_path):
    file = tmp_path / "things.sqlite"
    writing = engine.for_writing(file, INDEX)
    with writing.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), ROWS)
    reading = engine.for_reading(file, INDEX)
    with reading.connect() as connection:
        yield connection, writing
    reading.dispose()
    writing.dispose()


@pytest.mark.parametrize("number", range(len(STATEMENTS)))
def test_rows_are_those_of_sqlalchemy(reader, number):
    connection, _ = reader
    statement, values = STATEMENTS[number]
    expected = [dict(row) for row in connection.execute(statement, values).mappings()]
    for _ in range(2):
        found = prepared.rows(connection, statement, values)
        assert found == expected
        assert [list(row) for row in found] == [list(row) for row in expected]


def test_an_error_is_the_one_that_sqlalchemy_raises(reader):
    connection, writing = reader
    with writing.begin() as other_connection:
        table.drop(other_connection)
    with pytest.raises(DBAPIError, match="no such table") as raised:
        prepared.rows(connection, select(table).where(table.c.name == "secret"), {})
    assert "secret" not in str(raised.value)
    with pytest.raises(KeyError, match="to"):
        prepared.rows(connection, STATEMENTS[3][0], {"limit": 2})
