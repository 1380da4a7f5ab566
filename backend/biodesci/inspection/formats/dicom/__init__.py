"""DICOM: files, series as folders, and DICOMDIR, against the basic profile of PS3.15 Annex E."""

from __future__ import annotations

from biodesci.inspection.formats.dicom.file import DicomFile
from biodesci.inspection.formats.dicom.series import DicomSeries

__all__ = ["DicomFile", "DicomSeries"]
