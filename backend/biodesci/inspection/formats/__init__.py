"""The formats that are read, in the order in which they are tried: the first that recognises a source."""

from __future__ import annotations

from typing import Final

from biodesci.inspection.content import Format
from biodesci.inspection.formats.delimited import Delimited
from biodesci.inspection.formats.dicom import DicomFile, DicomSeries
from biodesci.inspection.formats.fhir import Fhir
from biodesci.inspection.formats.genomics import Alignments, Fasta, Fastq, Variants
from biodesci.inspection.source import Source

FORMATS: Final[tuple[Format, ...]] = (
    DicomSeries(),
    DicomFile(),
    Fhir(),
    Variants(),
    Alignments(),
    Fastq(),
    Fasta(),
    Delimited(),
)


def recognise(source: Source) -> Format | None:
    """The format of a source; None for one that is not read here."""
    return next((format_ for format_ in FORMATS if format_.recognises(source)), None)
