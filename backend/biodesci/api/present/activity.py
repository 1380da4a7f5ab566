"""The timeline of all that happened on chain."""

from __future__ import annotations

from biodesci.api.present import values
from biodesci.api.schemas.activity import Asset, AuditEntry
from biodesci.index.activity import Entry


def audit_entry(entry: Entry) -> AuditEntry:
    """One event of the log as the timeline shows it, with the asset that it is about, if any."""
    of = entry.asset
    asset = None if of is None else Asset(kind=of.kind, id=of.id, name=of.name)
    return AuditEntry(
        **values.activity_fields(entry.row, entry.currencies),
        log_index=entry.place.log_index,
        kind=entry.kind,
        id=entry.id,
        asset=asset,
    )
