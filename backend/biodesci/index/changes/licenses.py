"""Of AccessLicense: offers and licences.

What is owed to whom is in state; the sums that a licence with `proRata` has earned are added up here.
"""

from __future__ import annotations

from biodesci.core.onchain import ARBITRATION, NOBODY, UNCOUNTED
from biodesci.core.onchain import LicenseState as State
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import NONE, Args, At, Changes, unless
from biodesci.index.tables import license_visas, licenses, offers, showings, tokens

changes = Changes()


@changes.on("OfferCreated")
def _offer(draft: Draft, _at: At, a: Args) -> None:
    offer = a["offer"]
    draft.add(
        offers,
        id=a["offerId"],
        dataset_id=a["datasetId"],
        right=offer["right"],
        price=offer["price"],
        currency=offer["currency"],
        duration=offer["duration"],
        uses=offer["uses"],
        delivery_window=offer["deliveryWindow"],
        dispute_window=offer["disputeWindow"],
        visas=offer["visas"],
        pro_rata=int(offer["proRata"]),
        arbiter=offer["arbiter"],
        open=1,
    )
    if offer["currency"] != NOBODY:
        draft.want(tokens, offer["currency"], symbol=None, decimals=None, block=None, attempts=0, retry_at=0)


@changes.on("OfferClosed")
def _offer_closed(draft: Draft, _at: At, a: Args) -> None:
    draft.set(offers, a["offerId"], open=0)


@changes.on("LicensePurchased")
def _purchased(draft: Draft, at: At, a: Args) -> None:
    offer = draft.get(offers, a["offerId"])
    draft.add(
        licenses,
        id=a["licenseId"],
        offer_id=a["offerId"],
        dataset_id=offer["dataset_id"],
        version=a["version"],
        licensee=a["licensee"],
        arbiter=offer["arbiter"],
        state=State.IN_REVIEW if a["needsReview"] else State.PURCHASED,
        right=offer["right"],
        price=offer["price"],
        purpose=a["purpose"],
        uses_left=unless(offer["uses"], 0),
        earned=0,
        purchased_at=at.time,
        deadline=at.time + offer["delivery_window"],
        block=at.block,
        tx_hash=at.tx_hash,
    )


@changes.on("PurposeDeclared")
def _declared(draft: Draft, _at: At, a: Args) -> None:
    disease, statement = unless(a["disease"], 0), unless(a["statement"], NONE)
    draft.set(licenses, a["licenseId"], disease=disease, statement=statement)


@changes.on("LicenseApproved")
def _approved(draft: Draft, at: At, a: Args) -> None:
    offer = draft.get(offers, draft.get(licenses, a["licenseId"])["offer_id"])
    deadline = at.time + offer["delivery_window"]
    draft.set(licenses, a["licenseId"], state=State.PURCHASED, deadline=deadline)


@changes.on("VisasShown")
def _visas_shown(draft: Draft, at: At, a: Args) -> None:
    # They are shown right before the licence is bought.
    for visa_id in a["visaIds"]:
        draft.add(license_visas, license_id=a["licenseId"], visa_id=visa_id)
    draft.add(showings, license_id=a["licenseId"], expires=a["expire"])


@changes.on("LicenseDelivered")
def _delivered(draft: Draft, at: At, a: Args) -> None:
    license = draft.get(licenses, a["licenseId"])
    offer = draft.get(offers, license["offer_id"])
    showing = draft.find(showings, a["licenseId"])
    ends = [at.time + offer["duration"]] if offer["duration"] else []
    if showing is not None:
        ends.append(showing["expires"])
    draft.set(
        licenses,
        a["licenseId"],
        state=State.DELIVERED,
        delivered_at=at.time,
        expires_at=min(ends, default=None),
        envelope=unless(a["envelope"], NONE),
        deadline=at.time + offer["dispute_window"],
    )


@changes.on("KeyRedelivered")
def _redelivered(draft: Draft, _at: At, a: Args) -> None:
    draft.set(licenses, a["licenseId"], envelope=a["envelope"])


@changes.on("LicenseDisputed")
def _disputed(draft: Draft, at: At, a: Args) -> None:
    draft.set(licenses, a["licenseId"], state=State.DISPUTED, deadline=at.time + ARBITRATION)


@changes.on("LicenseConsumed")
def _consumed(draft: Draft, _at: At, a: Args) -> None:
    if a["usesLeft"] != UNCOUNTED:
        draft.set(licenses, a["licenseId"], uses_left=a["usesLeft"])


@changes.on("LicenseSettled")
def _settled(draft: Draft, _at: At, a: Args) -> None:
    draft.set(licenses, a["licenseId"], state=State.SETTLED, deadline=None)
    _credit(draft, a)


@changes.on("LicenseEarned")
def _earned(draft: Draft, _at: At, a: Args) -> None:
    _credit(draft, a)


def _credit(draft: Draft, a: Args) -> None:
    earned = draft.get(licenses, a["licenseId"])["earned"] + a["amount"] + a["royalty"]
    draft.set(licenses, a["licenseId"], earned=earned)


@changes.on("LicenseRejected")
def _rejected(draft: Draft, _at: At, a: Args) -> None:
    draft.set(licenses, a["licenseId"], state=State.REJECTED, deadline=None)


@changes.on("LicenseRevoked")
def _revoked(draft: Draft, _at: At, a: Args) -> None:
    draft.set(licenses, a["licenseId"], state=State.REVOKED, deadline=None)


@changes.on("LicenseRefunded")
def _refunded(draft: Draft, _at: At, a: Args) -> None:
    # Rejection and revocation pay back too, and stay what they are.
    if draft.get(licenses, a["licenseId"])["state"] not in {State.REJECTED, State.REVOKED}:
        draft.set(licenses, a["licenseId"], state=State.REFUNDED, deadline=None, expires_at=None)
