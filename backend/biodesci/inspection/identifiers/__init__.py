"""Where a table or a text may name people, by column names, forms, checksums and lists of names."""

from __future__ import annotations

from biodesci.inspection.identifiers.check import TableCheck, check_text

__all__ = ["TableCheck", "check_text"]
