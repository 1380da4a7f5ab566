"""biodesci dataset check: what is found in a file or folder, and what a card would tell of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from biodesci.cli import output
from biodesci.cli.crypt4gh import Source
from biodesci.cli.options import grouped

if TYPE_CHECKING:
    from rich.progress import TaskID

    from biodesci.core.documents.dataset_card import Column
    from biodesci.inspection.content import Declared
    from biodesci.inspection.inspect import Inspection
    from biodesci.inspection.summary import TableSummary

app = typer.Typer()
_LEVELS: Final = ("stop", "ask", "note")
_SAID: Final = {"nullShare": "share missing", "distinct": "different values", "std": "sd"}


def reporter() -> Callable[[str, int, int], None]:
    """Shows how far the steps of publishing are: called with step, bytes done and bytes in all."""
    bar = output.bar()
    tasks: dict[str, TaskID] = {}

    def report(step: str, done: int, total: int) -> None:
        if not bar.live.is_started:
            bar.start()
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=total)
        bar.update(tasks[step], completed=done)
        if bar.finished:
            bar.stop()

    return report


@dataclass(frozen=True)
class Columns:
    """The options that say what the columns of a table are."""

    person: Annotated[
        str | None, typer.Option(help="Column that says whose record a row is: people are counted, not rows.")
    ] = None
    code: Annotated[
        list[str] | None,
        typer.Option(help="Column of codes, whose values the card may print; repeat for more."),
    ] = None
    quasi: Annotated[
        list[str] | None,
        typer.Option(help="Column by which a person who is known could be found (age, postcode); repeat."),
    ] = None
    pseudonym: Annotated[
        list[str] | None, typer.Option(help="Column of ids that lead to nobody outside; repeat.")
    ] = None
    rows_are_people: Annotated[
        bool,
        typer.Option("--rows-are-people", help="Each row of the table is another person: you declare it."),
    ] = False
    people_table: Annotated[
        list[str] | None,
        typer.Option(help="The same of one table among several (file, sheet), by its name; repeat."),
    ] = None
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The first line is a record, not column names.")
    ] = False

    def declared(self) -> Declared:
        """What the options say."""
        from biodesci.inspection.content import Declared

        return Declared(
            person=self.person,
            codes=frozenset(self.code or ()),
            quasi=tuple(self.quasi or ()),
            pseudonyms=frozenset(self.pseudonym or ()),
            header=False if self.no_header else None,
            rows_are_people=self.rows_are_people,
            people_tables=frozenset(self.people_table or ()),
        )


@app.command()
@grouped
def check(
    source: Source,
    columns: Columns,
    *,
    deidentify: Annotated[
        Path | None,
        typer.Option(help="Also write a de-identified copy here, and look at that."),
    ] = None,
) -> None:
    """Show what would be found in a file, and what a card would tell of it; nothing leaves this machine.

    It ends with 1 where publishing would stop. With --deidentify COPY what is recommended is applied to a
    copy (columns and tags removed, dates moved, ages over 89 grouped); what was done is listed, and the copy
    is looked at in its turn.

    Example: biodesci dataset check cohort.csv --person patient
    """
    declared = columns.declared()
    with source.plain() as file:
        found = _inspect(file, declared)
        if deidentify is None:
            _show(file, found)
            return
        from biodesci.inspection.deidentify.copy import deidentify as mend

        done = mend(file, deidentify, found, declared)
    mended = [
        {"place": one.place, "done": one.action.value, "times": one.rows, "why": one.reason} for one in done
    ]
    if not output.json_wanted():
        output.table(mended, ("place", "done", "times", "why"), "Nothing had to be mended.")
    _show(deidentify, _inspect(deidentify, declared), mended)


def _inspect(file: Path, declared: Declared) -> Inspection:
    from biodesci.inspection.inspect import inspect
    from biodesci.market.material import Material

    size, report, done = Material.of(file).size, reporter(), 0

    def advance(amount: int) -> None:
        nonlocal done
        done = min(done + amount, size)
        report("inspect", done, size)

    found = inspect(file, declared, advance)
    report("inspect", size, size)
    return found


def _show(file: Path, inspection: Inspection, mended: list[dict[str, Any]] | None = None) -> None:
    """Ends the command with 1 where publishing would stop."""
    from biodesci.core.croissant import fields
    from biodesci.market.material import Material

    levels = {finding.level.value for finding in inspection.findings}
    verdict = (
        "Publishing it would stop. Mend the data (--deidentify COPY does much of it in a copy), or give a "
        "reason: --accept-risk REASON."
        if "stop" in levels
        else "A person has to look at what is asked: --confirm would be needed."
        if "ask" in levels
        else "Nothing was recognised that would stop it. That is evidence, not anonymity."
    )
    findings = [
        {"level": one.level.value, "place": one.place, "kind": one.kind, "rows": one.rows, "why": one.reason}
        for one in sorted(inspection.findings, key=lambda one: _LEVELS.index(one.level.value))
    ]
    told = [_told(table.name, column) for table in inspection.tables for column in fields(table.table)]
    records = [table.records for table in inspection.tables]
    counted = [_counted(table) for table in inspection.tables]
    about = {
        "format": inspection.format,
        "bytes": Material.of(file).size,
        "records": records,
        "counted": counted,
    }
    if output.json_wanted():
        mends = {} if mended is None else {"mended": mended, "copy": file}
        output.record({**about, **mends, "verdict": verdict, "findings": findings, "card": told})
    else:
        shown = {"format": about["format"] or "not read here", "records": [f"{count:,}" for count in records]}
        output.record({**about, **shown}, f"{file.name}: {verdict}")
        output.table(findings, ("level", "place", "kind", "rows", "why"), "Nothing was found.")
        if told:
            output.record({}, "What a card would tell of the columns:")
            output.table(told, ("column", "type", "told"), "")
    if "stop" in levels:
        raise typer.Exit(1)


def _counted(table: TableSummary) -> str:
    """Of whom the counts of a table are."""
    if table.person is not None:
        return f"people, by column {table.person!r}"
    return "people, a row each" if table.is_counted else "nothing: it is not known whose the rows are"


def _told(table: str, column: Column) -> dict[str, Any]:
    """A column as a card would have it, in a line."""
    statistics = {} if column.statistics is None else column.statistics.model_dump(mode="json")
    words = [
        _bars(value) if isinstance(value, list) else f"{_SAID.get(name, name)} {value}"
        for name, value in statistics.items()
    ]
    name = f"{table}: {column.name}" if table else column.name
    return {"column": name, "type": column.data_type.removeprefix("sc:"), "told": ", ".join(words) or None}


def _bars(bars: list[dict[str, Any]]) -> str:
    """A histogram in words; a count that is withheld is a dash."""
    return "; ".join(f"{_bar(bar)}: {bar['count'] or '-'}" for bar in bars)


def _bar(bar: dict[str, Any]) -> str:
    return str(bar["value"]) if "value" in bar else f"{bar['from']:g} to {bar['to']:g}"
