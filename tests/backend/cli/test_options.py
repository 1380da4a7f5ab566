"""Commands that take their options as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from biodesci.cli.options import grouped


@dataclass(frozen=True)
class Sample:
    site: Annotated[str, typer.Option(help="Where it was taken.")]
    tube: Annotated[list[int] | None, typer.Option(min=1, help="Repeat for more.")] = None
    frozen: Annotated[bool, typer.Option("--frozen", help="Below -70 degrees.")] = False


@dataclass(frozen=True)
class Storage:
    shelf: int = 7


app = typer.Typer()


@app.command()
@grouped
def store(name: str, sample: Sample, *, copies: int = 1, storage: Storage) -> None:
    """Store a sample."""
    typer.echo(f"{name} {copies} {sample} {storage}")


def run(*argv: str) -> Result:
    return CliRunner().invoke(app, list(argv))


def test_each_field_is_an_option_and_the_command_gets_them_together() -> None:
    result = run("blood", "--site", "Basel", "--tube", "2", "--tube", "3", "--frozen", "--shelf", "1")
    assert result.output == f"blood 1 {Sample('Basel', [2, 3], True)} {Storage(1)}\n"
    assert run("blood", "--site", "Basel").output == f"blood 1 {Sample('Basel')} {Storage()}\n"


@pytest.mark.parametrize(
    "argv", [(), ("--site", "Basel", "--tube", "0"), ("--site", "Basel", "--shelf", "top")], ids=" ".join
)
def test_what_does_not_fit_a_field_is_refused(argv: tuple[str, ...]) -> None:
    assert run("blood", *argv).exit_code == 2


def test_the_help_names_every_field_and_the_command() -> None:
    text = run("--help").output
    assert "Store a sample." in text
    assert all(word in text for word in ("--site", "Where it was taken.", "--tube", "--frozen", "--shelf"))
