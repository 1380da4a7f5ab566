"""Signals over time: WFDB records as PhysioNet has them, and EDF."""

from __future__ import annotations

from biodesci.inspection.formats.signals.edf import Edf
from biodesci.inspection.formats.signals.wfdb import WfdbHeader, WfdbRecords

__all__ = ["Edf", "WfdbHeader", "WfdbRecords"]
