"""Of InferenceCommitment: requests, and what auditors attest."""

from __future__ import annotations

from biodesci.core.onchain import ARBITRATION
from biodesci.core.onchain import RequestState as State
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import Args, At, Changes
from biodesci.index.tables import attestations, inferences

changes = Changes()


@changes.on("InferenceRequested")
def _requested(draft: Draft, at: At, a: Args) -> None:
    draft.add(
        inferences,
        id=a["requestId"],
        model_id=a["modelId"],
        version=a["version"],
        requester=a["requester"],
        worker=a["worker"],
        arbiter=a["arbiter"],
        fee=a["fee"],
        state=State.REQUESTED,
        challenge_window=a["challengeWindow"],
        deadline=a["deadline"],
        input_commitment=a["inputCommitment"],
        input=a["input"],
        requested_at=at.time,
        block=at.block,
        tx_hash=at.tx_hash,
    )


@changes.on("InferenceCommitted")
def _committed(draft: Draft, at: At, a: Args) -> None:
    draft.set(
        inferences,
        a["requestId"],
        state=State.COMMITTED,
        output_commitment=a["outputCommitment"],
        output=a["output"],
        committed_at=at.time,
        deadline=at.time + draft.get(inferences, a["requestId"])["challenge_window"],
    )


@changes.on("InferenceCancelling")
def _cancelling(draft: Draft, _at: At, a: Args) -> None:
    draft.set(inferences, a["requestId"], deadline=a["deadline"])


@changes.on("InferenceChallenged")
def _challenged(draft: Draft, at: At, a: Args) -> None:
    draft.set(inferences, a["requestId"], state=State.CHALLENGED, deadline=at.time + ARBITRATION)


@changes.on("InferenceRefused")
def _refused(draft: Draft, _at: At, a: Args) -> None:
    _end(draft, a["requestId"], State.REFUSED)


@changes.on("InferenceFinalized")
def _inference_finalized(draft: Draft, _at: At, a: Args) -> None:
    _end(draft, a["requestId"], State.FINALIZED)


@changes.on("InferenceExpired")
def _expired(draft: Draft, _at: At, a: Args) -> None:
    _end(draft, a["requestId"], State.EXPIRED)


def _end(draft: Draft, request_id: int, state: State) -> None:
    draft.set(inferences, request_id, state=state, deadline=None)


@changes.on("AuditAttested")
def _attested(draft: Draft, at: At, a: Args) -> None:
    draft.add(
        attestations,
        request_id=a["requestId"],
        auditor=a["auditor"],
        standing=a["standing"],
        passed=int(a["passed"]),
        report=a["report"],
        block=at.block,
        log_index=at.log_index,
        time=at.time,
        tx_hash=at.tx_hash,
    )
