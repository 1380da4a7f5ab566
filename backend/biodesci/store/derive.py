"""What each event changes in the derived tables. Pure functions of the event log, in block order.

Numbers of enums are those of the contract interfaces (State, Right, RoundState, ...).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_NOBODY: Final = "0x" + "0" * 40
_NONE: Final = "0x" + "0" * 64
_FOREVER: Final = 2**40 - 1
_UNCOUNTED: Final = 2**32 - 1
_ARBITRATION_S: Final = 30 * 86_400

# AccessLicense.State
IN_REVIEW, PURCHASED, DELIVERED, SETTLED, DISPUTED, REFUNDED, REJECTED, REVOKED = range(1, 9)


@dataclass(frozen=True)
class At:
    """Where an event stands."""

    block: int
    time: int
    tx_hash: str
    log_index: int


Args = dict[str, Any]
Handler = Callable[[sqlite3.Connection, At, Args], None]
_handlers: dict[tuple[str, str], Handler] = {}

_SUBJECTS: Final = (
    ("licenseId", "license"),
    ("requestId", "inference"),
    ("roundId", "round"),
    ("modelId", "model"),
    ("datasetId", "dataset"),
    ("account", "account"),
    ("buyer", "account"),
    ("owner", "account"),
    ("issuer", "account"),
)


def subject(name: str, args: Args) -> str:
    """What an event is about, as "kind:id"; a model version is the model's matter, not the round's."""
    if name == "ModelVersionPublished":
        return f"model:{args['modelId']}"
    for field, kind in _SUBJECTS:
        if field in args:
            return f"{kind}:{args[field]}"
    return ""


def derive(db: sqlite3.Connection, at: At, contract: str, name: str, args: Args) -> None:
    handler = _handlers.get((contract, name))
    if handler is not None:
        handler(db, at, args)


def _on(contract: str, *names: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for name in names:
            _handlers[contract, name] = handler
        return handler

    return register


# DatasetNFT


@_on("DatasetNFT", "DatasetPublished")
def _dataset_published(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO datasets VALUES (?, ?, ?, 1, ?, ?)",
        (a["datasetId"], a["owner"], a["owner"], at.time, at.time),
    )
    _version(db, at, a, 1)
    for parent in dict.fromkeys(a["parents"]):
        db.execute("INSERT INTO parents VALUES (?, ?)", (a["datasetId"], parent))


@_on("DatasetNFT", "VersionPublished")
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
            a["diseases"], _NONE, at.time, at.block, at.tx_hash,
        ),
    )  # fmt: skip


@_on("DatasetNFT", "VersionWithdrawn")
def _withdrawn(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "UPDATE versions SET withdrawn_at = ? WHERE dataset_id = ? AND version = ?",
        (at.time, a["datasetId"], a["version"]),
    )
    db.execute("UPDATE datasets SET updated_at = ? WHERE id = ?", (at.time, a["datasetId"]))


@_on("DatasetNFT", "CustodianSet")
def _custodian(db: sqlite3.Connection, _at: At, a: Args) -> None:
    custodian = None if a["custodian"] == _NOBODY else a["custodian"]
    db.execute("UPDATE datasets SET custodian = ? WHERE id = ?", (custodian, a["datasetId"]))


@_on("DatasetNFT", "Transfer")
def _dataset_moved(db: sqlite3.Connection, at: At, a: Args) -> None:
    if a["from"] != _NOBODY:
        db.execute(
            "UPDATE datasets SET owner = ?, updated_at = ? WHERE id = ?", (a["to"], at.time, a["tokenId"])
        )


# AccessLicense


@_on("AccessLicense", "OfferCreated")
def _offer(db: sqlite3.Connection, _at: At, a: Args) -> None:
    o = a["offer"]
    db.execute(
        "INSERT INTO offers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (
            a["offerId"], a["datasetId"], o["right"], str(o["price"]), o["currency"], o["duration"],
            o["uses"], o["deliveryWindow"], o["disputeWindow"], o["visas"], int(o["proRata"]), o["arbiter"],
        ),
    )  # fmt: skip
    db.execute(
        "INSERT OR IGNORE INTO currencies VALUES (?, ?, ?)", (o["currency"], a["symbol"], a["decimals"])
    )


@_on("AccessLicense", "OfferClosed")
def _offer_closed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE offers SET open = 0 WHERE id = ?", (a["offerId"],))


@_on("AccessLicense", "LicensePurchased")
def _purchased(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        INSERT INTO licenses
        SELECT ?, id, dataset_id, ?, ?, ?, "right", price, ?, NULL, NULL, nullif(uses, 0), ?, NULL,
          ? + delivery_window, NULL, NULL, ?, ? FROM offers WHERE id = ?""",
        (
            a["licenseId"], a["version"], a["licensee"], IN_REVIEW if a["needsReview"] else PURCHASED,
            str(a["purpose"]), at.time, at.time, at.block, at.tx_hash, a["offerId"],
        ),
    )  # fmt: skip


