"""How a person comes to another account: its visas are revoked on chain, and then it is forgotten."""

from __future__ import annotations

from biodesci.chain.client import Chain
from biodesci.core.errors import AccessDeniedError
from biodesci.party import visas
from biodesci.passports.register import Register


def release(chain: Chain, register: Register, account: str) -> int:
    """Revokes, as their issuer, all visas that `account` has by a passport, and forgets whose it is.

    Returns how many were revoked by this call. Licences that rest on them end at once. Stopped in the middle,
    it is gone on with by being called again; until it has ended, the account gets no visas and the person no
    other account. Raises NotFoundError where the account has none, and AccessDeniedError where some were
    signed by another account than `chain`'s, which alone can revoke them.
    """
    issued = [one for one in register.begin_release(account) if one.expires > chain.now()]
    others = sorted({one.issuer for one in issued} - {chain.address})
    if others:
        raise AccessDeniedError(
            f"Visas of this account were signed by {', '.join(others)}, not by {chain.address}.",
            "Release it with that account of the issuer: nobody else can revoke them.",
        )
    revoked = 0
    for one in issued:
        if not visas.is_revoked(chain, one.issuer, one.hash):
            chain.send(chain.visas.functions.revoke(one.hash))
            revoked += 1
    register.end_release(account)
    return revoked
