"""What a format's reader leaves out of a file is looked through for text: a file whole, whatever is where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import BinaryIO

from biodesci.inspection.content import Declared, Format, Item, Residue
from biodesci.inspection.source import Source


def residue(
    format_: Format,
    source: Source,
    declared: Declared,
    opened: Callable[[], AbstractContextManager[BinaryIO]] | None = None,
) -> Residue:
    """All bytes of a source, less the text that its reader gives.

    `opened` gives the bytes where they aren't the source's own, such as those of a file that is packed.
    """
    return Residue(
        source.where or "file", opened or source.open, lambda: _given(format_.read(source, declared))
    )


def _given(items: Iterable[Item]) -> Iterable[Item]:
    return (item for item in items if not isinstance(item, Residue))
