"""One transaction at a chain node: signed, sent, looked for, signed again with a higher fee, or cancelled.

Nothing here remembers anything; `outbox.py` does, and is the only caller.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError
from web3.types import TxParams, TxReceipt, Wei

from biodesci.chain.answers import refused
from biodesci.chain.contracts import reverted
from biodesci.chain.fees import GWEI, Fees, Market, decoded
from biodesci.chain.refusals import Refusal, classify
from biodesci.core.errors import REPEAT, ChainError, FundsError, RevertedError, UnavailableError

# What is simulated now runs in a later block, where time may have earned somebody the first unit: three words
# of state more are written then. Gas that is not used is not paid.
_SPARE_GAS: Final = 75_000
_TRANSFER_GAS: Final = 21_000
_MARKS: Final = 1 << 14
_TRIES: Final = 4
_READ: Final = 256  # transactions whose bytes were read lately: what waits in the outbox is read at each look


@dataclass(frozen=True)
class Place:
    """Where a new transaction of an account goes: its nonce, and what gas costs."""

    nonce: int
    market: Market
    highest_fee: int  # wei for a unit of gas


class Signed(NamedTuple):
    """Of a signed transaction: the checksummed address of the account, and its nonce."""

    sender: str
    nonce: int


@lru_cache(maxsize=_READ)
def signed(raw: bytes) -> Signed:
    """Who signed a transaction, and as the which of the account's."""
    return Signed(str(Account.recover_transaction(raw)), int(decoded(raw)["nonce"]))


def hash_of(raw: bytes) -> bytes:
    """By which the chain knows a signed transaction."""
    return bytes(Web3.keccak(raw))


