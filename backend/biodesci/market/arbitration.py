"""Who decides disputes: an account that an offer names, and that has agreed to it on chain beforehand."""

from __future__ import annotations

from biodesci.chain.client import Chain
from biodesci.core.errors import InputError
from biodesci.core.onchain import NOBODY


def accepts(chain: Chain, account: str) -> bool:
    """Whether offers may name this account as their arbiter."""
    return bool(chain.call(chain.licenses.functions.isArbiter(account)))


def accept(chain: Chain, *, accepted: bool) -> bool:
    """Says whether this account decides disputes for offers that name it; False where it said so before."""
    if accepts(chain, chain.address) == accepted:
        return False
    chain.send(chain.licenses.functions.acceptArbitration(accepted))
    return True


def check(chain: Chain, arbiter: str) -> None:
    """InputError where an offer made by this account could not name `arbiter`: before anything is sent."""
    if arbiter == NOBODY:
        return
    if arbiter == chain.address:
        raise InputError(
            "You sell by this offer, so you cannot decide its disputes.",
            "Name somebody else whom buyers trust, or nobody.",
        )
    if not accepts(chain, arbiter):
        raise InputError(
            f"{arbiter} has not agreed to decide disputes, so no offer can name it.",
            "Ask it to run: biodesci account accept-arbitration. Or name no arbiter: then buyers can dispute "
            "nothing.",
        )
