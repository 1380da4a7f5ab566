"""docs/reference/settings.md, from the settings' classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from biodesci import config

HEAD = """# Settings

Made from `backend/biodesci/config.py` by `make generate`; do not edit it here. Every setting is an
environment variable. `biodesci doctor` says which are missing; a variable that begins with `BIODESCI_` and is
none of these is named in a warning. One that is empty is as if it were not set.

`BIODESCI_ROOT`: folder that relative paths of `BIODESCI_DEPLOYMENT` and `BIODESCI_WEB` begin at; the checkout
that `biodesci` is installed from, else the working folder.
"""


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "must be set"
    if value is None:
        return ""
    text = str(value).replace(str(Path.home()), "~")
    return f"`{text.lower() if isinstance(value, bool) else text}`"


def text() -> str:
    """The page: a table for each class, of the fields that it adds."""
    parts = [HEAD]
    for kind in config.CLASSES:
        parts.append(f"\n## {(kind.__doc__ or '').rstrip('.')}\n")
        parts.append("| variable | default | what it is |\n| --- | --- | --- |")
        for name, field in kind.model_fields.items():
            if kind is config.Settings or name not in config.Settings.model_fields:
                row = (f"`{config.variable(name)}`", _default(field.default), field.description or "")
                parts.append(f"| {' | '.join(row)} |")
    return "\n".join(parts) + "\n"
