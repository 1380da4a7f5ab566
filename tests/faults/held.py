"""A transaction that the provider takes and tells nobody of."""

from __future__ import annotations

import threading
from typing import Any

import rlp
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from tests.faults.faults import Call, Fault, Proxy, refusal


class HeldTransaction(Fault):
    """Says that it has a transaction, and tells no block producer of it: the next `most` that come, or all.

    As in a mempool, one that replaces a held one must pay 10% more. `release` sends the held ones on, as the
    end of the fault does; with `lost` they are forgotten then.
    """

    def __init__(self, most: int | None = None, *, lost: bool = False) -> None:
        super().__init__()
        self.most, self.lost = most, lost
        self.held: list[str] = []
        self._lock = threading.Lock()

    def end(self, proxy: Proxy) -> None:
        if not self.lost:
            self.release(proxy)

    def release(self, proxy: Proxy) -> None:
        """Sends on what was held; what its nonce is used for meanwhile, the node refuses."""
        with self._lock:
            held, self.held = self.held, []
        for raw in held:
            try:
                proxy.ask("eth_sendRawTransaction", raw)
            except RuntimeError:
                continue

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        with self._lock:
            if call["method"] == "eth_getTransactionByHash":
                asked = [raw for raw in self.held if hash_of(raw) == call["params"][0]]
                return {"result": _pending(asked[0])} if asked else None
            return self._taken(call["params"][0]) if call["method"] == "eth_sendRawTransaction" else None

    def _taken(self, raw: str) -> dict[str, Any] | None:
        if raw in self.held:
            return refusal(-32000, "already known")
        for other in self.held:
            if _turn(other) == _turn(raw):
                if 100 * _fee(raw) < 110 * _fee(other):
                    return refusal(-32000, "replacement transaction underpriced")
                self.held.remove(other)
                break
        if self.most is not None and self.most <= 0:
            return None
        if self.most is not None:
            self.most -= 1
        self.held.append(raw)
        return {"result": hash_of(raw)}

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if call["method"] != "eth_getTransactionCount" or call["params"][1] != "pending":
            return result
        with self._lock:
            turns = {_turn(raw) for raw in self.held}
        nonce = int(result, 16)
        while (call["params"][0].lower(), nonce) in turns:
            nonce += 1
        return hex(nonce)


def _turn(raw: str) -> tuple[str, int]:
    """Sender and nonce: a chain takes one transaction for them."""
    return Account.recover_transaction(raw).lower(), int(_fields(raw)["nonce"])


def _fee(raw: str) -> int:
    fields = _fields(raw)
    return int(fields.get("maxFeePerGas", fields.get("gasPrice", 0)))


def _fields(raw: str) -> dict[str, Any]:
    if HexBytes(raw)[0] > 0x7F:  # a list of RLP: from before there were types (EIP-2718)
        nonce, price = rlp.decode(HexBytes(raw))[:2]
        return {
            "type": 0,
            "nonce": int.from_bytes(nonce, "big"),
            "gasPrice": int.from_bytes(price, "big"),
        }
    return dict(TypedTransaction.from_bytes(HexBytes(raw)).as_dict())


def hash_of(raw: str) -> str:
    """A signed transaction's."""
    return "0x" + keccak(hexstr=raw).hex()


def _pending(raw: str) -> dict[str, Any]:
    fields = _fields(raw)
    return {
        "hash": hash_of(raw), "blockHash": None, "blockNumber": None, "transactionIndex": None,
        "nonce": hex(fields["nonce"]), "type": hex(int(fields["type"])),
    }  # fmt: skip
