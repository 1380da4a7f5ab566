"""docs/reference/cli.md, from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from biodesci.cli import app

HEAD = """# Commands

Made from the commands' own help by `make generate`; do not edit it here. `biodesci --json COMMAND` prints
one JSON document instead of words. Settings are in [settings.md](settings.md).
"""


def _commands(group: TyperGroup, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _row(parameter: TyperArgument | TyperOption, context: typer.Context) -> str:
    option = isinstance(parameter, TyperOption)
    names = ", ".join(f"`{name}`" for name in parameter.opts) if option else f"`{parameter.name}`"
    value = (
        ""
        if option and parameter.is_flag
        else parameter.metavar or parameter.display_type(context).strip("<>")
    )
    default = "" if parameter.default in (None, "", False) else f"`{parameter.default}`"
    needed = "must be given" if parameter.required else default
    return f"| {names} | {_cell(value)} | {needed} | {_cell(parameter.help or '')} |"


def text() -> str:
    """The page: a section for each command, with a table of its arguments and options."""
    parts = [HEAD]
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for path, command in _commands(root, "biodesci"):
        parts.append(f"\n## {path}\n\n{(command.help or '').strip()}\n")
        context = typer.Context(command)
        rows = [_row(p, context) for p in command.params if p.name != "help"]
        if rows:
            parts += ["| argument or option | value | default | what it is |", "| --- | --- | --- | --- |"]
            parts += rows
    return "\n".join(parts) + "\n"
