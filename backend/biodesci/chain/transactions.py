"""One transaction: signed once, sent, waited for.

After an unclear failure (timeout, connection lost) it is only ever sent again as the same bytes: same nonce,
same hash, so that it cannot take effect twice.
"""

from __future__ import annotations

import time
from typing import Any, Final, cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3RPCError
from web3.types import TxParams, TxReceipt, Wei

from biodesci.chain.contracts import reverted
from biodesci.chain.provider import refusal
from biodesci.core.errors import ChainError, FundsError, RevertedError, StateError, UnavailableError

_LONGEST_PAUSE_S: Final = 1.0


def sign(web3: Web3, chain_id: int, signer: LocalAccount, function: ContractFunction, value: int) -> bytes:
    """The signed transaction, not sent yet. Simulated first, so that a revert costs nothing."""
    balance = int(web3.eth.get_balance(signer.address))
    if balance < value:
        raise _no_funds(signer.address, balance, value)
    try:
        gas = function.estimate_gas({"from": signer.address, "value": Wei(value)})
        base_fee = int(web3.eth.get_block("latest").get("baseFeePerGas", 0))
        tip = int(web3.eth.max_priority_fee)
        fields: TxParams = {
            "from": signer.address,
            "value": Wei(value),
            "chainId": chain_id,
            "nonce": web3.eth.get_transaction_count(signer.address, "pending"),
            "gas": gas + gas // 5,
            "maxFeePerGas": Wei(2 * base_fee + tip),
            "maxPriorityFeePerGas": Wei(tip),
        }
        needed = value + fields["gas"] * (2 * base_fee + tip)
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


def broadcast(web3: Web3, signed: bytes) -> HexBytes:
    """Sends it, unless the node has it already. StateError: another transaction took its nonce."""
    tx_hash = HexBytes(Web3.keccak(signed))
    for attempt in range(4):
        try:
            web3.eth.send_raw_transaction(signed)
            return tx_hash
        except Web3RPCError as exc:
            if _known(web3, tx_hash):
                return tx_hash
            text = _text(exc).lower()
            if "nonce too low" in text:
                raise StateError(
                    f"Transaction {tx_hash.to_0x_hex()} was replaced: its nonce is used.",
                    "Look at the chain, then try again.",
                ) from exc
            if "insufficient funds" in text:
                address = Account.recover_transaction(signed)
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


def confirmed(web3: Web3, tx_hash: HexBytes, confirmations: int, timeout: float) -> TxReceipt:
    """The receipt, so many blocks deep. RevertedError: it is in a block, and had no effect.

    `timeout` (seconds) is for its block, and for each one upon that.
    """
    give_up, pause = time.monotonic() + timeout, 0.02
    depth = -1
    while True:
        try:
            receipt = web3.eth.get_transaction_receipt(tx_hash)
            now = int(web3.eth.block_number) - receipt["blockNumber"]
            if now >= confirmations:
                break
            if now > depth:
                depth, give_up = now, time.monotonic() + timeout
        except TransactionNotFound:
            depth = -1
        except UnavailableError:
            if time.monotonic() > give_up:
                raise
        if time.monotonic() > give_up:
            where = "not in a block" if depth < 0 else f"{depth} blocks deep, not {confirmations}"
            raise UnavailableError(
                f"Transaction {tx_hash.to_0x_hex()} was sent, but is {where} yet.",
                "Look for it before sending anything again; it may still take effect.",
            )
        time.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_PAUSE_S)
    if receipt["status"] != 1:
        raise _why_failed(web3, tx_hash, receipt)
    return receipt


def _known(web3: Web3, tx_hash: HexBytes) -> bool:
    try:
        web3.eth.get_transaction(tx_hash)
    except TransactionNotFound:
        return False
    return True


def _why_failed(web3: Web3, tx_hash: HexBytes, receipt: TxReceipt) -> RevertedError:
    sent = web3.eth.get_transaction(tx_hash)
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
        "failed", (tx_hash.to_0x_hex(), *why), "The state changed meanwhile: look at it, then try again."
    )


def _text(exc: Web3RPCError) -> str:
    return refusal((exc.rpc_response or {}).get("error") or exc)


def _no_funds(address: str, balance: int, needed: int) -> FundsError:
    return FundsError(
        f"{address} holds {Web3.from_wei(balance, 'ether')} ETH "
        f"and needs {Web3.from_wei(needed, 'ether')} ETH.",
        f"Send ether to {address}, then repeat the command.",
    )
