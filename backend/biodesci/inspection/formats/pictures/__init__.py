"""Pictures: photographs, scans, figures, microscopy and whole slides. Nobody here reads their pixels."""

from __future__ import annotations

from biodesci.inspection.formats.pictures.picture import Picture
from biodesci.inspection.formats.pictures.tiff import Tiff

__all__ = ["Picture", "Tiff"]
