"""What a format's reader leaves out of a file is looked through for text: a file whole, whatever is where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from biodesci.inspection.content import Declared, Format, Item, Residue
from biodesci.inspection.formats import unpacked
from biodesci.inspection.formats.text import beginning
from biodesci.inspection.reader import OneAfterTheOther
from biodesci.inspection.source import Source


def residue(format_: Format, source: Source, declared: Declared) -> Residue:
    """All bytes of a source, of gzip packed and unpacked, less the text that its reader gives."""

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with source.open() as raw:
            if not unpacked.is_gzip(source):
                yield raw
                return
            with unpacked.stream(source) as stream:
                yield cast(BinaryIO, OneAfterTheOther([lambda: raw, lambda: stream]))

    return Residue(source.where or "file", opened, lambda: _given(format_.read(source, declared)))


def wide(format_: Format, source: Source, declared: Declared) -> Iterator[Residue]:
    """The same of a text in UTF-16 or UTF-32, in which another encoding's letters are signs of the East."""
    text = beginning(source.head)
    if text is not None and text.encoding.startswith(("utf-16", "utf-32")):
        yield residue(format_, source, declared)


def _given(items: Iterable[Item]) -> Iterable[Item]:
    return (item for item in items if not isinstance(item, Residue))
