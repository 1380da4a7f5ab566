"""Workbooks of Excel (.xlsx, .xlsm, .xlsb, .xls) and OpenDocument (.ods), sheet by sheet."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO, Any, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Residue, Table
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import whole, workbook_bounds, workbook_parts
from biodesci.inspection.formats.archives import around
from biodesci.inspection.formats.cells import batches, text
from biodesci.inspection.formats.header import header
from biodesci.inspection.source import Source

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ODS: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_LARGEST_XLS: Final = 256 << 20
_SAMPLE: Final = 200  # rows
# NotImplementedError is one of RuntimeError: encrypted parts, and compression that is not known.
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)


# Of the theme that every workbook has; it would be taken for somebody's name.
_MARKUP: Final = Passage("", "a:font script")


class Workbook:
    """Workbooks: every sheet is a table of strings, hidden ones too."""

    name = "workbook"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def recognises(self, source: Source) -> bool:
        """A ZIP with a workbook among its parts, or one of the older container that opens as a workbook."""
        if source.head.startswith(b"PK\x03\x04"):
            with source.seekable() as stream:
                return _is_workbook(stream)
        if source.head.startswith(_OLE):
            with source.seekable() as stream:
                return _opens(stream)
        return False

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Its sheets, and what stands beside them. Raises InputError for one that is too large or damaged."""
        place = source.where or "workbook"
        with source.seekable() as stream, _damaged(source):
            if source.head.startswith(_OLE):
                stream.seek(0, 2)
                if stream.tell() > _LARGEST_XLS:
                    raise InputError("The .xls is too large to be read at once.", "Save it as .xlsx.")
                reason = "its properties, remarks and macros are not read: save it as .xlsx, then repeat"
                yield Finding(place, "old workbook", Level.ASK, reason)
            else:
                with zipfile.ZipFile(stream) as archive:
                    formulas = workbook_bounds.check(archive)
                    if formulas:
                        reason = "those of an .xlsb could fetch something elsewhere, or hold a name in pieces"
                        yield Finding(place, "formulas that are not read", Level.ASK, reason, formulas)
                    yield from workbook_parts.parts(archive, source)
                    yield from around(source, stream, archive)
                    # Theme, styles, targets of links, printers, strings that no cell uses any more.
                    yield Residue(
                        place,
                        lambda: workbook_parts.unpacked(archive, source),
                        lambda: chain([_MARKUP], self.read(source, declared)),
                    )
            stream.seek(0)
            yield from _sheets(stream, source, declared)
        if source.head.startswith(_OLE):
            yield whole.residue(self, source, declared)


def _sheets(stream: IO[bytes], source: Source, declared: Declared) -> Iterator[Item]:
    import python_calamine as calamine  # noqa: PLC0415  # no other format needs it

    prefix = f"{source.where}, " if source.where else ""
    workbook = calamine.CalamineWorkbook.from_filelike(stream)
    for number, about in enumerate(workbook.sheets_metadata, 1):
        place = f"{prefix}sheet {number}"
        yield Passage(f"{place}, name", about.name)
        if about.visible != calamine.SheetVisibleEnum.Visible:
            reason = "who opens the workbook doesn't see it, and whoever gets the data has it"
            yield Finding(place, "hidden sheet", Level.ASK, reason)
        if about.typ != calamine.SheetTypeEnum.WorkSheet:
            reason = "a sheet of charts or macros is not looked into"
            yield Finding(place, "sheet that is not read", Level.STOP, reason)
            continue
        sheet = workbook.get_sheet_by_index(number - 1)
        if sheet.start is not None:
            yield from _table(sheet, f"sheet {number}", place, declared)


def _table(sheet: Any, name: str, place: str, declared: Declared) -> Iterator[Item]:
    """A sheet's table: its header is the first row that is as wide as the rows around it."""
    rows = _filled(sheet)
    sample = [[text(cell) or "" for cell in row] for row in islice(_filled(sheet), _SAMPLE)]
    if not sample:
        return
    widths = [sum(map(bool, row)) for row in sample]
    at = next(index for index, width in enumerate(widths) if 2 * width > max(widths))
    for index, row in enumerate(sample[:at], 1):
        yield Passage(f"{place}, row {index} before the header", " ".join(filter(None, row)))
    if at:
        reason = "rows before the header are no part of the table; readers may have to skip them"
        yield Finding(place, "text before the header", Level.NOTE, reason, at)
    names = header(sample[at], sample[at + 1 :], declared, place)
    yield from names.findings
    schema = pa.schema([(column, pa.string()) for column in names.names])
    table = islice(rows, at + names.present, None)
    yield Table(name, schema, batches(table, names.names))


def _filled(sheet: Any) -> Iterator[Sequence[object]]:
    return (row for row in sheet.iter_rows() if any(cell not in ("", None) for cell in row))


def _is_workbook(stream: IO[bytes]) -> bool:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            if names & {"xl/workbook.xml", "xl/workbook.bin"}:
                return True
            return "mimetype" in names and archive.open("mimetype").read(len(_ODS)) == _ODS
    except _DAMAGED:
        return False


def _opens(stream: IO[bytes]) -> bool:
    import python_calamine as calamine  # noqa: PLC0415  # as above

    try:
        with _panics():
            calamine.CalamineWorkbook.from_filelike(stream)
    except (calamine.CalamineError, OSError, ValueError):
        return False
    return True


@contextmanager
def _panics() -> Iterator[None]:
    """Raises OSError where the library, which is in Rust, panics: that is no Exception of Python's."""
    try:
        yield
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        raise OSError("the workbook's structure is damaged") from None


@contextmanager
def _damaged(source: Source) -> Iterator[None]:
    import python_calamine as calamine  # noqa: PLC0415  # as above

    where = source.where or "The workbook"
    try:
        with _panics():
            yield
    except calamine.PasswordError as refused:
        raise InputError(
            f"{where} is protected by a password.", "Save it without one: what is published is encrypted."
        ) from refused
    except (calamine.CalamineError, *_DAMAGED) as refused:
        raise InputError(
            f"{where} begins as workbooks do, and can't be read: it is cut off or damaged.",
            "Save it again in the program that it is of.",
        ) from refused
