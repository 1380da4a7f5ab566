"""The timeline of all that happened on chain."""

from __future__ import annotations

from pydantic import Field

from biodesci.api.schemas.values import Activity, Schema
from biodesci.index.activity import AssetKind, Kind


class Asset(Schema):
    """A dataset or a model."""

    kind: AssetKind
    id: int
    name: str | None = Field(description="of its latest card; null: that says none or was not read")


class AuditEntry(Activity):
    """One event on chain, and what it is about."""

    log_index: int = Field(description="which event of its block")
    kind: Kind = Field(description="what the event is about")
    id: int = Field(description="which one of its kind", examples=[7])
    asset: Asset | None = Field(description="the dataset or model that it belongs to")


class ActivityPage(Schema):
    """Newest first."""

    items: list[AuditEntry]
    next_cursor: str | None
    as_of: int
