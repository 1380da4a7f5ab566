"""What happens to a licence that was settled: renewed by its holder, revoked by the dataset's owner."""

from __future__ import annotations

from dataclasses import dataclass

from web3.types import TxReceipt

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.chain.currency import Currency
from biodesci.core.errors import AccessDeniedError, StateError
from biodesci.core.visa import SignedVisa
from biodesci.services import offers, payment
from biodesci.services.license import State, get, short_text
from biodesci.services.purchase import check_visas


@dataclass(frozen=True)
class Renewed:
    expires_at: int
    uses_left: int
    paid: int


@dataclass(frozen=True)
class Revoked:
    """`paid_back` in smallest units of `currency`: what the holder is owed now."""

    paid_back: int
    currency: Currency
    sent: bool


def renew(
    chain: Chain,
    license_id: int,
    visas: tuple[SignedVisa, ...] = (),
    *,
    note: payment.Note = lambda _text: None,
) -> Renewed:
    """Buys the licence's offer once more: as much time from the end of the present, as many uses more."""
    held = get(chain, license_id)
    if held.licensee != chain.address:
        raise AccessDeniedError(
            f"Licence {license_id} is not held by {chain.address}.", "Use the account that bought it."
        )
    if held.state is not State.SETTLED:
        raise StateError(
            f"Licence {license_id} is {held.state.name.lower()}; a settled one is renewed.",
            f"Confirm it first: biodesci license confirm {license_id}."
            if held.state is State.DELIVERED
            else f"See biodesci license show {license_id}.",
        )
    offer = offers.get(chain, held.offer_id)
    if not offer.open:
        raise StateError(f"Offer {offer.id} is closed.", "Choose an open one: biodesci dataset show ID.")
    check_visas(chain, offer, visas)
    paid = payment.own(chain, offer.currency, offer.price, note)
    function = chain.licenses.functions.renew(license_id, [shown.tuple() for shown in visas], paid.tuple())
    receipt = chain.send(function, offer.price if offer.currency.is_ether else 0)
    event = chain.event(receipt, chain.licenses, "LicenseRenewed")
    return Renewed(event["expiresAt"], event["usesLeft"], event["paid"])


def refund_due(chain: Chain, license_id: int) -> tuple[int, Currency]:
    """What an owner who revoked this licence now would pay back."""
    held = get(chain, license_id)
    due = chain.call(chain.licenses.functions.refundDue(license_id))
    return int(due), currency.read(chain, held.currency)


def revoke(chain: Chain, license_id: int, reason: str) -> Revoked:
    """As the dataset's owner. Pays back what is due; what is too much in ether is owed to it again."""
    held = get(chain, license_id)
    due, paid_in = refund_due(chain, license_id)
    if held.state is State.REVOKED:
        return Revoked(0, paid_in, sent=False)
    text = short_text(reason)
    # What is due falls from second to second, so what it is now is enough.
    if due and not paid_in.is_ether:
        payment.approve(chain, paid_in, due)
    function = chain.licenses.functions.revoke(license_id, text)
    # With a wei too much from the start, the gas that is estimated covers crediting what is too much.
    receipt = chain.send(function, due + 1 if due and paid_in.is_ether else 0)
    return Revoked(_paid_back(chain, receipt), paid_in, sent=True)


def _paid_back(chain: Chain, receipt: TxReceipt) -> int:
    return sum(int(event["amount"]) for event in chain.emitted(receipt, chain.licenses, "LicenseRefunded"))
