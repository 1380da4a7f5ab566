"""Inferences and what auditors said of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

from biodesci.api.present import values
from biodesci.api.schemas.inferences import (
    Attestation,
    AuditorStanding,
    Inference,
    InferenceAnswer,
    InferenceState,
)
from biodesci.core.onchain import NOBODY, utc
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.queries import Row

_STATES: Final[tuple[InferenceState, ...]] = get_args(InferenceState)
_STANDINGS: Final[tuple[AuditorStanding, ...]] = get_args(AuditorStanding)


def inference_item(row: Row) -> Inference:
    """An inference as lists show it."""
    return Inference(**_inference_fields(row))


def inference_answer(store: Store, row: Row) -> InferenceAnswer:
    """One inference with its input, output, attestations and events, as of the last block read."""
    return InferenceAnswer(
        **_inference_fields(row),
        arbiter=None if row["arbiter"] == NOBODY else row["arbiter"],
        challenge_window=row["challenge_window"],
        input=values.content(row["input"]),
        output=values.content(row["output"]) if row["output"] else None,
        weights_root=row["weights_root"],
        attestations=_attestations(queries.attestations(store, row["id"])),
        activity=values.activities(store, "inference", row["id"]),
        as_of=queries.as_of(store),
    )


def _attestations(rows: Sequence[Row]) -> list[Attestation]:
    """Oldest first, as `rows` are."""
    last = {row["auditor"]: row for row in rows}
    return [
        Attestation(
            auditor=row["auditor"],
            standing=_STANDINGS[row["standing"]],
            superseded=row is not last[row["auditor"]],
            passed=bool(row["passed"]),
            report=values.content(row["report"]),
            block=row["block"],
            time=utc(row["time"]),
            tx_hash=row["tx_hash"],
        )
        for row in rows
    ]


def _inference_fields(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "model_id": row["model_id"],
        "version": row["version"],
        "requester": row["requester"],
        "worker": row["worker"],
        "state": _STATES[row["state"] - 1],
        "fee": str(row["fee"]),
        "input_commitment": row["input_commitment"],
        "output_commitment": row["output_commitment"],
        "requested_at": utc(row["requested_at"]),
        "committed_at": values.maybe_when(row["committed_at"]),
        "deadline": values.maybe_when(row["deadline"]),
        "block": row["block"],
        "tx_hash": row["tx_hash"],
    }
