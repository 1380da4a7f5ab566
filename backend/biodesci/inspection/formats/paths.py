"""Paths and labels: who ran a program, what a file was called, and names that stand in one word."""

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
_BREAKS: Final = re.compile(r"[\s=,;:\"'<>|]+")
_COMMAND: Final = re.compile(r"[/\\=|]|(^|\s)-")
_LETTERS: Final = re.compile(r"[^\W\d_]{3}")


def look(tally: Tally, place: str, text: str) -> Iterator[Passage]:
    """Tallies user names in the paths of a text, and yields its words.

    Of a command those are the names of files and folders, one by one: a long command would be taken for a
    long remark.
    """
    if any(match["user"].lower() not in _NOBODY for match in _HOME.finditer(text)):
        tally.add(place, "user name in a path", Level.ASK, "it tells who worked with the data")
    if not _COMMAND.search(text):
        if _LETTERS.search(text):
            yield from tally.passages(place, text)
        return
    for word in _BREAKS.split(text):
        for name in re.split(r"[/\\]+", word)[-2:]:
            if not word.startswith("-") and _LETTERS.search(name):
                yield from tally.passages(place, re.sub(r"[._+-]+", " ", name))


_TWO_WORDS: Final = re.compile(r"[^\W\d_]{2,}[ ._+-]*[A-Z][^\W\d_]+|[^\W\d_]{2,}[ ._+-]+[^\W\d_]{2,}")


def label(tally: Tally, place: str, text: str) -> Iterator[Passage]:
    """Yields a label such as Weber_Anna or AnnaWeber as words; one that has no two words says no name."""
    if _TWO_WORDS.search(text):
        apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
        yield from tally.passages(place, re.sub(r"[._+-]+", " ", apart))
