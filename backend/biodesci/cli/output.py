"""How commands speak: tables for people on stdout, or JSON with `--json`; progress and errors on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from biodesci.core.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask: this is the consent.")]

_state = {"json": False}
# What a terminal obeys, and what cannot be written; lines and tabs stay.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def use_json(wanted: bool) -> None:
    """Chooses JSON, or sentences and tables, for all that this process prints."""
    _state["json"] = wanted


def json_wanted() -> bool:
    """Whether `--json` was given."""
    return _state["json"]


def record(data: Mapping[str, Any], sentence: str = "") -> None:
    """One result: its fields under a sentence, or one JSON object."""
    if json_wanted():
        _line(json.dumps(data, default=_json))
        return
    if sentence:
        _line(sentence)
    width = max((len(k) for k in data), default=0)
    for key, value in data.items():
        _line(f"  {key:<{width}}  {_text(value)}")


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Several results: a table of `columns`, or one JSON array of all fields."""
    if json_wanted():
        _line(json.dumps(list(rows), default=_json))
        return
    if not rows:
        _line(empty)
        return
    from biodesci.cli import columns as drawn

    # A name may be a stranger's: brackets in it are no markup.
    drawn.show(columns, [[_text(row.get(column)) for column in columns] for row in rows])


def error(message: str, hint: str, kind: str) -> None:
    """Writes what went wrong and what to do to standard error; `kind` is the error's class."""
    if json_wanted():
        text = json.dumps({"error": {"type": kind, "message": message, "hint": hint}})
    else:
        text = f"error: {message}" + (f"\n  {hint}" if hint else "")
    sys.stderr.write(text + "\n")


def note(text: str) -> None:
    """Writes one line for people to standard error, so that standard output keeps the result alone."""
    sys.stderr.write(text + "\n")


def consent(text: str, *, yes: bool) -> None:
    """Says what will be paid or cannot be undone, and asks for it. InputError where nobody can be asked:
    without a terminal `--yes` is the consent.
    """
    note(text)
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(
            "This needs consent, and there is no terminal to ask on; nothing was sent.",
            "Repeat the command with --yes.",
        )
    typer.confirm("Go on?", abort=True, err=True)


def bar() -> Progress:
    """A progress bar on stderr, which shows nothing unless that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=json_wanted() or not console.is_terminal)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, advanced by the number of bytes (or steps) passed to the callable it yields."""
    with bar() as shown:
        task = shown.add_task(what, total=total)

        def advance(amount: int) -> None:
            shown.advance(task, amount)

        yield advance


@contextmanager
def steps(what: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr that says which step runs, for work that doesn't know how many there will be."""
    with bar() as shown:
        task = shown.add_task(what, total=None)

        def tell(name: str) -> None:
            shown.update(task, description=f"{what}: {name}")

        yield tell


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        words = [_text(v) for v in value]
        # Sentences end with their own full stop.
        return (" " if all(word.endswith(".") for word in words) else ", ").join(words) or "-"
    return _CONTROL.sub(" ", str(value))


def _json(value: Any) -> Any:
    """What JSON has no type for: amounts of money by their fields, everything else as text."""
    if isinstance(value, Path):  # before web3 is imported, which commands without a chain do without
        return str(value)
    from biodesci.chain.currency import Money

    return value.document() if isinstance(value, Money) else str(value)
