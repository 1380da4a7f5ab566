"""Paths within headers: command lines and references tell who ran a program, and what a file was called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from biodesci.inspection.content import Passage
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.tally import Tally

_HOME: Final = re.compile(
    r"(?:/home/|/Users/|/export/home/|\\Users\\|\\Documents and Settings\\)(?P<user>[\w.@-]+)", re.IGNORECASE
)
_NOBODY: Final = frozenset(
    {"ubuntu", "root", "user", "users", "admin", "runner", "jenkins", "shared", "public", "data", "ec2-user"}
)
_NUMBERS: Final = re.compile(r"\d[\d.,:eE+-]*")


def look(tally: Tally, place: str, text: str) -> Iterator[Passage]:
    """Tallies user names in paths of a text, and yields its words, without numbers, as a passage."""
    if any(match["user"].lower() not in _NOBODY for match in _HOME.finditer(text)):
        tally.add(place, "user name in a path", Level.ASK, "it tells who worked with the data")
    words = re.sub(r"[/\\=:,;\"']+", " ", text)
    yield from tally.passages(place, " ".join(w for w in words.split() if not _NUMBERS.fullmatch(w)))
