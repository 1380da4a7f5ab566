"""How an inspection is shown: what was found, each with what answers it, and what a card would tell."""

from __future__ import annotations

import shutil
import sys
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from biodesci.cli import output

if TYPE_CHECKING:
    from biodesci.core.documents.dataset_card import Column
    from biodesci.inspection.inspect import Inspection
    from biodesci.inspection.summary import TableSummary

_LEVELS: Final = ("stop", "ask", "note")
_WORDS: Final = {"nullShare": "share missing", "distinct": "different values", "std": "sd"}
_WIDEST: Final = 100
_INDENT: Final = " " * 6
_EVIDENCE: Final = "Nothing was recognised that would stop it. That is evidence, not anonymity."
_NOT_COMPARED: Final = (
    "Nothing is compared here with what you published before: what changed by fewer than 11 people since "
    "then, publishing withholds besides."
)
_REPORTED: Final = (
    "What was done is in the report {}, by which days that moved do not stop the copy: leave it beside the "
    "copy, and publish the copy alone."
)
_VERDICTS: Final = {
    "stop": "Publishing it would stop. Mend what stops (--deidentify COPY does much of it in a copy), or "
    "give a reason: --accept-risk REASON.",
    "ask": "What is asked needs somebody who knows the data to look at it, and then --confirm.",
}


@dataclass(frozen=True)
class Copy:
    """Of a de-identified copy: what was done to make it, and where the report of that lies."""

    mended: list[dict[str, Any]]
    report: Path


def show(file: Path, inspection: Inspection, copy: Copy | None = None) -> None:
    """Ends the command with 1 where something stops publishing."""
    from biodesci.core.croissant import compared, fields
    from biodesci.inspection.mends import mend
    from biodesci.market.material import Material

    found = sorted(inspection.findings, key=lambda one: _LEVELS.index(one.level.value))
    levels = {one.level.value for one in found}
    verdict = " ".join(text for level, text in _VERDICTS.items() if level in levels) or _EVIDENCE
    size = Material.of(file).size
    released = compared([table.table for table in inspection.tables])
    tables = [
        replace(summary, table=table) for summary, table in zip(inspection.tables, released, strict=False)
    ]
    if output.json_wanted():
        output.record({
            "format": inspection.format,
            "bytes": size,
            "records": [table.records for table in inspection.tables],
            "counted": [_counted(table) for table in inspection.tables],
            **({} if copy is None else {"mended": copy.mended, "copy": file, "report": copy.report}),
            "verdict": verdict,
            "findings": [
                {"level": one.level.value, "place": inspection.place_with_file(one.place), "kind": one.kind,
                 "rows": one.rows, "why": one.reason, "mend": mend(one)}
                for one in found
            ],
            "card": [
                {"table": table.name, **_released(column)}
                for table in tables for column in fields(table.table)
            ],
            "notCompared": _NOT_COMPARED,
        })  # fmt: skip
    else:
        if copy is not None:
            _paragraph(_REPORTED.format(copy.report.name))
        _paragraph(f"{file.name}: {verdict}")
        output.record({"format": inspection.format or "not read here", "bytes": f"{size:,}"})
        if found:
            typer.echo()
        for one in found:
            _paragraph(f"{one.level.value:<6}{inspection.with_file(one).what}", _INDENT)
            _paragraph(f"{_INDENT}{one.reason[:1].upper()}{one.reason[1:]}. {mend(one)}", _INDENT)
        for table in tables:
            typer.echo()
            _table(table)
        if any(table.is_counted for table in tables):
            typer.echo()
            _paragraph(_NOT_COMPARED)
    if "stop" in levels:
        raise typer.Exit(1)


def _paragraph(text: str, indent: str = "") -> None:
    """Prints a text: wrapped in a terminal, in one line where no terminal says how wide it is."""
    if sys.stdout.isatty():
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        text = textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)
    output.record({}, text)


def _table(table: TableSummary) -> None:
    from biodesci.core.croissant import fields

    name = f"Table {table.name}" if table.name else "The table"
    columns = [_released(one) for one in fields(table.table)]
    _paragraph(f"{name}: {table.records:,} row{'s' * (table.records != 1)}. Counted: {_counted(table)}.")
    if table.is_counted:
        _paragraph("The card would have, where a dash is nothing but name and type:")
        output.table(columns, ("column", "type", "released"), "")
    elif columns:
        names = ", ".join(f"{column['column']} ({column['type']})" for column in columns)
        _paragraph(f"The card would have names and types of its columns alone: {names}.")


def _counted(table: TableSummary) -> str:
    """Of whom the counts of a table are."""
    from biodesci.inspection.content import Rows

    if table.person is not None:
        return f"people, by column {table.person!r}"
    if table.is_counted:
        return "people, a row each"
    why = "the rows are not people" if table.rows is Rows.THINGS else "it is not known whose the rows are"
    return f"nothing, as {why}"


def _released(column: Column) -> dict[str, Any]:
    """A column as a card would have it, in a line."""
    statistics = {} if column.statistics is None else column.statistics.model_dump(mode="json")
    words = [
        _bars(value) if isinstance(value, list) else f"{_WORDS.get(name, name)} {value:g}"
        for name, value in statistics.items()
    ]
    type_ = column.data_type.removeprefix("sc:")
    return {"column": column.name, "type": type_, "released": ", ".join(words) or None}


def _bars(bars: list[dict[str, Any]]) -> str:
    """A histogram in words; a count that is withheld is a dash."""
    return "; ".join(f"{_bar(bar)}: {bar['count'] or '-'}" for bar in bars)


def _bar(bar: dict[str, Any]) -> str:
    return str(bar["value"]) if "value" in bar else f"{bar['from']:g} to {bar['to']:g}"
