"""biodesci dataset check: what is found in a file or folder, and what a card would tell of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from biodesci.cli import findings, output
from biodesci.cli.crypt4gh import Source
from biodesci.cli.options import grouped

if TYPE_CHECKING:
    from rich.progress import TaskID

    from biodesci.inspection.content import Declared
    from biodesci.inspection.inspect import Inspection

app = typer.Typer()


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
    header: Annotated[
        Literal["yes", "no"] | None,
        typer.Option(help="Whether the first line names the columns, where this was seen wrongly."),
    ] = None

    def declared(self) -> Declared:
        """What the options say."""
        from biodesci.inspection.content import Declared

        return Declared(
            person=self.person,
            codes=frozenset(self.code or ()),
            quasi=tuple(self.quasi or ()),
            pseudonyms=frozenset(self.pseudonym or ()),
            header=None if self.header is None else self.header == "yes",
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

    It ends with 1 where something stops publishing; what is asked or noted ends with 0.

    With --deidentify COPY what is recommended is applied to a copy (columns and tags removed, dates moved
    or made years, ages over 89 grouped). What was done is listed, and in a report beside the copy, by which
    moved dates ask and do not stop; the copy is looked at in its turn.

    Example: biodesci dataset check cohort.csv --person patient
    """
    from biodesci.market.deidentified import require_new, with_report, write

    declared = columns.declared()
    if deidentify is not None:
        require_new(deidentify)
    with source.plain() as file:
        if deidentify is None:
            findings.show(file, _inspect(file, with_report(file, declared)))
            return
        from biodesci.inspection.content import Declared
        from biodesci.inspection.deidentify.copy import deidentify as mend
        from biodesci.inspection.inspect import within

        found = _inspect(file, declared)
        done = mend(file, deidentify, found, declared)
    report = write(deidentify, done)
    mended = [
        {
            "place": found.place_with_file(one.place),
            "done": one.action.value,
            "times": one.rows,
            "why": one.reason,
        }
        for one in done.mends
    ]
    if not output.json_wanted():
        output.table(mended, ("place", "done", "times", "why"), "Nothing had to be mended.")
    # The copy lacks some of the columns that something was declared of.
    made = _inspect(deidentify, Declared(header=declared.header))
    moved = with_report(deidentify, within(declared, made))
    findings.show(deidentify, _inspect(deidentify, moved), findings.Copy(mended, report))


def _inspect(file: Path, declared: Declared) -> Inspection:
    from biodesci.inspection.apart import inspect
    from biodesci.market.material import Material

    size, report, done = Material.of(file).size, reporter(), 0

    def advance(amount: int) -> None:
        nonlocal done
        done = min(done + amount, size)
        report("inspect", done, size)

    # By sketches the card's own tables are compared; those of this inspection are kept nowhere.
    found = inspect(file, declared, advance, secrets.token_bytes(32))
    report("inspect", size, size)
    return found
