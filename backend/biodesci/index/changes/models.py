"""Of ModelRegistry: models, their versions, and federated rounds."""

from __future__ import annotations

from typing import Final

from biodesci.core.onchain import NOBODY
from biodesci.core.onchain import RoundState as State
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import Args, At, Changes, unless, want
from biodesci.index.tables import codecs, enrolments, model_versions, models, rounds

changes = Changes()
_TRAINING: Final = 1  # IModelRegistry.RoundKind


@changes.on("ModelRegistered")
def _model(draft: Draft, at: At, a: Args) -> None:
    draft.add(
        models,
        id=a["modelId"],
        owner=a["owner"],
        architecture=a["architecture"],
        card=a["card"],
        latest_version=1,
        registered_at=at.time,
    )
    want(draft, a["card"], "model")
    _model_version(draft, at, {**a, "version": 1, "roundId": 0})


@changes.on("ModelVersionPublished")
def _model_version_published(draft: Draft, at: At, a: Args) -> None:
    _model_version(draft, at, a)
    draft.set(models, a["modelId"], latest_version=a["version"])


def _model_version(draft: Draft, at: At, a: Args) -> None:
    draft.add(
        model_versions,
        model_id=a["modelId"],
        version=a["version"],
        weights_root=a["weightsRoot"],
        weights=a["weights"],
        round_id=unless(a["roundId"], 0),
        published_at=at.time,
        block=at.block,
        tx_hash=at.tx_hash,
    )


@changes.on("Transfer")
def _model_moved(draft: Draft, _at: At, a: Args) -> None:
    if a["from"] != NOBODY:
        draft.set(models, a["tokenId"], owner=a["to"])


@changes.on("CodecGranted")
def _codec(draft: Draft, at: At, a: Args) -> None:
    # A grant replaces the one before.
    draft.put(
        codecs,
        model_id=a["modelId"],
        account=a["account"],
        kind=a["kind"],
        envelope=a["envelope"],
        block=at.block,
    )


@changes.on("RoundOpened")
def _round(draft: Draft, at: At, a: Args) -> None:
    opening = a["opening"]
    draft.add(
        rounds,
        id=a["roundId"],
        model_id=a["modelId"],
        kind=opening["kind"],
        state=State.ENROLLING,
        plan=opening["plan"],
        aggregator=opening["aggregator"],
        base_version=a["baseVersion"],
        min_nodes=opening["minNodes"],
        enrol_by=opening["enrolBy"],
        commit_by=opening["commitBy"],
        finalize_by=opening["finalizeBy"],
        opened_at=at.time,
    )
    want(draft, opening["plan"], "plan")


@changes.on("NodeEnrolled")
def _enrolled(draft: Draft, at: At, a: Args) -> None:
    draft.add(
        enrolments,
        round_id=a["roundId"],
        node=a["node"],
        index=a["index"],
        dataset_id=a["datasetId"],
        version=a["version"],
        summed=0,
        enrolled_at=at.time,
    )


@changes.on("UpdateCommitted")
def _update(draft: Draft, at: At, a: Args) -> None:
    draft.set(enrolments, a["roundId"], a["node"], commitment=a["commitment"], committed_at=at.time)


@changes.on("RoundStarted")
def _started(draft: Draft, _at: At, a: Args) -> None:
    draft.set(rounds, a["roundId"], state=State.RUNNING)


@changes.on("CommitsClosed")
def _commits_closed(draft: Draft, _at: At, a: Args) -> None:
    draft.set(rounds, a["roundId"], state=State.UNMASKING)
    for node in a["summed"]:
        draft.set(enrolments, a["roundId"], node, summed=1)


@changes.on("RoundFinalized")
def _finalized(draft: Draft, at: At, a: Args) -> None:
    # A round of statistics makes no version.
    trains = draft.get(rounds, a["roundId"])["kind"] == _TRAINING
    draft.set(
        rounds,
        a["roundId"],
        state=State.FINALIZED,
        result=a["result"],
        closed_at=at.time,
        version=a["version"] if trains else None,
    )
    want(draft, a["result"], "result")


@changes.on("RoundAborted")
def _aborted(draft: Draft, at: At, a: Args) -> None:
    draft.set(rounds, a["roundId"], state=State.ABORTED, closed_at=at.time)
