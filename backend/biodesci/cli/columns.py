"""A table in a terminal: sentences wrap within its width; addresses, CIDs and ids are whole, to be copied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

# What is copied: 0x and hexadecimal digits, or a CID.
_COPIED: Final = re.compile(r"0x[0-9a-fA-F]{8,}|\bbafy?[a-z2-7]{20,}")
_SENTENCE: Final = 40  # cells from which on a text with words in it may wrap
_NARROWEST: Final = 24  # a column of sentences is not narrower, though the table be wider than the terminal
_GAP: Final = 2


def show(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints the rows under the titles; in full lines where no terminal says how wide it is."""
    console = Console()
    columns = list(zip(titles, *rows, strict=True))
    natural = [max(map(_width, column)) for column in columns]
    gaps = _GAP * len(columns)
    most = console.width if console.is_terminal else sum(natural) + gaps
    widths = _fitting(natural, [_least(column) for column in columns], most - gaps)
    table = Table(box=None, header_style="bold")
    for title, width in zip(titles, widths, strict=True):
        table.add_column(title, width=width, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    # A table that is wider than the terminal after all is wrapped by that, and not cut.
    Console(width=max(most, sum(widths) + gaps)).print(table)


def _width(text: str) -> int:
    return max(map(cell_len, text.expandtabs().split("\n")))


def _least(column: Sequence[str]) -> int:
    """The fewest cells that a column may have."""
    whole = max(map(_width, column))
    sentences = [text for text in column if _width(text) > _SENTENCE and " " in text]
    if not sentences:
        return whole
    others = [_width(text) for text in column if text not in sentences]
    copied = [len(found) for text in sentences for found in _COPIED.findall(text)]
    return max(_NARROWEST, *(min(width, _SENTENCE) for width in others), *copied)


def _fitting(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths that fill at most the room, where the least allow that: who lacks more is given more."""
    lacking = [most - few for most, few in zip(natural, least, strict=True)]
    spare, all_ = max(room - sum(least), 0), sum(lacking)
    if spare >= all_:
        return list(natural)
    return [few + spare * lack // all_ for few, lack in zip(least, lacking, strict=True)]
