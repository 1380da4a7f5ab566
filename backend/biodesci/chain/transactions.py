"""One transaction at a chain node: signed, sent, looked for, signed again with a higher fee.

Nothing here remembers anything; `outbox.py` does, and is the only caller.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import BlockNotFound, ContractLogicError, TransactionNotFound, Web3RPCError
from web3.types import TxData, TxParams, TxReceipt, Wei

from biodesci.chain.contracts import reverted
from biodesci.chain.provider import refusal
from biodesci.core.errors import ChainError, FundsError, RevertedError, UnavailableError

GWEI: Final = 10**9
# What is simulated now runs in a later block, where time may have earned somebody the first unit: three words
# of state more are written then. Gas that is not used is not paid.
_SPARE_GAS: Final = 75_000
_KNOWN: Final = ("already known", "alreadyknown", "already imported")
# Of these, time or a higher fee is the cure; `user_of_nonce` says when neither is.
_NOT_NOW: Final = ("nonce too low", "oldnonce", "underpriced", "less than block base fee", "feetoolow")


@dataclass(frozen=True)
class Fees:
    """Wei for a unit of gas (EIP-1559): at `most`, of which `tip` goes to whoever makes the block."""

    most: int
    tip: int

    @classmethod
    def of(cls, raw: bytes) -> Fees:
        """Those of a signed transaction."""
        fields = _fields(raw)
        return cls(int(fields["maxFeePerGas"]), int(fields["maxPriorityFeePerGas"]))

    @classmethod
    def usual(cls, web3: Web3, base_fee: int) -> Fees:
        """What lets a transaction into one of the next blocks."""
        tip = int(web3.eth.max_priority_fee)
        return cls(2 * base_fee + tip, tip)

    def raised(self) -> Fees:
        """By an eighth: nodes replace a pending transaction for a tenth more, in both."""
        return Fees(self.most + self.most // 8 + 1, self.tip + self.tip // 8 + 1)

    def at_most(self, highest: int) -> Fees:
        """Neither above `highest`."""
        return Fees(min(self.most, highest), min(self.tip, highest))


def nonce_of(raw: bytes) -> int:
    """The nonce of a signed transaction."""
    return int(_fields(raw)["nonce"])


def sender_of(raw: bytes) -> str:
    """The checksummed address of the account that signed a transaction."""
    return str(Account.recover_transaction(raw))


def base_fee(web3: Web3) -> int:
    """Wei that the latest block asks for a unit of gas."""
    return int(web3.eth.get_block("latest").get("baseFeePerGas", 0))


def sign(web3: Web3, signer: LocalAccount, function: ContractFunction, value: int, highest_fee: int) -> bytes:
    """The signed transaction with the account's next nonce, not sent.

    It is simulated first, so that a revert costs nothing. `value` is in wei, `highest_fee` in wei a gas.
    Raises RevertedError, FundsError, ChainError where gas costs more than `highest_fee`.
    """
    balance = int(web3.eth.get_balance(signer.address))
    if balance < value:
        raise _no_funds(signer.address, balance, value)
    asked = base_fee(web3)
    if asked > highest_fee:
        raise ChainError(*too_dear(asked, highest_fee))
    fees = Fees.usual(web3, asked).at_most(highest_fee)
    try:
        gas = function.estimate_gas({"from": signer.address, "value": Wei(value)})
        fields: TxParams = {
            "from": signer.address,
            "value": Wei(value),
            "chainId": web3.eth.chain_id,
            "nonce": web3.eth.get_transaction_count(signer.address, "pending"),
            "gas": gas + max(gas // 5, _SPARE_GAS),
            "maxFeePerGas": Wei(fees.most),
            "maxPriorityFeePerGas": Wei(fees.tip),
        }
        needed = value + fields["gas"] * fees.most
        if balance < needed:
            raise _no_funds(signer.address, balance, needed)
        transaction = function.build_transaction(fields)
    except ContractLogicError as exc:
        raise reverted(exc) from exc
    except Web3RPCError as exc:
        if "insufficient funds" in str(exc).lower():
            raise _no_funds(signer.address, balance, value) from exc
        raise ChainError(f"The chain node refused to simulate the transaction: {_text(exc)}.") from exc
    return bytes(signer.sign_transaction(cast("dict[str, Any]", transaction)).raw_transaction)


def replacement(web3: Web3, signer: LocalAccount, raw: bytes, highest_fee: int) -> bytes | None:
    """The same nonce and call for a fee that nodes take instead; None if that exceeds `highest_fee`."""
    least, usual = Fees.of(raw).raised(), Fees.usual(web3, base_fee(web3))
    if least.most > highest_fee:
        return None
    fees = Fees(max(least.most, usual.most), max(least.tip, usual.tip)).at_most(highest_fee)
    fields = {name: value for name, value in _fields(raw).items() if name not in {"v", "r", "s"}}
    fields |= {"maxFeePerGas": fees.most, "maxPriorityFeePerGas": fees.tip}
    return bytes(signer.sign_transaction(fields).raw_transaction)


def send(web3: Web3, raw: bytes) -> bool:
    """Hands it to the node; whether the node has it now.

    False where another transaction with its nonce came first, or its fee is too low as things stand. Raises
    FundsError, ChainError for another refusal, UnavailableError where it is unclear whether it arrived.
    """
    for attempt in range(4):
        try:
            web3.eth.send_raw_transaction(HexBytes(raw))
            return True
        except Web3RPCError as exc:
            text = _text(exc).lower()
            if any(words in text for words in _KNOWN) or _is_known(web3, HexBytes(Web3.keccak(raw))):
                return True
            if any(words in text for words in _NOT_NOW):
                return False
            if "insufficient funds" in text:
                address = sender_of(raw)
                raise FundsError(
                    f"{address} cannot pay for the transaction.", f"Send ether to {address}."
                ) from exc
            raise ChainError(f"The chain node refused the transaction: {_text(exc)}.") from exc
        except UnavailableError:
            # Unclear whether it arrived; the same bytes can't act twice.
            if attempt == 3:
                raise
            time.sleep(0.25 * 2**attempt)
    raise AssertionError("unreachable")


def receipt_of(web3: Web3, hashes: Sequence[bytes]) -> TxReceipt | None:
    """The receipt of whichever of these transactions is in the chain."""
    for tx_hash in reversed(hashes):  # nodes keep the one that pays most
        try:
            return web3.eth.get_transaction_receipt(HexBytes(tx_hash))
        except TransactionNotFound:
            continue
    return None


def user_of_nonce(web3: Web3, address: str, nonce: int, depth: int) -> bytes | None:
    """The hash of the transaction that used the account's nonce; None until a block so deep shows it.

    A count of nonces is no evidence by itself. Behind one address may be several nodes, of which one lags;
    a node may count what is in the block that it is making; and what it says of its latest block may be
    of the next one. So the transaction itself has to be shown, in the block at which the count goes up.
    Raises UnavailableError where the node has not the state of blocks so old.
    """
    account = Web3.to_checksum_address(address)
    head = int(web3.eth.block_number) - depth
    if head < 0 or web3.eth.get_transaction_count(account, head) <= nonce:
        return None
    unused, used, step = head - 1, head, 2
    while unused >= 0 and web3.eth.get_transaction_count(account, unused) > nonce:
        unused, used, step = used - step, unused, 2 * step
    unused = max(unused, -1)
    while used - unused > 1:
        middle = (unused + used) // 2
        if web3.eth.get_transaction_count(account, middle) > nonce:
            used = middle
        else:
            unused = middle
    try:
        transactions = web3.eth.get_block(used, full_transactions=True)["transactions"]
    except BlockNotFound:
        return None
    for sent in cast("Sequence[TxData]", transactions):
        if sent["from"] == account and sent["nonce"] == nonce:
            return bytes(sent["hash"])
    return None


def failure(web3: Web3, receipt: TxReceipt) -> RevertedError:
    """Why a transaction that is in a block had no effect, by repeating it as a call upon that block."""
    sent = web3.eth.get_transaction(receipt["transactionHash"])
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
        why = (_text(exc),)
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


def _fields(raw: bytes) -> dict[str, Any]:
    return dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())


def _is_known(web3: Web3, tx_hash: HexBytes) -> bool:
    try:
        web3.eth.get_transaction(tx_hash)
    except TransactionNotFound:
        return False
    return True


def _text(exc: Web3RPCError) -> str:
    return refusal((exc.rpc_response or {}).get("error") or exc)


def _no_funds(address: str, balance: int, needed: int) -> FundsError:
    return FundsError(
        f"{address} holds {Web3.from_wei(balance, 'ether')} ETH "
        f"and needs {Web3.from_wei(needed, 'ether')} ETH.",
        f"Send ether to {address}, then repeat the command.",
    )
