"""Which texts hold some words, without reading them: by an index of their grams, runs of one to three
characters.

SQLite has it in a table of FTS5's, PostgreSQL in a GIN index; both are asked for the same grams, so that both
find the same. What has all grams of the words may not hold the words: whoever searches compares the text too.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, delete, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from biodesci.store.engine import Whole

_LONGEST: Final = 3
_ASKED: Final = 12  # grams of long words that are asked for; the others would leave out little more
_BITS: Final = 21  # of a character's number in Unicode
_CODE: Final = (1 << _BITS) - 1


class _Grams(TypeDecorator[str]):
    """A text, kept as its grams, each a number of 64 bits."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(BigInteger))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        numbers = self.numbers(value or "")
        return numbers if dialect.name != "sqlite" else " ".join(f"{number:x}" for number in numbers)

    def numbers(self, value: str) -> list[int]:
        return sorted({number for length in range(1, _LONGEST + 1) for number in set(_runs(value, length))})


class Sought(_Grams):
    """Words that a text is to hold, as the grams that it has then."""

    cache_ok = True

    def numbers(self, value: str) -> list[int]:
        """The longest grams, or of many those between two words, which fewer texts have, and some others."""
        runs = sorted(set(_runs(value, min(len(value), _LONGEST))))
        between = (
            [run for run in runs if not chr((run >> _BITS & _CODE) - 1).isalnum()] if len(value) > 2 else []
        )
        chosen = _some(between, _ASKED // 2)
        return chosen + _some([run for run in runs if run not in chosen], _ASKED - len(chosen))


def _some(runs: list[int], most: int) -> list[int]:
    step = max(1, len(runs) / most)
    return [runs[int(place * step)] for place in range(min(len(runs), most))]


def _runs(value: str, length: int) -> list[int]:
    """The numbers of all runs of so many characters."""
    codes = [ord(character) + 1 for character in value]
    if length == 1:
        return codes
    if length == 2:
        return [one << _BITS | two for one, two in pairwise(codes)]
    return [
        one << 2 * _BITS | two << _BITS | three
        for one, two, three in zip(codes, codes[1:], codes[2:], strict=False)
    ]


# `rowid` is what FTS5 calls the number of a text. It makes several tables of its own, named after this one.
grams = Table("grams", MetaData(), Column("rowid", Whole, primary_key=True), Column("runs", _Grams))


class has_all(FunctionElement[bool]):
    """has_all(bindparam("words", type_=Sought())): of a row of `grams`, whether its text has all of those."""

    # As it stands: of a Boolean, SQLAlchemy asks SQLite whether it is 1.
    type = NullType()  # type: ignore[assignment]
    inherit_cache = True


@compiles(has_all, "sqlite")
def _has_all_sqlite(element: has_all, compiler: SQLCompiler, **more: Any) -> str:
    # By the table, as a column that has no places of its words cannot be asked by itself.
    return f"grams MATCH {compiler.process(element.clauses, **more)}"


@compiles(has_all, "postgresql")
def _has_all_postgresql(element: has_all, compiler: SQLCompiler, **more: Any) -> str:
    return f"grams.runs @> {compiler.process(element.clauses, **more)}"


class holds(FunctionElement[bool]):
    """holds(column, words): whether the words are part of the text, character by character: nothing is a
    wildcard, and case counts."""

    type = NullType()  # type: ignore[assignment]
    inherit_cache = True


@compiles(holds, "sqlite")
def _holds_sqlite(element: holds, compiler: SQLCompiler, **more: Any) -> str:
    return f"instr({compiler.process(element.clauses, **more)}) > 0"


@compiles(holds, "postgresql")
def _holds_postgresql(element: holds, compiler: SQLCompiler, **more: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **more)}) > 0"


def create(connection: Connection) -> None:
    """Makes the index, in a migration."""
    for statement in _CREATE[connection.dialect.name]:
        connection.execute(text(statement))


_CREATE: Final = {
    "sqlite": (
        "CREATE VIRTUAL TABLE grams USING"
        " fts5(runs, content='', detail=none, columnsize=0, tokenize='ascii')",
    ),
    "postgresql": (
        # Without another index, by which a planner would read all texts' grams.
        "CREATE TABLE grams (rowid BIGINT NOT NULL, runs BIGINT[] NOT NULL)",
        # Without a list of what is still to be added: each search would read that list.
        "CREATE INDEX grams_of_text ON grams USING gin (runs) WITH (fastupdate = off)",
    ),
}


def drop(connection: Connection) -> None:
    """Drops it, in a migration."""
    connection.execute(text("DROP TABLE grams"))


def add(connection: Connection, number: int, searched: str) -> None:
    """Adds a text under a number that no text had before: FTS5 without texts forgets none."""
    connection.execute(insert(grams), {"rowid": number, "runs": searched})


def clear(connection: Connection) -> None:
    """Forgets all texts."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO grams (grams) VALUES ('delete-all')"))
    else:
        connection.execute(delete(grams))
