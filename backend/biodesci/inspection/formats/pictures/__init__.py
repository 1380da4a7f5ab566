"""Pictures: photographs, scans, figures, microscopy and whole slides. Nobody here reads their pixels."""

from __future__ import annotations

from biodesci.inspection.formats.pictures.picture import PICTURES
from biodesci.inspection.formats.pictures.tiff import Tiff

__all__ = ["PICTURES", "Tiff"]
