"""Of InferenceCommitment: requests, and what auditors attest."""

from __future__ import annotations

import sqlite3

from biodesci.core.onchain import ARBITRATION
from biodesci.core.onchain import RequestState as State
from biodesci.index.changes.event import Args, At, Changes

changes = Changes()


@changes.on("InferenceRequested")
def _requested(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO inferences VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, NULL, NULL, ?, NULL, ?, ?)",
        (
            a["requestId"], a["modelId"], a["version"], a["requester"], a["worker"], a["arbiter"],
            str(a["fee"]), a["challengeWindow"], a["deadline"], a["inputCommitment"], a["input"], at.time,
            at.block, at.tx_hash,
        ),
    )  # fmt: skip


@changes.on("InferenceCommitted")
def _committed(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        UPDATE inferences SET state = ?, output_commitment = ?, output = ?, committed_at = ?,
          deadline = ? + challenge_window WHERE id = ?""",
        (State.COMMITTED, a["outputCommitment"], a["output"], at.time, at.time, a["requestId"]),
    )


@changes.on("InferenceCancelling")
def _cancelling(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE inferences SET deadline = ? WHERE id = ?", (a["deadline"], a["requestId"]))


@changes.on("InferenceChallenged")
def _challenged(db: sqlite3.Connection, at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], State.CHALLENGED, at.time + ARBITRATION)


@changes.on("ChallengeResolved")
def _resolved(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], State.REFUSED if a["upheld"] else State.FINALIZED)


@changes.on("InferenceFinalized")
def _inference_finalized(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], State.FINALIZED)


@changes.on("InferenceExpired")
def _expired(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], State.EXPIRED)


def _inference_state(db: sqlite3.Connection, request: int, state: int, deadline: int | None = None) -> None:
    db.execute("UPDATE inferences SET state = ?, deadline = ? WHERE id = ?", (state, deadline, request))


@changes.on("AuditAttested")
def _attested(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO attestations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            a["requestId"], a["auditor"], int(a["passed"]), a["report"], at.block, at.log_index, at.time,
            at.tx_hash,
        ),
    )  # fmt: skip
