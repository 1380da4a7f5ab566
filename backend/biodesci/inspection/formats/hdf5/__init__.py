"""HDF5: AnnData's h5ad and others, with their tables, texts and links."""

from __future__ import annotations

from biodesci.inspection.formats.hdf5.file import Hdf5

__all__ = ["Hdf5"]
