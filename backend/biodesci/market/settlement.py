"""The owner's side of a sold licence: what it has earned, and its end by revocation."""

from __future__ import annotations

from dataclasses import dataclass

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.chain.currency import Currency
from biodesci.chain.records import License, Shares
from biodesci.core.errors import AccessDeniedError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.core.public_text import reason_on_chain
from biodesci.market.license import get


@dataclass(frozen=True)
class Earned:
    """What a claim brought, in smallest units of `currency`: to the owner, and as the publisher's royalty."""

    to_owner: int
    royalty: int
    currency: Currency


@dataclass(frozen=True)
class Revoked:
    """`paid_back` in smallest units of `currency`: what the holder is owed now."""

    paid_back: int
    currency: Currency
    sent: bool


def back_if_revoked(chain: Chain, license_id: int) -> tuple[int, Currency]:
    """What the licensee would be credited if the owner revoked now, out of escrow: the owner pays nothing."""
    licence = get(chain, license_id)
    paid_in = currency.read(chain, licence.currency)
    if licence.state in {LicenseState.DELIVERED, LicenseState.DISPUTED}:
        return licence.price, paid_in
    return chain.read(Shares, license_id).to_licensee, paid_in


def claim_earned(chain: Chain, license_id: int) -> Earned:
    """Credits the dataset's owner what time has earned so far of a settled pro rata licence; anyone may."""
    licence = get(chain, license_id)
    if not licence.pro_rata:
        raise StateError(
            f"The price of licence {license_id} is not earned over time, but paid at once when settled.",
            f"See biodesci license show {license_id}.",
        )
    receipt = chain.send(chain.licenses.functions.claimEarned(license_id))
    event = chain.event(receipt, chain.licenses, "LicenseEarned")
    return Earned(int(event["amount"]), int(event["royalty"]), currency.read(chain, licence.currency))


def require_owner(chain: Chain, license_id: int) -> License:
    """The licence, if its dataset is this account's."""
    licence = get(chain, license_id)
    owner = chain.call(chain.datasets.functions.ownerOf(licence.dataset_id))
    if owner != chain.address:
        raise AccessDeniedError(
            f"Dataset {licence.dataset_id}, which licence {license_id} is for, is owned by {owner}.",
            "Use the account that owns the dataset.",
        )
    return licence


def revoke(chain: Chain, license_id: int, reason: str) -> Revoked:
    """As the dataset's owner: ends a licence for ever. What goes back to its holder comes from escrow."""
    text = reason_on_chain(reason)
    licence = require_owner(chain, license_id)
    paid_in = currency.read(chain, licence.currency)
    with chain.intent("revocation", f"licence {license_id}") as intent:
        receipt = intent.resume()
        if receipt is None:
            if licence.state is LicenseState.REVOKED:
                return Revoked(0, paid_in, sent=False)
            receipt = intent.send(chain.licenses.functions.revoke(license_id, text, licence.licensee))
        refunds = chain.emitted(receipt, chain.licenses, "LicenseRefunded")
        return Revoked(sum(int(event["amount"]) for event in refunds), paid_in, sent=True)
