"""Federated rounds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from biodesci.api.schemas.values import Activity, Content, Schema

RoundKind = Literal["statistics", "training"]
RoundState = Literal["enrolling", "running", "unmasking", "finalized", "aborted"]


class RoundSummary(Schema):
    """What lists show of a federated round: its model, its state and how many nodes took part."""

    id: int
    model_id: int
    kind: RoundKind
    state: RoundState
    base_version: int
    version: int | None = Field(description="the model version it made")
    enrolled: int
    committed: int
    opened_at: datetime
    closed_at: datetime | None


class Enrolment(Schema):
    """A node in a round, the version of a dataset that it trains on, and the commitment that it made."""

    index: int
    node: str
    dataset_id: int
    version: int
    summed: bool = Field(description="its update is in the sum, or will be")
    commitment: str | None
    enrolled_at: datetime
    committed_at: datetime | None


class RoundDetail(RoundSummary):
    """A round with its deadlines, plan, result, enrolments and events."""

    aggregator: str
    min_nodes: int
    enrol_by: datetime | None
    commit_by: datetime | None
    finalize_by: datetime | None
    plan: Content
    plan_document: dict[str, Any] | None
    result: Content | None
    result_document: dict[str, Any] | None
    enrolments: list[Enrolment]
    activity: list[Activity]


class RoundAnswer(RoundDetail):
    """A round in detail as of a block."""

    as_of: int
