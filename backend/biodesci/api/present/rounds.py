"""Federated rounds."""

from __future__ import annotations

from typing import Any, Final, get_args

from biodesci.api.present import values
from biodesci.api.schemas.rounds import Enrolment, RoundAnswer, RoundState, RoundSummary
from biodesci.core.onchain import utc
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.queries import Row

_STATES: Final[tuple[RoundState, ...]] = get_args(RoundState)


def round_summary(row: Row) -> RoundSummary:
    """A round as lists show it."""
    return RoundSummary(**_round_fields(row))


def round_answer(store: Store, row: Row) -> RoundAnswer:
    """One round with its plan, result, enrolments and events, as of the last block read."""
    return RoundAnswer(
        **_round_fields(row),
        aggregator=row["aggregator"],
        min_nodes=row["min_nodes"],
        enrol_by=values.maybe_when(row["enrol_by"]),
        commit_by=values.maybe_when(row["commit_by"]),
        finalize_by=values.maybe_when(row["finalize_by"]),
        plan=values.content(row["plan"]),
        plan_document=values.document(queries.document(store, row["plan"], "plan")),
        result=values.content(row["result"]) if row["result"] else None,
        result_document=values.document(queries.document(store, row["result"], "result")),
        enrolments=[
            Enrolment(
                index=e["index"],
                node=e["node"],
                dataset_id=e["dataset_id"],
                version=e["version"],
                summed=bool(e["summed"]),
                commitment=e["commitment"],
                enrolled_at=utc(e["enrolled_at"]),
                committed_at=values.maybe_when(e["committed_at"]),
            )
            for e in queries.enrolments(store, row["id"])
        ],
        activity=values.activities(store, "round", row["id"]),
        as_of=queries.as_of(store),
    )


def _round_fields(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "model_id": row["model_id"],
        "kind": "training" if row["kind"] else "statistics",
        "state": _STATES[row["state"] - 1],
        "base_version": row["base_version"],
        "version": row["version"],
        "enrolled": row["enrolled"],
        "committed": row["committed"],
        "opened_at": utc(row["opened_at"]),
        "closed_at": values.maybe_when(row["closed_at"]),
    }
