"""A copy in which what may name people is removed, replaced, moved in time or made coarse.

A copy is evidence, not anonymity: it is inspected again as any file is.
"""

from __future__ import annotations

from biodesci.inspection.deidentify.copy import deidentify
from biodesci.inspection.deidentify.mend import Action, Deidentified, Mend

__all__ = ["Action", "Deidentified", "Mend", "deidentify"]
