"""What a form of identifiers is, and how one is made from a pattern and a checksum of python-stdnum."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Form:
    """A kind of identifier by its form. `needs` are characters of which a text has at least one.

    `digits` is how many digits a text has at least; `check` tells whether a value of the form is valid.
    `bare` forms are digits without separators, which count in a sentence only beside a word that names them.
    """

    label: str
    kind: str
    pattern: re.Pattern[str]
    check: Check | None = None
    chance: float = 0.0
    digits: int = 0
    needs: str = ""
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Where a text has a form's pattern, and whether it is valid."""

    form: Form
    start: int
    end: int
    valid: bool


@cache
def module(name: str) -> Check:
    """The check of a module of python-stdnum, which is loaded when it is first needed."""
    return importlib.import_module(f"stdnum.{name}").is_valid  # type: ignore[no-any-return]


def stdnum(name: str) -> Check:
    """A check that loads its module when it is first needed."""
    return lambda text: bool(module(name)(text))


def bounded(label: str, kind: str, pattern: str, **more: object) -> Form:
    """A form that stands by itself: neither within a word nor within a longer number."""
    alone = re.compile(rf"(?<![0-9A-Za-z_.-])(?<!\d )(?:{pattern})(?![0-9A-Za-z_-]|\.\d| \d)")
    return Form(label, kind, alone, **more)  # type: ignore[arg-type]
