"""How large the sheets of a workbook are, before a library makes room for them.

A sheet of two cells, the first and the last one, is a few bytes on disk and 17 billion cells in memory.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Final

from biodesci.core.errors import InputError

_MOST_CELLS: Final = 20_000_000
_MOST_BYTES: Final = 1 << 30  # of all parts, unpacked
_PIECE: Final = 1 << 20
_CELL: Final = re.compile(rb"""<(?:\w+:)?(?:c|row)\s[^<>]*?\br=["']([A-Z]{0,3})(\d{1,7})["']""")
_ODS_ROW: Final = re.compile(rb"<table:table-row\b([^>]*)>")
_ODS_CELL: Final = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*?)(/?)>")
_REPEATED: Final = {
    "row": re.compile(rb'number-rows-repeated="(\d+)"'),
    "cell": re.compile(rb'number-columns-repeated="(\d+)"'),
}


def check(archive: zipfile.ZipFile) -> int:
    """How many formulas the binary sheets of an .xlsb have, which are not read. Raises InputError for a
    workbook with a part or sheet that is too large to be read at once."""
    total = formulas = 0
    for entry in archive.infolist():
        name = entry.filename.lower()
        look = _Look()
        for piece in _pieces(archive, entry):
            total += len(piece)
            if total > _MOST_BYTES:
                raise _too_large()
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                look.xml(piece)
            elif name.startswith("xl/worksheets/") and name.endswith(".bin"):
                look.binary(piece)
            elif name == "content.xml":
                look.open_document(piece)
        if look.rows * look.columns > _MOST_CELLS:
            raise _too_large()
        formulas += look.formulas
    return formulas


class _Look:
    """The furthest row and column of a sheet, in pieces of its part, and the formulas of a binary one."""

    def __init__(self) -> None:
        self.rows = self.columns = self.formulas = 0
        self._held = b""
        self._at_row = 0

    def xml(self, piece: bytes) -> None:
        """SpreadsheetML: cells and rows say where they are."""
        held, self._held = self._held + piece, (self._held + piece)[-200:]
        for letters, digits in set(_CELL.findall(held)):
            self.rows = max(self.rows, int(digits))
            self.columns = max(self.columns, _column(letters))

    def binary(self, piece: bytes) -> None:
        """Records of an .xlsb: of rows (0) the number, of cells (1 to 11, formulas' from 8) the column
        ([MS-XLSB], 2.1.4)."""
        data, at = self._held + piece, 0
        while True:
            kind, after = _varint(data, at, 2)
            size, after = _varint(data, after, 4)
            if after + size > len(data) or after < 0:
                break
            number = int.from_bytes(data[after : after + 4], "little") + 1
            if kind == 0:
                self.rows = max(self.rows, number)
            elif 1 <= kind <= 11:
                self.columns = max(self.columns, number)
                self.formulas += kind >= 8
            at = after + size
        self._held = data[at:]
        if len(self._held) > 4 * _PIECE:
            raise _too_large()

    def open_document(self, piece: bytes) -> None:
        """OpenDocument: rows and cells are repeated; empty ones at the end take no room."""
        data = self._held + piece
        ends = data.rfind(b"</table:table-row>")
        self._held = data if ends < 0 else data[ends:]
        if len(self._held) > 64 * _PIECE:
            raise _too_large()
        for row in data[: max(ends, 0)].split(b"</table:table-row>"):
            if not (opened := _ODS_ROW.search(row)):
                continue
            self._at_row += _times("row", opened[1])
            column = furthest = 0
            for cell in _ODS_CELL.finditer(row):
                column += _times("cell", cell[1])
                if not cell[2] or b"value" in cell[1]:
                    furthest = column
            if furthest:
                self.rows, self.columns = max(self.rows, self._at_row), max(self.columns, furthest)


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def _varint(data: bytes, at: int, most: int) -> tuple[int, int]:
    """(Value, position after it) of a number of 7 bits per byte; a position of -1 where the data end."""
    value = 0
    for index in range(most):
        if at < 0 or at + index >= len(data):
            return 0, -1
        byte = data[at + index]
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    return value, at + most


def _times(what: str, attributes: bytes) -> int:
    repeated = _REPEATED[what].search(attributes)
    return int(repeated[1]) if repeated else 1


def _too_large() -> InputError:
    return InputError(
        f"A sheet has more than {_MOST_CELLS:,} cells between its first and its last, or the workbook more "
        f"than {_MOST_BYTES >> 30} GiB.",
        "Delete what stands far off, or save each sheet as CSV.",
    )
