"""What documents, hints and the page tell people to type, exists: commands, options, make targets, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from biodesci.cli import app

ROOT = Path(__file__).parents[3]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
SOURCES = [
    path
    for folder, suffix in (("backend", "*.py"), ("examples", "*.py"), ("frontend/src", "*.ts*"))
    for path in (ROOT / folder).rglob(suffix)
    if "biodesci " in path.read_text()
]
# A word, or an option with its dashes; what follows a command on the line or in the backticks. Behind
# `biodesci-as` a role comes first.
COMMAND = re.compile(r"\bbiodesci(?:-as [A-Za-z_-]+)?((?: +(?:--?[a-z][a-z0-9-]*|[a-z][a-z0-9-]*))+)")
MAKE = re.compile(r"(?:`|^ *\$? ?)make ([a-z][a-z-]+)", re.MULTILINE)
LINK = re.compile(r"\]\(((?!https?:|#|mailto:)[^)#]+)")


@cache
def _root() -> TyperGroup:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return root


def _quoted(path: Path) -> Iterator[str]:
    """Of a document what is in backticks or blocks of code; a source file whole, each string on its own."""
    text = path.read_text()
    if path.suffix == ".md":
        yield from re.findall(r"```.*?```", text, re.DOTALL)
        yield from re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    elif path.suffix == ".py":
        yield from re.findall(r'"([^"\n]*\bbiodesci [^"\n]*)"', text)
    else:
        yield from re.findall(r"""['"`>]([^'"`<]*\bbiodesci [^'"`<]*)""", text)


def _misspelled(words: list[str]) -> str:
    """What of these words after `biodesci` is no command or option; empty if all are."""
    here: TyperGroup | TyperCommand = _root()
    for word in words:
        if word.startswith("-"):
            options = {name for p in here.params if isinstance(p, TyperOption) for name in p.opts}
            if word not in options | {"--help", "--version", "--json"}:
                return f"{here.name} has no option {word}"
        elif isinstance(here, TyperGroup):
            if word not in here.commands:
                return f"{word} is no command of {here.name}"
            here = here.commands[word]  # type: ignore[assignment]
        else:
            break  # its arguments, or the rest of a sentence
    return ""


@pytest.mark.parametrize("path", DOCUMENTS + SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_exists(path: Path) -> None:
    wrong = [
        f"biodesci{words}: {problem}"
        for text in _quoted(path)
        for words in COMMAND.findall(text)
        if (problem := _misspelled(words.split()))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_and_every_file_that_a_document_names_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert [name for name in MAKE.findall(path.read_text()) if name not in targets] == []
    assert [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()] == []


def test_commands_are_found_in_what_is_read() -> None:
    found = [words for path in SOURCES for text in _quoted(path) for words in COMMAND.findall(text)]
    assert len(found) > 50
    assert _misspelled(["license", "buyy"])
    assert _misspelled(["license", "buy", "--fee"])
