"""What happens to a licence that was settled: renewed by its holder, revoked by the dataset's owner."""

from __future__ import annotations

from dataclasses import dataclass

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.chain.currency import Currency
from biodesci.chain.records import License
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.errors import AccessDeniedError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.core.public_text import reason_on_chain
from biodesci.market import offers, old_notes, payment
from biodesci.market.license import get, own
from biodesci.market.offers import Offer
from biodesci.market.purchase import check_visas


@dataclass(frozen=True)
class Renewed:
    """A renewed licence. It ends at `expires_at` (Unix seconds; 0: never); `paid` is in smallest units."""

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
    with chain.intent("renewal", f"licence {license_id}") as intent:
        old_notes.adopt(chain, intent, "renewals", license_id)
        receipt = intent.resume()
        if receipt is not None:
            note("A run before signed this renewal and did not see its end: it is carried out now.")
        else:
            offer = _renewable(chain, license_id)
            check_visas(chain, offer, visas)
            with payment.own(chain, offer.currency, offer.terms.price, note) as paid:
                structs = [signed.struct() for signed in visas]
                function = chain.licenses.functions.renew(license_id, structs, paid.struct())
                receipt = intent.send(function, offer.terms.price if offer.currency.is_ether else 0)
        event = chain.event(receipt, chain.licenses, "LicenseRenewed")
        return Renewed(event["expiresAt"], event["usesLeft"], event["paid"])


def _renewable(chain: Chain, license_id: int) -> Offer:
    """Its offer; raises where the contract would refuse, in words and before anything is paid."""
    licence = own(chain, license_id)
    show = f"See biodesci license show {license_id}."
    if licence.state is not LicenseState.SETTLED:
        raise StateError(
            f"Licence {license_id} is {licence.state.name.lower()}; a settled one is renewed.",
            f"Confirm it first: biodesci license confirm {license_id}."
            if licence.state is LicenseState.DELIVERED
            else show,
        )
    offer = offers.get(chain, licence.offer_id)
    offers.require_open(offer)
    if not offer.terms.duration and not offer.terms.uses:
        raise StateError(f"Licence {license_id} has no end and no count of uses: nothing to renew.", show)
    if chain.call(chain.datasets.functions.isWithdrawn(licence.dataset_id, licence.version)):
        raise AccessDeniedError(
            f"Consent to use dataset {licence.dataset_id}, version {licence.version}, was withdrawn: "
            "no licence for it is renewed.",
            "Choose another dataset: biodesci dataset list.",
        )
    return offer


def refund_due(chain: Chain, license_id: int) -> tuple[int, Currency]:
    """What an owner who revoked this licence now would pay back."""
    licence = get(chain, license_id)
    due = chain.call(chain.licenses.functions.refundDue(license_id))
    return int(due), currency.read(chain, licence.currency)


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
    """As the dataset's owner. Pays back what is due; what is too much in ether is owed to it again."""
    text = reason_on_chain(reason)
    licence = require_owner(chain, license_id)
    due, paid_in = refund_due(chain, license_id)
    with chain.intent("revocation", f"licence {license_id}") as intent:
        receipt = intent.resume()
        if receipt is None:
            if licence.state is LicenseState.REVOKED:
                return Revoked(0, paid_in, sent=False)
            function = chain.licenses.functions.revoke(license_id, text)
            if due and not paid_in.is_ether:
                # What is due falls from second to second, so what it is now is enough.
                with payment.approved(chain, paid_in, due):
                    receipt = intent.send(function)
            else:
                # With a wei too much from the start, the gas that is estimated covers crediting the excess.
                receipt = intent.send(function, due + 1 if due else 0)
        refunds = chain.emitted(receipt, chain.licenses, "LicenseRefunded")
        return Revoked(sum(int(event["amount"]) for event in refunds), paid_in, sent=True)
