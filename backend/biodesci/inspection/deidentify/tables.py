"""Tables: columns that stop are dropped, or made coarse where that is enough."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Table
from biodesci.inspection.deidentify.mend import Action, Mends
from biodesci.inspection.deidentify.secret import Secret
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import recognise
from biodesci.inspection.source import Source

_OLD: Final = 90
_YEAR: Final = re.compile(r"(?<!\d)(?:1[89]|20)\d{2}(?!\d)|(?:1[89]|20)\d{2}(?=(?:0[1-9]|1[0-2])[0-3]\d$)")
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_NUMBER: Final = re.compile(r"\s*(\d{1,3})(?!\d)")

Rule = Callable[[Any, str], Any]


def mend(
    source: Source, target: Path, findings: list[Finding], declared: Declared, secret: Secret, mends: Mends
) -> None:
    """Writes a copy of a table as CSV, or as Parquet where it was Parquet.

    `findings` are the inspection's of this table. Raises InputError for a format that is not written here.
    """
    format_ = recognise(source)
    if format_ is None or format_.name not in {"delimited table", "Parquet"}:
        raise InputError(
            "Of tables CSV and Parquet are de-identified here.", "Save the table as one of them first."
        )
    is_written = False
    for item in format_.read(source, declared):
        if isinstance(item, Table):
            if is_written:
                raise InputError(
                    "This table has lists in its cells, which are tables that are not de-identified here.",
                    "Save it without them, each as a table.",
                )
            is_written = True
            rules, dropped = _rules(item.schema.names, findings, declared, secret)
            plan = _Plan(rules, dropped, declared.person)
            rows = _write(item, target, format_.name == "Parquet", plan)
            _report(plan, findings, item.schema.names, rows, mends)


class _Plan:
    """Which columns go, and what becomes of the values of others."""

    def __init__(self, rules: dict[str, tuple[Action, Rule]], dropped: set[str], person: str | None) -> None:
        self._rules, self._dropped, self._person = rules, dropped, person

    def names(self, schema: pa.Schema) -> list[str]:
        """The columns that stay."""
        return [name for name in schema.names if name not in self._dropped]

    def action(self, name: str) -> Action | None:
        """What becomes of the column; None for one that stays as it is."""
        return Action.REMOVED if name in self._dropped else self._rules.get(name, (None,))[0]

    def rows(self, batch: pa.RecordBatch) -> dict[str, list[Any]]:
        """The batch's columns that stay, mended."""
        persons = [str(value) for value in batch.column(self._person).to_pylist()] if self._person else None
        columns = {}
        for name in self.names(batch.schema):
            values, rule = batch.column(name).to_pylist(), self._rules.get(name)
            if rule is not None:
                mended, whose = rule[1], persons or [""] * len(values)
                values = [
                    None if v is None or v == "" else mended(v, w) for v, w in zip(values, whose, strict=True)
                ]
            columns[name] = values
        return columns


def _rules(
    names: list[str], findings: list[Finding], declared: Declared, secret: Secret
) -> tuple[dict[str, tuple[Action, Rule]], set[str]]:
    rules: dict[str, tuple[Action, Rule]] = {}
    dropped: set[str] = set()
    for name in names:
        kinds = _grave(name, findings)
        if name == declared.person:
            rules[name] = Action.REPLACED, lambda value, _person: secret.pseudonym(str(value))
        elif kinds == {"age over 89"}:
            rules[name] = Action.GENERALISED, lambda value, _person: _age(value)
        elif kinds == {"postcode"}:
            rules[name] = Action.GENERALISED, lambda value, _person: str(value).strip()[:2]
        elif kinds == {"date"} and declared.person is not None:
            rules[name] = Action.SHIFTED, lambda value, person: _moved(value, person, secret)
        elif kinds and kinds <= {"date", "date of birth"}:
            rules[name] = Action.GENERALISED, lambda value, _person: _year(value)
        elif kinds:
            dropped.add(name)
    return rules, dropped


def _grave(name: str, findings: list[Finding]) -> set[str]:
    """What stops of a column. The inspection's places end with the column's name."""
    return {
        finding.kind
        for finding in findings
        if finding.level is Level.STOP and finding.place.endswith(f"column {name!r}")
    }


def _report(plan: _Plan, findings: list[Finding], names: list[str], rows: int, mends: Mends) -> None:
    """Says what became of each column that changed: the number is the one of the table's rows."""
    for name in names:
        action = plan.action(name)
        if action is not None:
            kinds = ", ".join(sorted(_grave(name, findings))) or "ids of persons"
            mends.add(f"column {name!r}", action, kinds, rows)


def _age(value: Any) -> Any:
    match = _NUMBER.match(str(value))
    return "90+" if match and int(match[1]) >= _OLD else str(value)


def _year(value: Any) -> str | None:
    if isinstance(value, date | datetime):
        return str(value.year)
    match = _YEAR.search(str(value))
    return match[0] if match else None


def _moved(value: Any, person: str, secret: Secret) -> str | None:
    """A person's day, moved. What is no ISO date becomes its year."""
    if isinstance(value, date):
        return secret.moved(value, person).isoformat()[:10]
    match = _ISO.match(str(value))
    if match is None:
        return _year(value)
    try:
        return secret.moved(date(int(match[1]), int(match[2]), int(match[3])), person).isoformat()
    except ValueError:
        return None


def _write(table: Table, target: Path, is_parquet: bool, plan: _Plan) -> int:
    """Writes the table and returns its number of rows."""
    names, rows = plan.names(table.schema), 0
    if not names:
        raise InputError("Each column of the table may name people.", "Nothing of it can be published.")
    with _parquet(target) if is_parquet else _csv(target, names) as write:
        for batch in table.batches:
            write(plan.rows(batch))
            rows += batch.num_rows
    return rows


@contextmanager
def _csv(target: Path, names: list[str]) -> Iterator[Callable[[dict[str, list[Any]]], None]]:
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        yield lambda columns: writer.writerows(zip(*columns.values(), strict=True))


@contextmanager
def _parquet(target: Path) -> Iterator[Callable[[dict[str, list[Any]]], None]]:
    writer: pq.ParquetWriter | None = None

    def write(columns: dict[str, list[Any]]) -> None:
        nonlocal writer
        batch = pa.table(columns) if writer is None else pa.table(columns, schema=writer.schema)
        writer = writer or pq.ParquetWriter(target, batch.schema)
        writer.write_table(batch)

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()
