"""Of VisaRegistry: visas that their issuers took back."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from biodesci.core.visa import visa_id
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import Args, At, Changes
from biodesci.index.tables import license_visas

changes = Changes()
_SHOWN_FOR: Final = (
    select(license_visas.c.license_id)
    .where(license_visas.c.visa_id == bindparam("visa"))
    .order_by(license_visas.c.license_id)
)


@changes.on("VisaRevoked")
def _revoked(draft: Draft, at: At, a: Args) -> None:
    # For ever: a visa that was revoked before cannot be shown any more.
    revoked = "0x" + visa_id(a["issuer"], bytes.fromhex(a["visaHash"][2:])).hex()
    draft.flush(license_visas)  # the visa may have been shown for licences of this draft
    shown = draft.connection.scalars(_SHOWN_FOR, {"visa": revoked}).all()
    draft.load(license_visas, [(license_id, revoked) for license_id in shown])
    for license_id in shown:
        draft.set(license_visas, license_id, revoked, revoked_at=at.time)