def sign(web3: Web3, signer: LocalAccount, function: ContractFunction, value: int, place: Place) -> bytes:
    """The signed transaction at that place, not sent.

    It is simulated first, so that a revert costs nothing. `value` is in wei. Raises RevertedError,
    FundsError, ChainError where gas costs more than the place's highest fee.
    """
    balance = int(web3.eth.get_balance(signer.address))
    if balance < value:
        raise _no_funds(signer.address, balance, value)
    if place.market.asked > place.highest_fee:
        raise ChainError(*too_dear(place.market.asked, place.highest_fee))
    fees = place.market.usual.at_most(place.highest_fee)
    try:
        gas = function.estimate_gas({"from": signer.address, "value": Wei(value)})
        # By a nonce of a node that lags, the same call as an earlier one would be signed to its very bytes,
        # and the earlier one's receipt be taken for this one's: so each limit is another.
        gas += max(gas // 5, _SPARE_GAS) + secrets.randbelow(_MARKS)
        if place.market.base_fee == 0:  # a tip is a gift there, and the account may own nothing
            fees = fees.at_most((balance - value) // gas)
        fields: dict[str, Any] = {
            "from": signer.address,
            "value": Wei(value),
            "chainId": web3.eth.chain_id,
            "nonce": place.nonce,
            "gas": gas,
            **fees.fields,
        }
        needed = value + fields["gas"] * fees.most
        if balance < needed:
            raise _no_funds(signer.address, balance, needed)
        transaction = function.build_transaction(cast("TxParams", fields))
    except ContractLogicError as exc:
        raise reverted(exc) from exc
    except Web3RPCError as exc:
        if classify(refused(exc)) is Refusal.NO_FUNDS:
            raise _no_funds(signer.address, balance, value) from exc
        raise ChainError(f"The chain node refused to simulate the transaction: {refused(exc)}.") from exc
    return bytes(signer.sign_transaction(cast("dict[str, Any]", transaction)).raw_transaction)


def sign_empty(web3: Web3, signer: LocalAccount, place: Place) -> bytes:
    """A transaction of no value to the account itself: it does nothing but use its nonce."""
    fields: dict[str, Any] = {
        **_empty(web3, signer.address),
        "chainId": web3.eth.chain_id,
        "nonce": place.nonce,
        **place.market.usual.at_most(place.highest_fee).fields,
    }
    return bytes(signer.sign_transaction(fields).raw_transaction)


def replacement(
    web3: Web3, signer: LocalAccount, raw: bytes, place: Place, *, cancels: bool = False, twice: bool = False
) -> bytes | None:
    """The same nonce for a fee that nodes take instead, with the same call, or with none where it `cancels`.

    The fee is raised by an eighth at least, or `twice` as high, and to what is usual now. None where that is
    more than the place's highest fee, or than the account can pay.
    """
    fields = decoded(raw)
    if cancels:
        kept = {
            name: value
            for name, value in fields.items()
            if name in {"type", "chainId", "nonce", "accessList"}
        }
        fields = kept | _empty(web3, signer.address)
        if "accessList" in fields:
            fields["accessList"] = ()
    least = Fees.of(raw).raised(twice=twice)
    highest = place.highest_fee
    if least.most > highest:
        return None
    gas, value = int(fields["gas"]), int(fields["value"])
    # On a chain where gas costs nothing, the account may own nothing.
    can_pay = (int(web3.eth.get_balance(signer.address)) - value) // gas
    if least.most > can_pay:
        return None
    usual = place.market.usual
    fees = Fees(
        min(max(least.most, usual.most), highest, can_pay),
        min(max(least.tip, usual.tip), highest, can_pay),
        least.is_legacy,
    )
    return bytes(signer.sign_transaction(fields | fees.fields).raw_transaction)


def _empty(web3: Web3, address: str) -> dict[str, Any]:
    """The call of a transaction to oneself. Chains that charge for its bytes (Arbitrum) want more gas."""
    where = Web3.to_checksum_address(address)
    try:
        gas = web3.eth.estimate_gas({"from": where, "to": where, "value": Wei(0)})
    except (ContractLogicError, Web3RPCError):  # an account that delegates to code (EIP-7702) may refuse
        gas = 0
    return {"to": where, "value": 0, "data": b"", "gas": max(gas + gas // 5, _TRANSFER_GAS)}


def is_pointless(web3: Web3, raw: bytes) -> bool:
    """Whether the call of a signed transaction, as things stand, would revert, or could not be paid.

    To be asked of the account's next transaction alone: what one before it does, is not known here.
    """
    fields = decoded(raw)
    call: TxParams = {
        "from": Web3.to_checksum_address(signed(raw).sender),
        "to": Web3.to_checksum_address(HexBytes(fields["to"]).to_0x_hex()),
        "value": Wei(int(fields["value"])),
        "data": HexStr(HexBytes(fields["data"]).to_0x_hex()),
    }
    try:
        web3.eth.call(call, "latest")
    except ContractLogicError:
        return True
    except Web3RPCError as exc:
        return classify(refused(exc)) is Refusal.NO_FUNDS
    return False


def send(web3: Web3, raw: bytes, stop: threading.Event | None = None) -> Refusal | None:
    """Hands it to the node. None: the node has it now; otherwise what a later try may mend.

    Raises FundsError, ChainError for another refusal, UnavailableError where it is unclear whether it
    arrived.
    """
    for attempt in range(_TRIES):
        try:
            web3.eth.send_raw_transaction(HexBytes(raw))
            return None
        except Web3RPCError as exc:
            why = classify(refused(exc))
            if why is Refusal.KNOWN or is_known(web3, hash_of(raw)):
                return None
            if why is Refusal.NO_FUNDS:
                address = signed(raw).sender
                raise FundsError(
                    f"{address} cannot pay for the transaction.", f"Send ether to {address}."
                ) from exc
            if why is Refusal.FOR_GOOD:
                raise ChainError(f"The chain node refused the transaction: {refused(exc)}.") from exc
            return why
        except UnavailableError:
            # Unclear whether it arrived; the same bytes can't act twice.
            if attempt == _TRIES - 1 or pause(0.25 * 2**attempt, stop):
                raise
    raise AssertionError("unreachable")


def pause(seconds: float, stop: threading.Event | None) -> bool:
    """Waits; whether `stop` was set meanwhile, or before."""
    return (stop or threading.Event()).wait(seconds)


def receipt_of(web3: Web3, hashes: Sequence[bytes]) -> TxReceipt | None:
    """The receipt of whichever of these transactions is in the chain."""
    for tx_hash in reversed(hashes):  # nodes keep the one that pays most
        try:
            return web3.eth.get_transaction_receipt(HexBytes(tx_hash))
        except TransactionNotFound:
            continue
    return None


def failure(web3: Web3, receipt: TxReceipt) -> RevertedError:
    """Why a transaction that is in a block had no effect, by repeating it as a call upon that block."""
    try:
        sent = web3.eth.get_transaction(receipt["transactionHash"])
    except TransactionNotFound:  # of a node that lags behind the one that gave the receipt
        return _failed(receipt)
    again: TxParams = {
        "from": sent["from"],
        "to": sent["to"],
        "value": sent["value"],
        "data": HexStr(HexBytes(sent["input"]).to_0x_hex()),
        "gas": sent["gas"],
    }
    try:
        web3.eth.call(again, receipt["blockNumber"])
        why: tuple[str, ...] = ()
    except ContractLogicError as exc:
        return reverted(exc)
    except Web3RPCError as exc:
        why = (refused(exc),)
    return _failed(receipt, *why)


def _failed(receipt: TxReceipt, *why: str) -> RevertedError:
    return RevertedError(
        "failed",
        (receipt["transactionHash"].to_0x_hex(), *why),
        "The state changed meanwhile: look at it, then try again.",
    )


def too_dear(asked: int, highest: int) -> tuple[str, str]:
    """Message and hint for gas that costs more than is to be paid; both in wei."""
    return (
        f"Gas costs {asked / GWEI:g} gwei now, and at most {highest / GWEI:g} are paid for it.",
        "Wait until it is cheaper, or set BIODESCI_HIGHEST_FEE_GWEI.",
    )


def is_known(web3: Web3, tx_hash: bytes) -> bool:
    """Whether the node has this transaction, in a block or not."""
    try:
        web3.eth.get_transaction(HexBytes(tx_hash))
    except TransactionNotFound:
        return False
    return True


def _no_funds(address: str, balance: int, needed: int) -> FundsError:
    return FundsError(
        f"{address} holds {Web3.from_wei(balance, 'ether')} ETH "
        f"and needs {Web3.from_wei(needed, 'ether')} ETH.",
        f"Send ether to {address}. {REPEAT}",
    )
