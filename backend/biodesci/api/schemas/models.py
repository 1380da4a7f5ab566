"""Models: versions, codecs, lineage."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from biodesci.api.schemas.rounds import RoundSummary
from biodesci.api.schemas.values import Activity, Content, Schema


class ModelVersion(Schema):
    """One set of weights of a model: where they lie, and their root on chain."""

    version: int
    weights_root: str
    weights: Content
    round_id: int | None = Field(description="the round that made it; null: published by the owner")
    published_at: datetime
    block: int
    tx_hash: str


class ModelSummary(Schema):
    """What lists show of a model: its architecture, latest version, and how often it was trained and
    asked."""

    id: int
    owner: str
    name: str
    description: str
    architecture: str
    latest_version: int
    rounds: int
    inferences: int
    registered_at: datetime
    unreadable: str | None


class CodecGrant(Schema):
    """A codec that the owner gave to an account, sealed in an envelope for it."""

    account: str
    kind: Literal["training", "inference"]
    envelope: Content
    block: int


class Lineage(Schema):
    """Where a model version comes from."""

    version: int
    base_version: int | None
    round_id: int | None
    datasets: list[int]
    nodes: list[str]


class ModelDetail(ModelSummary):
    """A model with its card, versions, rounds, codecs, lineage and events."""

    card: Content
    card_document: dict[str, Any] | None
    versions: list[ModelVersion]
    round_list: list[RoundSummary]
    codecs: list[CodecGrant]
    lineage: list[Lineage]
    activity: list[Activity]


class ModelPage(Schema):
    """A page of models, newest first; `next_cursor` is null on the last one."""

    items: list[ModelSummary]
    next_cursor: str | None
    as_of: int


class ModelAnswer(ModelDetail):
    """A model in detail as of a block."""

    as_of: int
