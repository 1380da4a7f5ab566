"""What an account holds, what the contracts owe to it, and paying that out (pull payments)."""

from __future__ import annotations

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.chain.currency import Currency
from biodesci.core.errors import InputError


def holdings(chain: Chain, account: str, paid_in: Currency) -> dict[str, int]:
    """Smallest units: `balance`, `owed_for_licences`, and of ether `owed_for_inference`."""
    owed = int(chain.call(chain.licenses.functions.owed(account, paid_in.address)))
    if paid_in.is_ether:
        for_inference = int(chain.call(chain.inferences.functions.owed(account)))
        return {
            "balance": chain.balance(account),
            "owed_for_licences": owed,
            "owed_for_inference": for_inference,
        }
    balance = int(chain.call(currency.erc20(chain, paid_in.address).functions.balanceOf(account)))
    return {"balance": balance, "owed_for_licences": owed}


def collect(chain: Chain, paid_in: Currency, to: str | None = None) -> int:
    """Pays out what is owed to this account, to itself or (for licences) to `to`; smallest units paid."""
    if to == currency.ETHER:
        raise InputError("Nobody has the zero address: what goes there is lost.", "Name another address.")
    owed = holdings(chain, chain.address, paid_in)
    paid = 0
    licences, inferences = chain.licenses.functions, chain.inferences.functions
    if owed["owed_for_licences"]:
        where = (
            licences.collectTo(to, paid_in.address)
            if to
            else licences.collect(chain.address, paid_in.address)
        )
        paid += int(chain.event(chain.send(where), chain.licenses, "Collected")["amount"])
    if owed.get("owed_for_inference") and to is None:
        receipt = chain.send(inferences.collect(chain.address))
        paid += int(chain.event(receipt, chain.inferences, "Collected")["amount"])
    return paid
