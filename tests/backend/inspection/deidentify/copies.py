"""De-identified copies as a steward makes them: inspected, made, inspected again."""

from __future__ import annotations

import csv
from pathlib import Path

from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import Mend, deidentify
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect


def copied(path: Path, target: Path, declared: Declared | None = None) -> list[Mend]:
    """What was done to make the copy `target`."""
    declared = declared or Declared()
    return deidentify(path, target, inspect(path, declared), declared).mends


def left(target: Path) -> set[tuple[str, str]]:
    """What still stops a copy: places and kinds."""
    return {(finding.place, finding.kind) for finding in inspect(target).of(Level.STOP)}


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The records of a table."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))
