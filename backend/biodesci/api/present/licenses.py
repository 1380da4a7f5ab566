"""Licences."""

from __future__ import annotations

from typing import Any, Final, get_args

from biodesci.api.present import values
from biodesci.api.present.datasets import container
from biodesci.api.schemas.licenses import License, LicenseAnswer, LicenseState
from biodesci.core.onchain import FOREVER, UNCOUNTED, utc
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.queries import Row

_STATES: Final[tuple[LicenseState, ...]] = get_args(LicenseState)
_TRAIN: Final = 2


def license_item(row: Row, now: int) -> License:
    """A licence as lists show it; `now` is the time by which it is active, in Unix seconds."""
    return License(**_license_fields(row, now))


def license_answer(store: Store, row: Row, now: int, gateway: str) -> LicenseAnswer:
    """One licence with its version's container and its events; `now` in Unix seconds, `gateway` a URL."""
    return LicenseAnswer(
        **_license_fields(row, now),
        container=container(values.card(row["body"]), gateway),
        content_root=row["content_root"],
        key_commitment=row["key_commitment"],
        activity=values.activities(store, "license", row["id"]),
        as_of=queries.as_of(store),
    )


def _license_fields(row: Row, now: int) -> dict[str, Any]:
    state = _STATES[row["state"] - 1]
    # As AccessLicense._isActive.
    active = (
        state in {"delivered", "settled"}
        and row["uses_left"] != 0
        and (row["expires_at"] is None or now < row["expires_at"])
        and (row["right"] != _TRAIN or row["withdrawn_at"] is None)
        and not row["lapsed"]
    )
    return {
        "id": row["id"],
        "offer_id": row["offer_id"],
        "dataset_id": row["dataset_id"],
        "dataset_name": row["card_name"] or f"Dataset {row['dataset_id']}",
        "version": row["version"],
        "licensee": row["licensee"],
        "owner": row["owner"],
        "state": state,
        "right": values.RIGHTS[row["right"]],
        "active": active,
        "price": str(row["price"]),
        "currency": values.currency(row),
        "visas": values.visas(row["visas"]),
        "pro_rata": bool(row["pro_rata"]),
        "refund_due": _refund_due(row, now) if state == "settled" else None,
        "purpose": values.terms(row["purpose"], purpose=True),
        # Nobody checked that there is a disease of this number.
        "disease": f"MONDO:{row['disease']:07}" if row["disease"] else None,
        "statement": row["statement"],
        "uses_left": row["uses_left"],
        "purchased_at": utc(row["purchased_at"]),
        "delivered_at": values.maybe_when(row["delivered_at"]),
        "deadline": values.maybe_when(row["deadline"]),
        "expires_at": values.maybe_when(row["expires_at"]),
        "envelope": values.content(row["envelope"]) if row["envelope"] else None,
        "block": row["block"],
        "tx_hash": row["tx_hash"],
    }


def _refund_due(row: Row, now: int) -> str | None:
    """As AccessLicense._unusedShare: the smaller of the unused shares of time and of uses, rounded up."""
    if not row["pro_rata"]:
        return None
    price = row["price"]
    shares = []
    # The index has NULL where there is no end, or no count.
    if row["duration"]:
        end = FOREVER if row["expires_at"] is None else row["expires_at"]
        shares.append(-(-price * max(end - now, 0) // row["duration"]))
    if row["uses"]:
        left = UNCOUNTED if row["uses_left"] is None else row["uses_left"]
        shares.append(-(-price * left // row["uses"]))
    return str(min(shares))
