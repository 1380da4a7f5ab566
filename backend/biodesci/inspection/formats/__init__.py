"""The formats that are read, in the order in which they are tried: the first that recognises a source."""

from __future__ import annotations

from typing import Final

from biodesci.inspection.content import Format
from biodesci.inspection.formats.archives import Tar, Zip
from biodesci.inspection.formats.brain import Bids, Nifti
from biodesci.inspection.formats.columnar import ArrowFile, Orc, Parquet
from biodesci.inspection.formats.compressed import COMPRESSED
from biodesci.inspection.formats.databases import DuckDb, Sqlite
from biodesci.inspection.formats.delimited import Delimited
from biodesci.inspection.formats.dicom import DicomFile, DicomSeries
from biodesci.inspection.formats.fhir import Fhir
from biodesci.inspection.formats.folder import Folder
from biodesci.inspection.formats.genomics import Alignments, Fasta, Fastq, Variants
from biodesci.inspection.formats.hdf5 import Hdf5
from biodesci.inspection.formats.json_files import Json, JsonLines
from biodesci.inspection.formats.omop import Omop
from biodesci.inspection.formats.pictures import PICTURES, Tiff
from biodesci.inspection.formats.prose import Prose
from biodesci.inspection.formats.signals import Edf, WfdbHeader, WfdbRecords
from biodesci.inspection.formats.spreadsheets import Workbook
from biodesci.inspection.formats.statistics import STATISTICS
from biodesci.inspection.formats.unread import OLD_OFFICE, UNREAD, Pickle
from biodesci.inspection.formats.xml_files import Xml
from biodesci.inspection.source import Source

# What holds others comes after what is made of them (an .xlsx is a ZIP), and any text comes last.
FORMATS: Final[tuple[Format, ...]] = (
    *UNREAD,
    Pickle(),
    Bids(),
    Omop(),
    DicomSeries(),
    DicomFile(),
    Nifti(),
    Hdf5(),
    Edf(),
    Tiff(),
    *PICTURES,
    Fhir(),
    Variants(),
    Alignments(),
    Fastq(),
    Fasta(),
    WfdbHeader(),
    WfdbRecords(),
    Folder(),
    Workbook(),
    OLD_OFFICE,
    Zip(),
    Tar(),
    *COMPRESSED,
    Parquet(),
    ArrowFile(),
    Orc(),
    *STATISTICS,
    Sqlite(),
    DuckDb(),
    JsonLines(),
    Json(),
    Xml(),
    Delimited(),
    Prose(),
)


def recognise(source: Source) -> Format | None:
    """The format of a source; None for one that is not read here."""
    return next((format_ for format_ in FORMATS if format_.recognises(source)), None)