@_on("AccessLicense", "PurposeDeclared")
def _declared(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute(
        "UPDATE licenses SET disease = nullif(?, 0), statement = nullif(?, ?) WHERE id = ?",
        (a["disease"], a["statement"], _NONE, a["licenseId"]),
    )


@_on("AccessLicense", "LicenseApproved")
def _approved(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        UPDATE licenses SET state = ?, deadline = ? +
          (SELECT delivery_window FROM offers WHERE offers.id = licenses.offer_id) WHERE id = ?""",
        (PURCHASED, at.time, a["licenseId"]),
    )


@_on("AccessLicense", "KeyDelivered")
def _delivered(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        UPDATE licenses SET state = ?, delivered_at = ?, expires_at = ?, envelope = ?, deadline = ? +
          (SELECT dispute_window FROM offers WHERE offers.id = licenses.offer_id) WHERE id = ?""",
        (DELIVERED, at.time, _end(a["expiresAt"]), a["envelope"], at.time, a["licenseId"]),
    )


def _end(expires_at: int) -> int | None:
    """0 where the contract had undone the delivery by the time it was asked."""
    return expires_at if 0 < expires_at < _FOREVER else None


@_on("AccessLicense", "LicenseRenewed")
def _renewed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    uses = None if a["usesLeft"] == _UNCOUNTED else a["usesLeft"]
    db.execute(
        "UPDATE licenses SET expires_at = ?, uses_left = ? WHERE id = ?",
        (_end(a["expiresAt"]), uses, a["licenseId"]),
    )


@_on("AccessLicense", "LicenseDisputed")
def _disputed(db: sqlite3.Connection, at: At, a: Args) -> None:
    # Without an arbiter LicenseRefunded follows in the same transaction.
    _license_state(db, a["licenseId"], DISPUTED, at.time + _ARBITRATION_S)


@_on("AccessLicense", "LicenseConsumed")
def _consumed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    if a["usesLeft"] != _UNCOUNTED:
        db.execute("UPDATE licenses SET uses_left = ? WHERE id = ?", (a["usesLeft"], a["licenseId"]))


@_on("AccessLicense", "LicenseSettled")
def _settled(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _license_state(db, a["licenseId"], SETTLED)


@_on("AccessLicense", "LicenseRejected")
def _rejected(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _license_state(db, a["licenseId"], REJECTED)


@_on("AccessLicense", "LicenseRevoked")
def _revoked(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _license_state(db, a["licenseId"], REVOKED)


@_on("AccessLicense", "LicenseRefunded")
def _refunded(db: sqlite3.Connection, _at: At, a: Args) -> None:
    # Rejection and revocation pay back too, and stay what they are.
    db.execute(
        """
        UPDATE licenses SET state = ?, deadline = NULL, expires_at = NULL
        WHERE id = ? AND state NOT IN (?, ?)""",
        (REFUNDED, a["licenseId"], REJECTED, REVOKED),
    )


def _license_state(db: sqlite3.Connection, license_id: int, state: int, deadline: int | None = None) -> None:
    db.execute("UPDATE licenses SET state = ?, deadline = ? WHERE id = ?", (state, deadline, license_id))


# ModelRegistry


@_on("ModelRegistry", "ModelRegistered")
def _model(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO models VALUES (?, ?, ?, ?, 1, ?)",
        (a["modelId"], a["owner"], a["architecture"], a["card"], at.time),
    )
    _model_version(db, at, {**a, "version": 1, "roundId": 0})


@_on("ModelRegistry", "ModelVersionPublished")
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


@_on("ModelRegistry", "Transfer")
def _model_moved(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE models SET owner = ? WHERE id = ?", (a["to"], a["tokenId"]))


@_on("ModelRegistry", "CodecGranted")
def _codec(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT OR REPLACE INTO codecs VALUES (?, ?, ?, ?, ?)",
        (a["modelId"], a["account"], a["kind"], a["envelope"], at.block),
    )


@_on("ModelRegistry", "RoundOpened")
def _round(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO rounds VALUES (?, ?, ?, 1, ?, NULL, ?, ?, NULL, ?, ?, ?, ?, ?, NULL)",
        (
            a["roundId"], a["modelId"], a["kind"], a["plan"], a["aggregator"], a["baseVersion"],
            a["minNodes"], a["enrolBy"], a["commitBy"], a["finalizeBy"], at.time,
        ),
    )  # fmt: skip


@_on("ModelRegistry", "NodeEnrolled")
def _enrolled(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO enrolments VALUES (?, ?, ?, ?, NULL, ?, NULL)",
        (a["roundId"], a["node"], a["index"], a["datasetId"], at.time),
    )


@_on("ModelRegistry", "UpdateCommitted")
def _update(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "UPDATE enrolments SET commitment = ?, committed_at = ? WHERE round_id = ? AND node = ?",
        (a["commitment"], at.time, a["roundId"], a["node"]),
    )


@_on("ModelRegistry", "RoundStarted")
def _started(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE rounds SET state = 2 WHERE id = ?", (a["roundId"],))


@_on("ModelRegistry", "CommitsClosed")
def _commits_closed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE rounds SET state = 3 WHERE id = ?", (a["roundId"],))


@_on("ModelRegistry", "RoundFinalized")
def _finalized(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        UPDATE rounds SET state = 4, result = ?, closed_at = ?,
          version = CASE kind WHEN 1 THEN ? ELSE NULL END WHERE id = ?""",
        (a["result"], at.time, a["version"], a["roundId"]),
    )


@_on("ModelRegistry", "RoundAborted")
def _aborted(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute("UPDATE rounds SET state = 5, closed_at = ? WHERE id = ?", (at.time, a["roundId"]))


# InferenceCommitment


@_on("InferenceCommitment", "InferenceRequested")
def _requested(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO inferences VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, NULL, NULL, ?, NULL, ?, ?)",
        (
            a["requestId"], a["modelId"], a["version"], a["requester"], a["worker"], a["arbiter"],
            str(a["fee"]), a["challengeWindow"], a["deadline"], a["inputCommitment"], a["input"], at.time,
            at.block, at.tx_hash,
        ),
    )  # fmt: skip


@_on("InferenceCommitment", "InferenceCommitted")
def _committed(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        UPDATE inferences SET state = 2, output_commitment = ?, output = ?, committed_at = ?,
          deadline = ? + challenge_window WHERE id = ?""",
        (a["outputCommitment"], a["output"], at.time, at.time, a["requestId"]),
    )


@_on("InferenceCommitment", "InferenceCancelling")
def _cancelling(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE inferences SET deadline = ? WHERE id = ?", (a["deadline"], a["requestId"]))


@_on("InferenceCommitment", "InferenceChallenged")
def _challenged(db: sqlite3.Connection, at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], 3, at.time + _ARBITRATION_S)


@_on("InferenceCommitment", "ChallengeResolved")
def _resolved(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], 5 if a["upheld"] else 4)


@_on("InferenceCommitment", "InferenceFinalized")
def _inference_finalized(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], 4)


@_on("InferenceCommitment", "InferenceExpired")
def _expired(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _inference_state(db, a["requestId"], 6)


def _inference_state(db: sqlite3.Connection, request: int, state: int, deadline: int | None = None) -> None:
    db.execute("UPDATE inferences SET state = ?, deadline = ? WHERE id = ?", (state, deadline, request))


@_on("InferenceCommitment", "AuditAttested")
def _attested(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        "INSERT INTO attestations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            a["requestId"], a["auditor"], int(a["passed"]), a["report"], at.block, at.log_index, at.time,
            at.tx_hash,
        ),
    )  # fmt: skip
