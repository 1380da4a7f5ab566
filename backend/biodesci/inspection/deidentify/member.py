"""One file of a copy, by its format."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Format, MovedColumn
from biodesci.inspection.deidentify import beside, elsewhere, tables
from biodesci.inspection.deidentify.plan import Making, Plan
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import recognise, unpacked
from biodesci.inspection.inspect import Inspection, inspect, within
from biodesci.inspection.source import Source

_COLUMNAR: Final = frozenset({"Parquet", "Arrow IPC", "ORC"})
_BLOCK: Final = 1 << 20
_DATABASES: Final = frozenset({"SQLite", "DuckDB"})
_JSON: Final = frozenset({"JSON", "JSON lines"})
_AS_CSV: Final = frozenset({"workbook", "Stata", "SPSS", "SPSS portable", "SAS", "SAS transport"})
_TABLES: Final = _COLUMNAR | _JSON | _AS_CSV | {"delimited table"}
_PACKED: Final = frozenset({"ZIP archive", "tar archive", "gzip", "bzip2", "xz", "Zstandard", "LZ4"})


def inspected(path: Path, declared: Declared) -> tuple[Inspection, Declared]:
    """The inspection of one file of a folder, and what is declared of the columns that it has."""
    first = Declared(header=declared.header)
    plain = inspect(path, first)
    narrowed = within(declared, plain)
    return (plain if narrowed == first else inspect(path, narrowed)), narrowed


def holds_tables(file: Source) -> bool:
    """Whether a file is of a format whose tables are mended here."""
    format_ = recognise(file)
    return format_ is not None and format_.name in _TABLES


def gather(file: Source, inspection: Inspection, declared: Declared, making: Making) -> None:
    """Takes in the ids of persons that the copy of a file of tables will replace, before any is written."""
    format_ = recognise(file)
    if format_ is not None and format_.name in _TABLES:
        beside.gather(file, format_, declared, Plan(inspection, declared, making))
    else:
        gather_untabled(file, making)


def gather_untabled(file: Source, making: Making) -> None:
    """The same of a file without tables: of FHIR resources, or DICOM."""
    assert file.path is not None, "it is on disk"
    format_ = recognise(file)
    name = format_.name if format_ is not None else ""
    # What is loaded for one format alone is slow to load.
    if name == "DICOM file":
        from biodesci.inspection.deidentify import dicom  # noqa: PLC0415

        making.shared.ids.add(dicom.ids(file.path))
    elif name == "FHIR R4":
        from biodesci.inspection.deidentify import fhir  # noqa: PLC0415

        making.shared.ids.add(fhir.ids(file.path))


def mend(
    file: Source, destination: Path, inspection: Inspection, declared: Declared, making: Making
) -> set[MovedColumn]:
    """Writes the copy of a file, by its own inspection; gives the columns of the copy whose days moved.

    Raises InputError for one of a format that is not written here and that stops, and for one of which
    nothing would be left.
    """
    assert file.path is not None, "it is on disk"
    format_ = recognise(file)
    name = format_.name if format_ is not None else ""
    if name == "DICOM file":
        from biodesci.inspection.deidentify import dicom  # noqa: PLC0415  # as above

        dicom.mend(file.path, destination, making)
    elif name == "FHIR R4":
        from biodesci.inspection.deidentify import fhir  # noqa: PLC0415  # as above

        fhir.mend(file.path, destination, making)
    elif name == "NIfTI":
        from biodesci.inspection.deidentify import nifti  # noqa: PLC0415  # as above

        nifti.mend(file, destination, making.mends)
    elif format_ is not None and name in _TABLES:
        plan = Plan(inspection, declared, making)
        beside.look(file, format_, declared, plan)
        if plan.changes_nothing and not elsewhere.holds(file, format_, declared, making, tables=False):
            shutil.copyfile(file.path, destination)
        else:
            _tables(file, format_, destination, declared, plan)
        # A table of a workbook or of a program for statistics becomes a file of its own, which has no name.
        return {
            MovedColumn(tables.file_of(format_, table), "" if name in _AS_CSV else table, column)
            for table, column in plan.moved
        }
    else:
        _unchanged(file.path, destination, inspection, name)
        if name == "gzip" and elsewhere.holds(file, format_, declared, making):
            _packed_anew(file, destination)
        elsewhere.require_none(Source.of(destination, file.where), format_, declared, making)
    return set()


def _packed_anew(file: Source, destination: Path) -> None:
    """Without the name and remark that gzip keeps of a file."""
    with (
        unpacked.stream(file) as plain,
        destination.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed, _BLOCK)


def _advice(format_: str) -> str:
    """What to do with a file that is not written here."""
    if format_ in _PACKED:
        return "Unpack it, and give the folder that it is unpacked to."
    if format_ in _DATABASES:
        return "Export each of its tables as Parquet or CSV into a folder, and give that folder."
    return "Leave it out, or mend it with a program for its format."


def _tables(file: Source, format_: Format, destination: Path, declared: Declared, plan: Plan) -> None:
    if format_.name in _COLUMNAR:
        from biodesci.inspection.deidentify import columnar  # noqa: PLC0415

        columnar.mend(file, destination, plan)
    elif format_.name in _JSON:
        from biodesci.inspection.deidentify import documents  # noqa: PLC0415

        documents.mend(file, destination, declared, plan)
    else:
        tables.mend(file, format_, destination, declared, plan)


def _unchanged(path: Path, destination: Path, inspection: Inspection, format_: str) -> None:
    grave = inspection.of(Level.STOP)
    if grave:
        called = "A file of this format" if not format_ else f"A file of the format {format_}"
        raise InputError(
            f"{called} can't be de-identified here, and {grave[0].kind} stops it.", _advice(format_)
        )
    shutil.copyfile(path, destination)
