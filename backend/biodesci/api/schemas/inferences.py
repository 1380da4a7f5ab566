"""Inferences and what auditors said of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from biodesci.api.schemas.values import Activity, Content, Schema

InferenceState = Literal["requested", "committed", "challenged", "finalized", "refused", "expired"]


AuditorStanding = Literal["nobody", "owner", "requester"]


class Attestation(Schema):
    """An auditor's finding on an inference, with the report that it rests on."""

    auditor: str
    standing: AuditorStanding = Field(
        description="Who had named the auditor when it attested: nobody, the model's owner, the requester. "
        "A statement of an auditor whom nobody named counts for nothing by itself."
    )
    superseded: bool = Field(description="Whether the same auditor attested again later.")
    passed: bool
    report: Content
    block: int
    time: datetime
    tx_hash: str


class Inference(Schema):
    """A requested run of a model version on a committed input, and how far it came."""

    id: int
    model_id: int
    version: int
    requester: str
    worker: str
    state: InferenceState
    fee: str = Field(description="wei")
    input_commitment: str
    output_commitment: str | None
    requested_at: datetime
    committed_at: datetime | None
    deadline: datetime | None
    block: int
    tx_hash: str


class InferenceDetail(Inference):
    """An inference with its input and output, its attestations and its events."""

    arbiter: str | None
    challenge_window: int
    input: Content
    output: Content | None
    weights_root: str | None
    attestations: list[Attestation]
    activity: list[Activity]


class InferencePage(Schema):
    """A page of inferences, newest first; `next_cursor` is null on the last one."""

    items: list[Inference]
    next_cursor: str | None
    as_of: int


class InferenceAnswer(InferenceDetail):
    """An inference in detail as of a block."""

    as_of: int
