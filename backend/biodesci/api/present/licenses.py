"""Licences."""

from __future__ import annotations

from typing import Any, Final, get_args

from biodesci.api.present import values
from biodesci.api.present.datasets import container
from biodesci.api.schemas.licenses import License, LicenseAnswer, LicenseState, Shares
from biodesci.core.onchain import Right, utc
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.queries import Row

_STATES: Final[tuple[LicenseState, ...]] = get_args(LicenseState)


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
        and (row["right"] != Right.TRAIN or row["withdrawn_at"] is None)
        and row["visa_revoked_at"] is None
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
        "arbiter": values.arbiter(row),
        "conditions": values.conditions(row),
        "earned": str(row["earned"]),
        "shares": _shares(row, now) if row["pro_rata"] and state == "settled" else None,
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


def _shares(row: Row, now: int) -> Shares:
    """As AccessLicense.sharesOf: time earns the price until the licence ends, or visas or consent do."""
    ends = [now, row["visas_expire"], row["visa_revoked_at"]]
    if row["right"] == Right.TRAIN:
        ends.append(row["withdrawn_at"])
    passed = max(min(end for end in ends if end is not None) - row["delivered_at"], 0)
    earned = row["price"] * min(passed, row["duration"]) // row["duration"]
    return Shares(to_owner=str(earned - row["earned"]), to_licensee=str(row["price"] - earned))
