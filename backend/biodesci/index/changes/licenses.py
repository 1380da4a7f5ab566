"""Of AccessLicense: offers and licences."""

from __future__ import annotations

import sqlite3

from biodesci.core.onchain import ARBITRATION, FOREVER, UNCOUNTED
from biodesci.core.onchain import LicenseState as State
from biodesci.index.changes.event import NONE, Args, At, Changes

changes = Changes()


@changes.on("OfferCreated")
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


@changes.on("OfferClosed")
def _offer_closed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute("UPDATE offers SET open = 0 WHERE id = ?", (a["offerId"],))


@changes.on("LicensePurchased")
def _purchased(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        INSERT INTO licenses
        SELECT ?, id, dataset_id, ?, ?, ?, "right", price, ?, NULL, NULL, nullif(uses, 0), ?, NULL,
          ? + delivery_window, NULL, NULL, ?, ? FROM offers WHERE id = ?""",
        (
            a["licenseId"], a["version"], a["licensee"],
            State.IN_REVIEW if a["needsReview"] else State.PURCHASED, str(a["purpose"]), at.time, at.time,
            at.block, at.tx_hash, a["offerId"],
        ),
    )  # fmt: skip


@changes.on("PurposeDeclared")
def _declared(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute(
        "UPDATE licenses SET disease = nullif(?, 0), statement = nullif(?, ?) WHERE id = ?",
        (a["disease"], a["statement"], NONE, a["licenseId"]),
    )


@changes.on("LicenseApproved")
def _approved(db: sqlite3.Connection, at: At, a: Args) -> None:
    db.execute(
        """
        UPDATE licenses SET state = ?, deadline = ? +
          (SELECT delivery_window FROM offers WHERE offers.id = licenses.offer_id) WHERE id = ?""",
        (State.PURCHASED, at.time, a["licenseId"]),
    )


@changes.on("VisasShown")
def _visas_shown(db: sqlite3.Connection, _at: At, a: Args) -> None:
    # A renewal rests on the visas that come with it alone.
    db.execute("DELETE FROM license_visas WHERE license_id = ?", (a["licenseId"],))
    db.executemany(
        "INSERT INTO license_visas VALUES (?, ?, ?, 0)",
        [(a["licenseId"], visa_id, a["expire"]) for visa_id in a["visaIds"]],
    )


@changes.on("KeyDelivered")
def _delivered(db: sqlite3.Connection, at: At, a: Args) -> None:
    dispute_window, *ends = db.execute(
        """
        SELECT o.dispute_window, ? + nullif(o.duration, 0),
          (SELECT min(expires) FROM license_visas WHERE license_id = l.id)
        FROM licenses l JOIN offers o ON o.id = l.offer_id WHERE l.id = ?""",
        (at.time, a["licenseId"]),
    ).fetchone()
    expires_at = min((end for end in ends if end is not None), default=None)
    db.execute(
        """
        UPDATE licenses SET state = ?, delivered_at = ?, expires_at = ?, envelope = ?, deadline = ?
        WHERE id = ?""",
        (
            State.DELIVERED,
            at.time,
            expires_at,
            a["envelope"],
            at.time + dispute_window,
            a["licenseId"],
        ),
    )


@changes.on("LicenseRenewed")
def _renewed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    db.execute(
        "UPDATE licenses SET expires_at = nullif(?, ?), uses_left = nullif(?, ?) WHERE id = ?",
        (a["expiresAt"], FOREVER, a["usesLeft"], UNCOUNTED, a["licenseId"]),
    )


@changes.on("LicenseDisputed")
def _disputed(db: sqlite3.Connection, at: At, a: Args) -> None:
    # Without an arbiter LicenseRefunded follows in the same transaction.
    _license_state(db, a["licenseId"], State.DISPUTED, at.time + ARBITRATION)


@changes.on("LicenseConsumed")
def _consumed(db: sqlite3.Connection, _at: At, a: Args) -> None:
    if a["usesLeft"] != UNCOUNTED:
        db.execute("UPDATE licenses SET uses_left = ? WHERE id = ?", (a["usesLeft"], a["licenseId"]))


@changes.on("LicenseSettled")
def _settled(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _license_state(db, a["licenseId"], State.SETTLED)


@changes.on("LicenseRejected")
def _rejected(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _license_state(db, a["licenseId"], State.REJECTED)


@changes.on("LicenseRevoked")
def _revoked(db: sqlite3.Connection, _at: At, a: Args) -> None:
    _license_state(db, a["licenseId"], State.REVOKED)


@changes.on("LicenseRefunded")
def _refunded(db: sqlite3.Connection, _at: At, a: Args) -> None:
    # Rejection and revocation pay back too, and stay what they are.
    db.execute(
        """
        UPDATE licenses SET state = ?, deadline = NULL, expires_at = NULL
        WHERE id = ? AND state NOT IN (?, ?)""",
        (State.REFUNDED, a["licenseId"], State.REJECTED, State.REVOKED),
    )


def _license_state(db: sqlite3.Connection, license_id: int, state: int, deadline: int | None = None) -> None:
    db.execute("UPDATE licenses SET state = ?, deadline = ? WHERE id = ?", (state, deadline, license_id))
