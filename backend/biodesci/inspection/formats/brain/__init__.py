"""Brain images: NIfTI files, and BIDS folders of them."""

from __future__ import annotations

from biodesci.inspection.formats.brain.bids import Bids
from biodesci.inspection.formats.brain.nifti import Nifti

__all__ = ["Bids", "Nifti"]
