"""Files of statistics programs: Stata, SPSS and SAS, with what they say of their variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Table
from biodesci.inspection.formats import whole
from biodesci.inspection.formats.cells import batches
from biodesci.inspection.formats.header import distinct
from biodesci.inspection.source import Source

_ROWS: Final = 20_000
_SAS: Final = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")


def _is_stata(head: bytes) -> bool:
    if head.startswith(b"<stata_dta>"):
        return True
    # Before release 117: release, byte order, file type 1, unused.
    return len(head) > 4 and 104 <= head[0] <= 115 and head[1] in (1, 2) and head[2:4] == b"\1\0"


class Statistics:
    """One program's format. `reader` is pyreadstat's function for it."""

    def __init__(
        self, name: str, media_type: str, reader: str, recognised: Callable[[bytes], bool], options: bool
    ) -> None:
        self.name, self.media_type = name, media_type
        self._reader, self._recognised = reader, recognised
        # Values that the file itself calls missing are read, too: somebody entered them.
        self._options = {"user_missing": True} if options else {}

    def recognises(self, source: Source) -> bool:
        """By the first bytes."""
        return self._recognised(source.head)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One table of strings, and the labels and notes as passages."""
        with source.on_disk() as path, _damaged(source, self.name):
            _, about = self._some(path, 1, 0)
            names = distinct(about.column_names)
            given = dict(zip(about.column_names, names, strict=True))
            place = f"{source.where}, " if source.where else ""
            yield from _notes(about, given, place)
            labels = {given[name]: label for name, label in about.column_names_to_labels.items() if label}
            schema = pa.schema([(name, pa.string()) for name in names])
            yield Table("", schema, self._batches(path, names, source), labels)
        yield whole.residue(self, source, declared)

    def _batches(self, path: Path, names: list[str], source: Source) -> Iterator[pa.RecordBatch]:
        offset = 0
        while names:
            with _damaged(source, self.name):
                columns, about = self._some(path, _ROWS, offset)
            types = about.readstat_variable_types
            values = [
                _short(column) if types.get(name) == "float" else column for name, column in columns.items()
            ]
            rows = len(values[0]) if values else 0
            yield from batches(zip(*values, strict=True), names)
            offset += rows
            if rows < _ROWS:
                return

    def _some(self, path: Path, rows: int, offset: int) -> tuple[dict[str, Any], Any]:
        import pyreadstat  # noqa: PLC0415  # no other format needs it

        read = getattr(pyreadstat, self._reader)
        columns, about = read(
            str(path), row_limit=rows, row_offset=offset, output_format="dict", **self._options
        )
        return columns, about


def _short(column: Sequence[Any]) -> list[Any]:
    """Numbers of four bytes with the digits that they have: 5.1, not 5.099999904632568."""
    return [float(str(np.float32(value))) if isinstance(value, float) else value for value in column]


STATISTICS: Final = (
    Statistics("Stata", "application/x-stata-dta", "read_dta", _is_stata, True),
    Statistics(
        "SPSS", "application/x-spss-sav", "read_sav", lambda head: head[:4] in (b"$FL2", b"$FL3"), True
    ),
    Statistics(
        "SPSS portable", "application/x-spss-por", "read_por", lambda head: b"SPSSPORT" in head[:700], False
    ),
    Statistics("SAS", "application/x-sas-data", "read_sas7bdat", lambda head: head.startswith(_SAS), True),
    Statistics(
        "SAS transport",
        "application/x-sas-xport",
        "read_xport",
        lambda head: head.startswith(b"HEADER RECORD*******LIB"),
        False,
    ),
)


@contextmanager
def _damaged(source: Source, name: str) -> Iterator[None]:
    from pyreadstat import PyreadstatError, ReadstatError  # noqa: PLC0415  # as above

    try:
        yield
    except (PyreadstatError, ReadstatError, UnicodeDecodeError, OverflowError) as refused:
        raise InputError(
            f"{source.where or 'The file'} begins as {name} files do, and can't be read: "
            "it is cut off, damaged or of a release that is not known.",
            "Save it again in its program, or as CSV.",
        ) from refused


def _notes(about: Any, given: dict[str, str], place: str) -> Iterator[Passage]:
    for text in (about.file_label, *about.notes):
        if text:
            yield Passage(f"{place}note", text)
    for name, label in about.column_names_to_labels.items():
        if label:
            yield Passage(f"{place}label of column {given[name]!r}", label)
    for name, values in about.variable_value_labels.items():
        texts = [str(label) for label in values.values()]
        yield Passage(f"{place}value labels of column {given.get(name, name)!r}", "\n".join(texts))
