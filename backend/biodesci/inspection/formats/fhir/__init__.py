"""FHIR R4: bundles, single resources, and NDJSON, element by element."""

from __future__ import annotations

from biodesci.inspection.formats.fhir.file import Fhir

__all__ = ["Fhir"]
