"""The report that lies beside a de-identified copy: written when the copy is made, read when it is looked at.

It answers for one thing: days that the de-identification moved are asked of the steward and do not stop. It
counts for those very bytes. Nobody signs it, since who could sign it could make it up: the steward confirms
what it says, and that is in the signed inspection report, with the SHA-256 of this one.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from biodesci.core import files
from biodesci.core.documents.deidentification import DeidentificationReport, ReportedMend, ReportedMove
from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Moved, MovedColumn
from biodesci.inspection.deidentify.mend import Deidentified
from biodesci.market.material import Material

_ENDING: Final = ".deidentified.json"


def beside(copy: Path) -> Path:
    """Where the report of a copy lies: beside a folder, too, so that it is not published with it."""
    whole = copy.absolute()
    return whole.with_name(f"{whole.name}{_ENDING}")


def require_new(copy: Path) -> None:
    """Raises InputError where a report of another copy lies."""
    if beside(copy).exists():
        raise InputError(f"There is a report {beside(copy)} already.", "Name another file for the copy.")


def write(copy: Path, done: Deidentified) -> Path:
    """Writes the report of a copy, for its owner's eyes (mode 0600), and says where."""
    moves = [ReportedMove(file=one.file, table=one.table, column=one.column) for one in sorted(done.moved)]
    report = DeidentificationReport(
        copy_sha256=Material.of(copy).digest(),
        mends=tuple(
            ReportedMend(place=one.place, action=one.action.value, reason=one.reason, rows=one.rows)
            for one in done.mends
        ),
        moved=tuple(moves),
    )
    files.write_private(beside(copy), report.to_bytes())
    return beside(copy)


def with_report(file: Path, declared: Declared) -> Declared:
    """What is declared, and what the report beside a file or folder says of its days, where there is one.

    Raises InputError for a report of other bytes (the copy changed, and nobody knows what of it moved), and
    for what is none.
    """
    path = beside(file)
    if not path.exists():
        return declared
    raw = _read(path)
    report = DeidentificationReport.parse(raw)
    if Material.of(file).digest() != report.copy_sha256:
        raise InputError(
            f"{file} is not the copy of which {path} is the report: it changed since it was made.",
            "Make the copy again. Or remove the report: then days in it stop as any others do.",
        )
    columns = frozenset(MovedColumn(one.file, one.table, one.column) for one in report.moved)
    return replace(declared, moved=Moved(columns, report.copy_sha256, hashlib.sha256(raw).digest()))


def _read(path: Path) -> bytes:
    """At most one byte more than a report may have. A pipe would wait for who writes to it."""
    if not path.is_file():
        raise InputError(f"{path} is a folder, pipe or device, and no report.", DeidentificationReport.remedy)
    with path.open("rb") as stream:
        return stream.read(DeidentificationReport.limit + 1)
