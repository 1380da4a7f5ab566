"""What a de-identification did to a copy. It lies beside the copy, and stays with its steward: it names files
and columns of the original."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import BareBytes32, Count, Text, Version1


class ReportedMend(Part):
    """One thing that was done at one place of the original, to `rows` values (inspection/deidentify)."""

    place: Text
    action: Text
    reason: Text
    rows: Count


class ReportedMove(Part):
    """A column of the copy whose days moved: `file` is the path within a folder, or empty; `table` is empty
    where the file is one table."""

    file: Text
    table: Text
    column: Annotated[Text, Field(min_length=1)]


class DeidentificationReport(Document):
    """It counts for the copy of which `copy_sha256` is the SHA-256: of a file's bytes, or of a folder as the
    archive that is published of it. Nobody signs it: what it says of days is asked of whoever publishes the
    copy, whose confirmation is in the signed inspection report."""

    title: ClassVar = "report of a mended copy"
    remedy: ClassVar = "Make the copy again: biodesci dataset check FILE --deidentify COPY."
    limit: ClassVar = 64 << 20
    readable: ClassVar = True

    kind: Literal["biodesci/deidentification-report"] = "biodesci/deidentification-report"
    version: Version1 = 1
    copy_sha256: BareBytes32
    mends: tuple[ReportedMend, ...]
    moved: tuple[ReportedMove, ...]
