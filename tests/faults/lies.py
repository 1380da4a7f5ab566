"""Answers that are short, late or wrong, and that no refusal gives away."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any, Final

from eth_utils.crypto import keccak

from tests.faults.faults import Call, Fault, Proxy, Response, refusal

_OF_STATE: Final = {"eth_getTransactionCount", "eth_getBalance", "eth_getCode", "eth_call"}
_ADDRESS: Final = 42  # characters


class Lag(Fault):
    """Logs of its newest `blocks` are silently missing, while it tells of the head that there is.

    `whole`: a balancer with two nodes behind it: every other HTTP request is answered by one that is so many
    blocks behind in everything.
    """

    def __init__(self, blocks: int = 3, *, whole: bool = False) -> None:
        super().__init__()
        self.blocks, self.whole = blocks, whole
        self._turn, self._lock = 0, threading.Lock()
        self._of_thread = threading.local()

    def request(self, proxy: Proxy, calls: Sequence[Call], is_batch: bool) -> Response | None:
        with self._lock:
            self._turn += 1
            self._of_thread.is_behind = not self.whole or self._turn % 2 == 0
        return None

    def rewritten(self, proxy: Proxy, call: Call) -> Call:
        if not (self.whole and self._of_thread.is_behind and call["method"] != "eth_getLogs"):
            return call
        behind = hex(max(0, proxy.head() - self.blocks))
        params = [behind if p in ("latest", "pending") else p for p in call.get("params", [])]
        return {**call, "params": params}

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        """State of a block that it has not yet, it refuses as geth does."""
        if not (self.whole and self._of_thread.is_behind and call["method"] in _OF_STATE):
            return None
        block = call["params"][-1]
        is_later = isinstance(block, str) and block.startswith("0x") and len(block) < _ADDRESS
        if is_later and int(block, 16) > proxy.head() - self.blocks:
            return refusal(-32000, "header not found")
        return None

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if result is None or not self._of_thread.is_behind:
            return result
        last = max(0, proxy.head() - self.blocks)
        if call["method"] == "eth_getLogs":
            return [log for log in result if int(log["blockNumber"], 16) <= last]
        if not self.whole:
            return result
        if call["method"] == "eth_blockNumber":
            return hex(last)
        return result if _newest(call["method"], result) <= last else None


def _newest(method: str, result: Any) -> int:
    """The last block that a result speaks of."""
    if method in ("eth_getBlockByNumber", "eth_getBlockByHash"):
        return int(result["number"] or "0x0", 16)
    if method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
        return int(result["blockNumber"] or "0x0", 16)
    if method == "eth_getBlockReceipts":
        return max((int(receipt["blockNumber"], 16) for receipt in result), default=0)
    return 0


class Cut(Fault):
    """The last `share` of each answer's logs is missing, one at least."""

    def __init__(self, share: float = 0.3) -> None:
        super().__init__()
        self.share = share

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if call["method"] != "eth_getLogs" or not result:
            return result
        return result[: -math.ceil(self.share * len(result))]


class Drop(Fault):
    """One log of each answer is missing: the one in the middle, or that of the given `tx`."""

    def __init__(self, tx: str | None = None) -> None:
        super().__init__()
        self.tx = tx

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if call["method"] != "eth_getLogs" or not result:
            return result
        if self.tx is not None:
            return [log for log in result if log["transactionHash"] != self.tx]
        middle = len(result) // 2
        return result[:middle] + result[middle + 1 :]


class WrongHash(Fault):
    """Block hashes are not those of the chain: of `logs`, or of `headers` (blocks asked by number)."""

    def __init__(self, where: str = "logs") -> None:
        super().__init__()
        self.where = where

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if self.where == "logs" and call["method"] == "eth_getLogs":
            return [{**log, "blockHash": _other(log["blockHash"])} for log in result]
        is_header = call["method"] == "eth_getBlockByNumber" and result and int(result["number"], 16)
        if self.where == "headers" and is_header:
            return {**result, "hash": _other(result["hash"])}
        return result


def _other(block_hash: str) -> str:
    return "0x" + keccak(hexstr=block_hash).hex()


class HeadBack(Fault):
    """The head jumps back by `blocks` with every other question for it."""

    def __init__(self, blocks: int = 5) -> None:
        super().__init__()
        self.blocks, self._turn, self._lock = blocks, 0, threading.Lock()

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        is_latest = call["method"] == "eth_getBlockByNumber" and call["params"][0] == "latest"
        if call["method"] != "eth_blockNumber" and not is_latest:
            return result
        with self._lock:
            self._turn += 1
            if self._turn % 2:
                return result
        behind = hex(max(0, proxy.head() - self.blocks))
        return proxy.ask("eth_getBlockByNumber", behind, *call["params"][1:]) if is_latest else behind
