"""Of VisaRegistry: visas that their issuers took back."""

from __future__ import annotations

from sqlalchemy import update

from biodesci.core.visa import visa_id
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import Args, At, Changes
from biodesci.index.tables import license_visas

changes = Changes()


@changes.on("VisaRevoked")
def _revoked(draft: Draft, at: At, a: Args) -> None:
    # For ever: a visa that was revoked before cannot be shown any more.
    revoked = "0x" + visa_id(a["issuer"], bytes.fromhex(a["visaHash"][2:])).hex()
    draft.write()  # the visa may have been shown for licences of this draft
    draft.connection.execute(
        update(license_visas).where(license_visas.c.visa_id == revoked).values(revoked_at=at.time)
    )
