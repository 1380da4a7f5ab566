"""How a price in a token is paid: by an allowance, a permit (ERC-2612) or an authorization (ERC-3009).

Each is for exactly the price, and an approval of ours that is not used, or not all of it, is taken back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from eth_account.messages import encode_typed_data

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.chain.currency import Currency
from biodesci.core import typed_data
from biodesci.core.documents.order import Method, Payment
from biodesci.core.errors import BioDeSciError, ChainError, FundsError, InputError, UnavailableError

PERMIT_SECONDS = 3_600
Note = Callable[[str], None]


@contextmanager
def own(chain: Chain, paid_in: Currency, price: int, note: Note) -> Iterator[Payment]:
    """For a transaction of the payer's own, sent in the block. A token without permits is approved for it."""
    if paid_in.is_ether or price == 0:
        yield Payment()
        return
    require_balance(chain, paid_in, price)
    if _allowed(chain, paid_in) >= price:
        yield Payment()
    elif permit := _permit(chain, paid_in, price, chain.now() + PERMIT_SECONDS):
        yield permit
    else:
        note(f"{paid_in.name} takes no permits: approving the price comes first, as a transaction.")
        with approved(chain, paid_in, price):
            yield Payment()


@contextmanager
def approved(chain: Chain, paid_in: Currency, amount: int) -> Iterator[None]:
    """Lets AccessLicense take `amount` of a token within the block; what is left then is taken back."""
    before = _allowed(chain, paid_in)
    approve(chain, paid_in, amount)
    try:
        yield
    except UnavailableError:
        raise  # what was sent may take effect yet, and needs the allowance
    except BioDeSciError:
        if before < amount:
            with suppress(BioDeSciError):  # what went wrong first is what has to be reported
                _end_approval(chain, paid_in)
        raise
    if before < amount:
        _end_approval(chain, paid_in)


def _end_approval(chain: Chain, paid_in: Currency) -> None:
    if _allowed(chain, paid_in):
        functions = currency.erc20(chain, paid_in.address).functions
        chain.send(functions.approve(chain.licenses.address, 0))


def approve(chain: Chain, paid_in: Currency, amount: int) -> None:
    """Lets AccessLicense take `amount` of a token, unless it may already."""
    require_balance(chain, paid_in, amount)
    allowed = _allowed(chain, paid_in)
    if allowed >= amount:
        return
    functions = currency.erc20(chain, paid_in.address).functions
    if allowed:
        # Some tokens change an allowance to or from zero alone.
        chain.send(functions.approve(chain.licenses.address, 0))
    chain.send(functions.approve(chain.licenses.address, amount))


def _allowed(chain: Chain, paid_in: Currency) -> int:
    functions = currency.erc20(chain, paid_in.address).functions
    return int(chain.call(functions.allowance(chain.address, chain.licenses.address)))


def signed(chain: Chain, paid_in: Currency, price: int, deadline: int) -> Payment:
    """For an order that somebody else submits: costs the payer no gas."""
    if paid_in.is_ether or price == 0:
        return Payment()
    require_balance(chain, paid_in, price)
    payment = _authorization(chain, paid_in, price, deadline) or _permit(chain, paid_in, price, deadline)
    if payment is not None:
        return payment
    if _allowed(chain, paid_in) >= price:
        return Payment()
    raise InputError(
        f"{paid_in.name} takes neither permits nor authorizations, so an order in it cannot be paid.",
        f"Buy with a transaction of your own, or approve the price for {chain.licenses.address} first.",
    )


def require_balance(chain: Chain, paid_in: Currency, price: int) -> None:
    """Raises FundsError where the account holds less of the currency."""
    if paid_in.is_ether:
        return  # noticed when the transaction is signed, with its gas
    balance = chain.call(currency.erc20(chain, paid_in.address).functions.balanceOf(chain.address))
    if balance < price:
        raise FundsError(
            f"{chain.address} holds {paid_in.show(balance)} and needs {paid_in.show(price)}.",
            f"Send {paid_in.name} to {chain.address}, then repeat the command.",
        )


def _permit(chain: Chain, paid_in: Currency, price: int, deadline: int) -> Payment | None:
    """None where the token takes none of this standard."""
    domain = currency.domain(chain, paid_in.address)
    if domain is None:
        return None
    functions = currency.erc20(chain, paid_in.address).functions
    spender = str(chain.licenses.address)
    try:
        nonce = chain.call(functions.nonces(chain.address))
    except ChainError:
        return None
    v, r, s = _sign(chain, typed_data.permit(domain, chain.address, spender, price, nonce, deadline))
    try:
        # Tried without a transaction: the contract goes on to the allowance when a permit is refused.
        chain.call(functions.permit(chain.address, spender, price, deadline, v, r, s))
    except ChainError:
        return None
    return Payment(method=Method.PERMIT, v=v, r=r, s=s, deadline=deadline)


def _authorization(chain: Chain, paid_in: Currency, price: int, deadline: int) -> Payment | None:
    domain = currency.domain(chain, paid_in.address)
    if domain is None or not currency.has_authorizations(chain, paid_in.address):
        return None
    nonce = secrets.token_bytes(32)
    given = typed_data.Authorization(chain.address, str(chain.licenses.address), price, 0, deadline, nonce)
    document = typed_data.receive_with_authorization(domain, given)
    v, r, s = _sign(chain, document)
    return Payment(method=Method.AUTHORIZATION, v=v, r=r, s=s, deadline=deadline, nonce=nonce)


def _sign(chain: Chain, document: typed_data.Document) -> tuple[int, bytes, bytes]:
    signature = chain.signer().sign_message(encode_typed_data(full_message=document))
    return signature.v, signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big")
