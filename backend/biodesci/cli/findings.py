"""How an inspection is shown: what was found, each with what answers it, and what a card would tell."""

from __future__ import annotations

import shutil
import sys
import textwrap
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
_VERDICTS: Final = {
    "stop": "Publishing it would stop. Mend what stops (--deidentify COPY does much of it in a copy), or "
    "give a reason: --accept-risk REASON.",
    "ask": "What is asked needs somebody who knows the data to look at it, and then --confirm.",
}


def show(file: Path, inspection: Inspection, mended: list[dict[str, Any]] | None = None) -> None:
    """Ends the command with 1 where something stops publishing."""
    from biodesci.core.croissant import fields
    from biodesci.inspection.mends import mend
    from biodesci.market.material import Material

    found = sorted(inspection.findings, key=lambda one: _LEVELS.index(one.level.value))
    levels = {one.level.value for one in found}
    verdict = " ".join(text for level, text in _VERDICTS.items() if level in levels) or _EVIDENCE
    size = Material.of(file).size
    if output.json_wanted():
        output.record({
            "format": inspection.format,
            "bytes": size,
            "records": [table.records for table in inspection.tables],
            "counted": [_counted(table) for table in inspection.tables],
            **({} if mended is None else {"mended": mended, "copy": file}),
            "verdict": verdict,
            "findings": [
                {"level": one.level.value, "place": one.place, "kind": one.kind, "rows": one.rows,
                 "why": one.reason, "mend": mend(one)}
                for one in found
            ],
            "card": [
                {"table": table.name, **_released(column)}
                for table in inspection.tables for column in fields(table.table)
            ],
        })  # fmt: skip
    else:
        _paragraph(f"{file.name}: {verdict}")
        output.record({"format": inspection.format or "not read here", "bytes": f"{size:,}"})
        if found:
            _paragraph("")
        for one in found:
            amount = f", {one.rows:,} row{'s' * (one.rows != 1)}" if one.rows else ""
            _paragraph(f"{one.level.value:<6}{one.place}: {one.kind}{amount}", _INDENT)
            _paragraph(f"{_INDENT}{one.reason[:1].upper()}{one.reason[1:]}. {mend(one)}", _INDENT)
        for table in inspection.tables:
            name = f"Table {table.name}" if table.name else "The table"
            _paragraph("")
            _paragraph(f"{name}: {table.records:,} rows. Counted: {_counted(table)}. The card would have:")
            output.table([_released(one) for one in fields(table.table)], ("column", "type", "released"), "")
    if "stop" in levels:
        raise typer.Exit(1)


def _paragraph(text: str, indent: str = "") -> None:
    """Prints a text: wrapped in a terminal, in one line where no terminal says how wide it is."""
    if sys.stdout.isatty():
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        text = textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)
    output.record({}, text)


def _counted(table: TableSummary) -> str:
    """Of whom the counts of a table are."""
    if table.person is not None:
        return f"people, by column {table.person!r}"
    return "people, a row each" if table.is_counted else "nothing, as it is not known whose the rows are"


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
