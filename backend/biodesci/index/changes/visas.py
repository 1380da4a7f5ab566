"""Of VisaRegistry: visas that their issuers took back."""

from __future__ import annotations

import sqlite3

from biodesci.core.visa import visa_id
from biodesci.index.changes.event import Args, At, Changes

changes = Changes()


@changes.on("VisaRevoked")
def _revoked(db: sqlite3.Connection, _at: At, a: Args) -> None:
    # For ever: a visa that was revoked before cannot be shown any more.
    revoked = visa_id(a["issuer"], bytes.fromhex(a["visaHash"][2:]))
    db.execute("UPDATE license_visas SET revoked = 1 WHERE visa_id = ?", ("0x" + revoked.hex(),))
