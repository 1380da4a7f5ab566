"""What is wrong with a provider, one class each; `proxy.py` puts them between a client and an honest node.

Here is what it refuses; `lies.py` has what it says wrongly, `held.py` the transaction that it keeps.

Words, codes and HTTP statuses of the refusals are those of providers that people use, written down from
their answers and documentation."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

Call = dict[str, Any]
RESET, HANG = -1, -2
_LONGEST_HANG_S: Final = 120.0


class Proxy(Protocol):
    """What faults ask of the proxy."""

    def ask(self, method: str, *params: Any) -> Any: ...
    def head(self) -> int: ...


@dataclass(frozen=True)
class Response:
    """Of HTTP; or a connection that ends, where `status` is RESET or HANG."""

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(body: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(body).encode())


def refusal(code: int, message: str, data: Any = None, *, http: int = 200) -> dict[str, Any]:
    """An answer's error. `http` is the status where the call came alone."""
    error = {"code": code, "message": message}
    return {"error": error if data is None else {**error, "data": data}, "http": http}


class Fault:
    """Honest in everything that a subclass does not say otherwise."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def __repr__(self) -> str:
        return type(self).__name__

    def begin(self, proxy: Proxy) -> None:
        """The fault is on."""

    def end(self, proxy: Proxy) -> None:
        """The fault is off."""

    def request(self, proxy: Proxy, calls: Sequence[Call], is_batch: bool) -> Response | None:
        """What the whole HTTP request is answered with; None: call by call."""
        return None

    def rewritten(self, proxy: Proxy, call: Call) -> Call:
        """The call as the provider understands it."""
        return call

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        """What a call is answered with, without asking the node: {"result": …} or `refusal(…)`."""
        return None

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        """What becomes of the node's result."""
        return result

    def batch(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What becomes of the answers to a batch."""
        for answer in answers:
            answer.pop("http", None)
        return answers


def _number(proxy: Proxy, tag: Any, otherwise: str = "latest") -> int:
    tag = otherwise if tag is None else tag
    if tag == "earliest":
        return 0
    if tag in ("latest", "pending"):
        return proxy.head()
    if tag in ("safe", "finalized"):
        return int(proxy.ask("eth_getBlockByNumber", tag, False)["number"], 16)
    return int(tag, 16)


def _range(proxy: Proxy, call: Call) -> tuple[int, int] | None:
    """First and last block of eth_getLogs by numbers."""
    if call["method"] != "eth_getLogs" or "blockHash" in call["params"][0]:
        return None
    asked = call["params"][0]
    return _number(proxy, asked.get("fromBlock")), _number(proxy, asked.get("toBlock"))


# Refusals of wide questions

RANGE_WORDINGS: Final = {
    "alchemy": (
        400, -32600, "You can make eth_getLogs requests with up to a {limit} block range. Based on your "
        "parameters, this block range should work: [{first}, {last}]",
    ),
    "quicknode": (413, -32614, "eth_getLogs is limited to a {limit} range"),
    "infura": (200, -32602, "block range exceeds maximum of {limit}"),
    "ankr": (200, -32600, "block range is too wide"),
    "erigon": (200, -32000, "exceed maximum block range: {limit}"),
    "cloudflare": (200, -32047, "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. "
                   "Max range: {limit}"),
    "besu": (200, -32000, "Requested range exceeds maximum RPC range limit"),
    "chainstack": (200, -32002, "Block range limit exceeded. See the documentation."),
    "publicnode": (200, -32701, "exceed maximum block range"),
    "blast": (400, -32602, "query block range exceeds server limit"),
    "geth": (200, -32602, "exceed max range of blocks per request"),
    "nothing": (200, -32603, "Internal error"),
}  # fmt: skip


class RangeLimit(Fault):
    """eth_getLogs over more than `blocks` is refused, in one provider's words (RANGE_WORDINGS)."""

    def __init__(self, blocks: int, wording: str = "alchemy") -> None:
        super().__init__()
        self.blocks, self.wording = blocks, wording

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        asked = _range(proxy, call)
        if asked is None or asked[1] - asked[0] < self.blocks:
            return None
        http, code, words = RANGE_WORDINGS[self.wording]
        last = asked[0] + self.blocks - 1
        message = words.format(limit=self.blocks, first=hex(asked[0]), last=hex(last))
        return refusal(code, message, http=http)


RESULT_WORDINGS: Final = {
    "infura": (200, -32005, "query returned more than {limit} results"),
    "alchemy": (400, -32602, "Log response size exceeded. this block range should work: [{first}, {last}]"),
    "erigon": (200, -32000, "query returned too many results: limit is {limit}"),
    "quicknode": (413, -32007, "response too large"),
    "geth": (200, -32002, "query timeout exceeded"),
}


class ResultLimit(Fault):
    """eth_getLogs with more than `results` logs is refused, in one provider's words (RESULT_WORDINGS)."""

    def __init__(self, results: int = 10_000, wording: str = "infura") -> None:
        super().__init__()
        self.results, self.wording = results, wording

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        if call["method"] != "eth_getLogs":
            return None
        logs = proxy.ask("eth_getLogs", *call["params"])
        if len(logs) <= self.results:
            return {"result": logs}
        asked = _range(proxy, call)
        first = asked[0] if asked else 0
        last = max(first, int(logs[self.results - 1]["blockNumber"], 16) - 1)
        http, code, words = RESULT_WORDINGS[self.wording]
        message = words.format(limit=self.results, first=hex(first), last=hex(last))
        data = {"from": hex(first), "to": hex(last), "limit": self.results} if code == -32005 else None
        return refusal(code, message, data, http=http)


# Refusals of everything, sometimes or always

BUSY_WORDINGS: Final = ("http", "compute units", "request rate")


class TooManyRequests(Fault):
    """A `share` of calls is refused, at random by `seed`, in one of BUSY_WORDINGS.

    "http" is a bare 429 with Retry-After for a whole request; the others are answers of JSON-RPC.
    """

    def __init__(self, wording: str = "http", share: float = 0.02, seed: int = 1) -> None:
        super().__init__()
        assert wording in BUSY_WORDINGS
        self.wording, self.share = wording, share
        self._random, self._lock = random.Random(seed), threading.Lock()

    def _is_hit(self) -> bool:
        with self._lock:
            return self._random.random() < self.share

    def request(self, proxy: Proxy, calls: Sequence[Call], is_batch: bool) -> Response | None:
        if self.wording != "http" or not self._is_hit():
            return None
        return Response(429, b"Too Many Requests", "text/plain", {"Retry-After": "1"})

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        if self.wording == "http" or not self._is_hit():
            return None
        if self.wording == "compute units":
            return refusal(429, "Your app has exceeded its compute units per second capacity.", http=429)
        return refusal(
            -32005, "project ID request rate exceeded",
            {"rate": {"allowed_rps": 1, "backoff_seconds": 1, "current_rps": 1.4}},
        )  # fmt: skip


class Html(Fault):
    """A page with status 200, as a captive portal, a login or a balancer under repair answers."""

    def request(self, proxy: Proxy, calls: Sequence[Call], is_batch: bool) -> Response | None:
        return Response(200, b"<!doctype html><title>Just a moment\xe2\x80\xa6</title>", "text/html")


class Dead(Fault):
    """Connections are "refused", or end by "reset" when a request has come, or hang unanswered ("hang")."""

    def __init__(self, how: str = "refused") -> None:
        super().__init__()
        assert how in ("refused", "reset", "hang")
        self.how = how

    def request(self, proxy: Proxy, calls: Sequence[Call], is_batch: bool) -> Response | None:
        if self.how == "hang":
            self.ended.wait(_LONGEST_HANG_S)
            return Response(HANG)
        return Response(RESET)


class Slow(Fault):
    """Each HTTP request takes `seconds` more."""

    def __init__(self, seconds: float = 0.03) -> None:
        super().__init__()
        self.seconds = seconds

    def request(self, proxy: Proxy, calls: Sequence[Call], is_batch: bool) -> Response | None:
        self.ended.wait(self.seconds)
        return None


class BatchRefused(Fault):
    """Batches of more than `most` calls are refused; 0: every batch."""

    def __init__(self, most: int = 0) -> None:
        super().__init__()
        self.most = most

    def request(self, proxy: Proxy, calls: Sequence[Call], is_batch: bool) -> Response | None:
        if not is_batch or (self.most and len(calls) <= self.most):
            return None
        words = f"batch limit {self.most} exceeded" if self.most else "batch requests are not supported"
        error = {"code": -32600, "message": words}
        return json_response({"jsonrpc": "2.0", "id": None, "error": error}, 400)


class BatchShuffled(Fault):
    """Answers to a batch come in another order, as JSON-RPC 2.0 permits."""

    def batch(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return super().batch(answers)[::-1]


class ReceiptsRefused(Fault):
    """There is no eth_getBlockReceipts."""

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        if call["method"] != "eth_getBlockReceipts":
            return None
        return refusal(-32601, "the method eth_getBlockReceipts does not exist/is not available")


class BeforeEip1559(Fault):
    """Blocks say no base fee, as on some consortiums' chains; a transaction with two prices is refused."""

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        if call["method"] in ("eth_maxPriorityFeePerGas", "eth_feeHistory"):
            return refusal(-32601, f"the method {call['method']} does not exist/is not available")
        if call["method"] == "eth_sendRawTransaction" and int(call["params"][0][:4], 16) < 0xC0:
            return refusal(-32000, "transaction type not supported")
        return None

    def result(self, proxy: Proxy, call: Call, result: Any) -> Any:
        if not call["method"].startswith("eth_getBlockBy") or result is None:
            return result
        return {name: value for name, value in result.items() if name != "baseFeePerGas"}


_STATE: Final = {
    "eth_call": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
    "eth_getProof": 2,
}


class Pruned(Fault):
    """State of blocks more than `blocks` below the head is gone, as with every node that is no archive."""

    def __init__(self, blocks: int = 128) -> None:
        super().__init__()
        self.blocks = blocks

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        place = _STATE.get(call["method"])
        if place is None or len(call["params"]) <= place or not isinstance(call["params"][place], str):
            return None
        if _number(proxy, call["params"][place]) >= proxy.head() - self.blocks:
            return None
        return refusal(-32000, "missing trie node 5c1a… (path ) state 0x5c1a… is not available, not found")
