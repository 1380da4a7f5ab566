"""Every command that a hint, a page or a document names exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from biodesci.cli import app

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    path
    for pattern in (
        "backend/biodesci/**/*.py",
        "backend/biodesci/chain/errors.json",
        "frontend/src/**/*.ts*",
        "scripts/*",
        "docs/*.md",
        "*.md",
        "*.py",
    )
    for path in ROOT.glob(pattern)
)
NAMED = re.compile(
    r"(?<!from )(?<![\w/.-])biodesci ([a-z][a-z-]*)\b(?![=:(/])((?: [a-z][a-z-]*\b){0,2})([^`\"\n]*)"
)
# Lower-case words that follow a command without verbs or are not meant as commands.
PROSE = {"import"}


ROOT_COMMAND = get_command(app)  # building it takes most of a second


def _commands(group: Any) -> dict[str, Any]:
    return getattr(group, "commands", {})


def _wrong(text: str) -> list[str]:
    found = []
    for noun, verbs, rest in NAMED.findall(text):
        if noun in PROSE:
            continue
        name, command = f"biodesci {noun}", _commands(ROOT_COMMAND).get(noun)
        # What follows the last verb is an argument: a visa's issuer serves, a dataset's offer does not.
        for verb in verbs.split():
            if command is None or not _commands(command):
                break
            name, command = f"{name} {verb}", _commands(command).get(verb)
        if command is None:
            found.append(name)
            continue
        known = {option for parameter in command.params for option in parameter.opts}
        options = re.findall(r"(?<!\S)--[a-z0-9-]+", rest)
        found += [f"{name} {o}" for o in options if o not in known | {"--help", "--json"}]
    return found


def test_commands_that_are_named_exist():
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES if path.is_file()}
    assert sum(len(NAMED.findall(text)) for text in texts.values()) > 40
    wrong = {str(path.relative_to(ROOT)): _wrong(text) for path, text in texts.items()}
    assert not {path: names for path, names in wrong.items() if names}


@pytest.mark.parametrize(
    "hint",
    [
        "Run: biodesci dataset publsh.",
        "biodesci models",
        "biodesci license buy 1 --porpoise HMB",
        "biodesci visa issuer sreve",
        "biodesci visa issuer serve --trsut FILE",
        "biodesci license download --crypt5gh FILE",
    ],
)
def test_a_wrong_name_is_noticed(hint):
    assert _wrong(hint)
