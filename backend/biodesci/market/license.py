"""A licensee's side after the purchase: confirm, dispute, cancel, refund. Its copy is in licensed_copy.py.

Entitlement is the contract's state, asked for at each step, never an event or an index. Nothing is sent
twice: each step looks at the chain first.
"""

from __future__ import annotations

from typing import Any

from web3.types import EventData, TxReceipt

from biodesci.chain.client import Chain
from biodesci.chain.records import License, Listing
from biodesci.core.errors import (
    AccessDeniedError,
    IntegrityError,
    NotFoundError,
    StateError,
)
from biodesci.core.onchain import FOREVER, NOBODY, LicenseState
from biodesci.core.public_text import reason_on_chain


def get(chain: Chain, license_id: int) -> License:
    """NotFoundError where there is none."""
    if not 1 <= license_id <= chain.call(chain.lens.functions.licenseCount()):
        raise NotFoundError(f"There is no licence {license_id}.", "List yours: biodesci license list.")
    return chain.read(License, license_id)


def is_active(chain: Chain, license_id: int) -> bool:
    """Whether it gives access now: delivered, not expired or used up, its visas and the consent stand."""
    return bool(chain.call(chain.licenses.functions.isActive(license_id)))


def held_by(chain: Chain, licensee: str, dataset_id: int | None = None) -> list[License]:
    """The licences that an address bought, of one dataset or of all, in the order of purchase."""
    filters: dict[str, Any] = {"licensee": licensee}
    if dataset_id is not None:
        filters["datasetId"] = dataset_id
    first = chain.deployment.contracts["AccessLicense"].block
    logs = chain.events(chain.licenses, "LicensePurchased", first, filters=filters)
    return [get(chain, log["args"]["licenseId"]) for log in logs]


def purpose_of(chain: Chain, license_id: int) -> int:
    """The DUO bits that the buyer declared: they are in the purchase's event alone."""
    (bought,) = _logs(chain, "LicensePurchased", license_id, expected=1)
    return int(bought["args"]["purpose"])


def visas_until(chain: Chain, license_id: int, at: int | None = None) -> int:
    """Until when the visas count that were shown at its purchase; for ever where none were.

    `at` is the block in which the purchase was seen: where it still is there, no other is looked through.
    """
    of, name = {"licenseId": license_id}, "LicensePurchased"
    there = [] if at is None else chain.events(chain.licenses, name, at, at, of)
    (bought,) = there or _logs(chain, name, license_id, expected=1)
    block = bought["blockNumber"]  # asked for alone: that there are none counts for certain then
    shown = chain.events(chain.licenses, "VisasShown", block, block, {"licenseId": license_id})
    return min((int(log["args"]["expire"]) for log in shown), default=FOREVER)


def envelopes_of(chain: Chain, license_id: int) -> list[bytes]:
    """The digests of the sealed keys, the newest first: that of the delivery, and those that came after it
    because it was lost. They are in events alone.
    """
    (delivered,) = _logs(chain, "LicenseDelivered", license_id, expected=1)
    later = _logs(chain, "KeyRedelivered", license_id)
    return [bytes(log["args"]["envelope"]) for log in (*reversed(later), delivered)]


def envelope_of(chain: Chain, license_id: int) -> bytes:
    """The digest of the sealed key as it was delivered last."""
    return envelopes_of(chain, license_id)[0]


def _logs(chain: Chain, event: str, license_id: int, *, expected: int | None = None) -> list[EventData]:
    first = chain.deployment.contracts["AccessLicense"].block
    logs = chain.events(chain.licenses, event, first, filters={"licenseId": license_id})
    if expected is not None and len(logs) != expected:
        raise IntegrityError(
            f"The chain node shows {len(logs)} events {event} for licence {license_id}, not {expected}.",
            "Use another chain node: this one lost events, or tells none so old.",
        )
    return logs


def confirm(chain: Chain, license_id: int) -> TxReceipt | None:
    """Pays the owner; None where that was done before."""
    licence = own(chain, license_id)
    if licence.state is LicenseState.SETTLED:
        return None
    return chain.send(chain.licenses.functions.confirm(license_id))


def dispute(chain: Chain, license_id: int, reason: str) -> TxReceipt | None:
    """None where it is disputed already."""
    arbiter_of(chain, license_id)
    text = reason_on_chain(reason)
    if own(chain, license_id).state is LicenseState.DISPUTED:
        return None
    return chain.send(chain.licenses.functions.dispute(license_id, text))


def arbiter_of(chain: Chain, license_id: int) -> str:
    """Who decides a dispute about a licence of this account; StateError where nobody does."""
    arbiter = chain.read(Listing, own(chain, license_id).offer_id).offer.arbiter
    if arbiter == NOBODY:
        raise StateError(
            f"Licence {license_id} was bought by an offer that names no arbiter: nothing can be disputed.",
            "Ask the data owner to deliver once more; an offer with an arbiter says who decides.",
        )
    return arbiter


def cancel(chain: Chain, license_id: int) -> TxReceipt | None:
    """As the buyer: no longer waits for the committee, and gets the price back; None where that was done."""
    licence = own(chain, license_id)
    if licence.state is LicenseState.REFUNDED:
        return None
    if licence.state is not LicenseState.IN_REVIEW:
        raise StateError(
            f"Licence {license_id} is {licence.state.words}; only a purchase in review can be cancelled.",
            f"See biodesci license show {license_id}.",
        )
    return chain.send(chain.licenses.functions.cancel(license_id))


def refund(chain: Chain, license_id: int) -> TxReceipt | None:
    """Takes back what the contract says is the buyer's again; None where that was done before."""
    if get(chain, license_id).state is LicenseState.REFUNDED:
        return None
    return chain.send(chain.licenses.functions.refund(license_id))


def own(chain: Chain, license_id: int) -> License:
    """The licence, if this account holds it."""
    licence = get(chain, license_id)
    if licence.licensee != chain.address:
        raise AccessDeniedError(
            f"Licence {license_id} is not held by {chain.address}.", "Use the account that bought it."
        )
    return licence
