"""Of ModelRegistry: models, their versions, and federated rounds."""

from __future__ import annotations

import sqlite3

from biodesci.core.onchain import RoundState as State
from biodesci.index.changes.event import Args, At, Changes

changes = Changes()


@changes.on("ModelRegistered")
def _model(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO models VALUES (?, ?, ?, ?, 1, ?)",
        (a["modelId"], a["owner"], a["architecture"], a["card"], at.time),
    )
    _model_version(db, at, {**a, "version": 1, "roundId": 0})


@changes.on("ModelVersionPublished")
def _model_version(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT OR IGNORE INTO model_versions VALUES (?, ?, ?, ?, nullif(?, 0), ?, ?, ?)",
        (
            a["modelId"], a["version"], a["weightsRoot"], a["weights"], a["roundId"], at.time, at.block,
            at.tx_hash,
        ),
    )  # fmt: skip
    db.execute(
        "UPDATE models SET latest_version = max(latest_version, ?) WHERE id = ?", (a["version"], a["modelId"])
    )


@changes.on("Transfer")
def _model_moved(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE models SET owner = ? WHERE id = ?", (a["to"], a["tokenId"]))


@changes.on("CodecGranted")
def _codec(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT OR REPLACE INTO codecs VALUES (?, ?, ?, ?, ?)",
        (a["modelId"], a["account"], a["kind"], a["envelope"], at.block),
    )


@changes.on("RoundOpened")
def _round(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO rounds VALUES (?, ?, ?, 1, ?, NULL, ?, ?, NULL, ?, ?, ?, ?, ?, NULL)",
        (
            a["roundId"], a["modelId"], a["kind"], a["plan"], a["aggregator"], a["baseVersion"],
            a["minNodes"], a["enrolBy"], a["commitBy"], a["finalizeBy"], at.time,
        ),
    )  # fmt: skip


@changes.on("NodeEnrolled")
def _enrolled(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO enrolments VALUES (?, ?, ?, ?, NULL, ?, NULL)",
        (a["roundId"], a["node"], a["index"], a["datasetId"], at.time),
    )


@changes.on("UpdateCommitted")
def _update(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "UPDATE enrolments SET commitment = ?, committed_at = ? WHERE round_id = ? AND node = ?",
        (a["commitment"], at.time, a["roundId"], a["node"]),
    )


@changes.on("RoundStarted")
def _started(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _round_state(db, a["roundId"], State.RUNNING)


@changes.on("CommitsClosed")
def _commits_closed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _round_state(db, a["roundId"], State.UNMASKING)


def _round_state(db: sqlite3.Connection, round_id: int, state: State) -> None:
    db.execute("UPDATE rounds SET state = ? WHERE id = ?", (state, round_id))


@changes.on("RoundFinalized")
def _finalized(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        UPDATE rounds SET state = ?, result = ?, closed_at = ?,
          version = CASE kind WHEN 1 THEN ? ELSE NULL END WHERE id = ?""",
        (State.FINALIZED, a["result"], at.time, a["version"], a["roundId"]),
    )


@changes.on("RoundAborted")
def _aborted(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "UPDATE rounds SET state = ?, closed_at = ? WHERE id = ?", (State.ABORTED, at.time, a["roundId"])
    )
