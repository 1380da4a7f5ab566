"""Plain text and Markdown: paragraph by paragraph."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import whole
from biodesci.inspection.formats.text import Utf8, beginning, display_name
from biodesci.inspection.source import Source

_LONGEST: Final = 16_384  # characters of a passage; a longer paragraph is several


class Prose:
    """Text without the structure of a table."""

    name = "plain text"
    media_type = "text/plain"

    def recognises(self, source: Source) -> bool:
        """Any text."""
        return not source.is_folder and beginning(source.head) is not None

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Its paragraphs as passages. Raises InputError for an empty file that is all there is."""
        place = source.where or "text"
        if not source.head:
            if not source.where:
                raise InputError("The file is empty.", "Choose the file that holds the data.")
            yield Finding(place, "empty file", Level.NOTE, "there is nothing in it")
            return
        text = beginning(source.head)
        assert text is not None, "the source was recognised"
        with source.open() as raw, Utf8(raw, text.encoding) as stream:
            lines = io.TextIOWrapper(io.BufferedReader(stream), "utf-8", "replace")
            for line, paragraph in _paragraphs(lines):
                yield Passage(f"{place}, from line {line}", paragraph)
            yield from oddities(stream, place)
        yield from whole.wide(self, source, declared)


def oddities(stream: Utf8, place: str) -> Iterator[Finding]:
    """What is odd about the bytes of a text that has been read to its end."""
    if stream.is_doubtful:
        name = display_name(stream.encoding)
        reason = f"it was read as {name}, and may be in another: names may be misread, so save it as UTF-8"
        yield Finding(place, "encoding", Level.ASK, reason)
    elif stream.encoding not in ("utf-8", "utf-8-sig"):
        yield Finding(
            place, "encoding", Level.NOTE, f"the text was read as {display_name(stream.encoding)}, not UTF-8"
        )
    if stream.nul:
        reason = "NUL bytes end texts in some programs, and hide what comes after"
        yield Finding(place, "NUL byte", Level.STOP, reason)


def _paragraphs(lines: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    """(number of the first line, text) of each paragraph."""
    first, number, kept, length = 1, 0, list[str](), 0
    while line := lines.readline(_LONGEST):
        number += line.endswith("\n")
        if line.strip():
            first = first if kept else max(1, number)
            kept.append(line)
            length += len(line)
        if kept and (not line.strip() or length >= _LONGEST):
            yield first, "".join(kept)
            kept, length = [], 0
    if kept:
        yield first, "".join(kept)
