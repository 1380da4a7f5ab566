"""Of DatasetNFT: datasets, their versions and where they come from."""

from __future__ import annotations

import sqlite3

from biodesci.core.onchain import NOBODY
from biodesci.index.changes.event import NONE, Args, At, Changes

changes = Changes()


@changes.on("DatasetPublished")
def _dataset_published(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO datasets VALUES (?, ?, ?, 1, ?, ?)",
        (a["datasetId"], a["owner"], a["owner"], at.time, at.time),
    )
    _version(db, at, a, 1)
    for parent in dict.fromkeys(a["parents"]):
        db.execute("INSERT INTO parents VALUES (?, ?)", (a["datasetId"], parent))


@changes.on("VersionPublished")
def _version_published(db: sqlite3.Connection, at: At, a: Args) -> None:
    _version(db, at, a, a["version"])
    db.execute(
        "UPDATE datasets SET latest_version = ?, updated_at = ? WHERE id = ?",
        (a["version"], at.time, a["datasetId"]),
    )


def _version(db: sqlite3.Connection, at: At, a: Args, version: int) -> None:
    db.execute(
        "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, nullif(?, ?), ?, NULL, ?, ?)",
        (
            a["datasetId"], version, a["card"], a["contentRoot"], a["keyCommitment"], str(a["terms"]),
            a["diseases"], NONE, at.time, at.block, at.tx_hash,
        ),
    )  # fmt: skip


@changes.on("VersionWithdrawn")
def _withdrawn(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "UPDATE versions SET withdrawn_at = ? WHERE dataset_id = ? AND version = ?",
        (at.time, a["datasetId"], a["version"]),
    )
    db.execute("UPDATE datasets SET updated_at = ? WHERE id = ?", (at.time, a["datasetId"]))


@changes.on("CustodianSet")
def _custodian(db: sqlite3.Connection, _at: At, a: Args) -> None:
    custodian = None if a["custodian"] == NOBODY else a["custodian"]
    db.execute("UPDATE datasets SET custodian = ? WHERE id = ?", (custodian, a["datasetId"]))


@changes.on("Transfer")
def _dataset_moved(db: sqlite3.Connection, at: At, a: Args) -> None:
    if a["from"] != NOBODY:
        db.execute(
            "UPDATE datasets SET owner = ?, updated_at = ? WHERE id = ?", (a["to"], at.time, a["tokenId"])
        )
