"""The way to the chain's nodes, over JSON-RPC: one that is well is asked, again and elsewhere where need be.

Only questions are asked twice. What changes something (a transaction) goes out once for each call, and to
another node where one has refused it; whether it arrived is the outbox's to find out.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, cast

import orjson
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from biodesci.chain import wording
from biodesci.chain.answers import (
    TooMuchError,
    UnknownMethodError,
    is_error,
    judge,
    judge_batch,
    told,
    unavailable,
)
from biodesci.chain.endpoint import ANSWER_S, Endpoint, How, Trouble, origin
from biodesci.chain.wording import words as refusal
from biodesci.core import counters
from biodesci.core.addresses import without_secrets
from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.core.pauses import doubled

__all__ = ["Provider", "origin", "refusal"]

PATIENCE_S: Final = 20.0
_QUESTIONS: Final = {
    "eth_accounts", "eth_blockNumber", "eth_call", "eth_chainId", "eth_estimateGas", "eth_feeHistory",
    "eth_gasPrice", "eth_maxPriorityFeePerGas", "eth_syncing", "net_version", "web3_clientVersion",
}  # fmt: skip
# How often one question is asked at most; of one that is busy only time decides.
_ATTEMPTS: Final = {How.AWAY: 3, How.REFUSED: 1, How.UNKNOWN: 1, How.ODD: 1, How.CUT: 6, How.SLOW: 3}
_REST_S: Final = 30.0
_MOST_IN_BATCH: Final = 100
_BATCH_AGAIN_S: Final = 600.0  # after a refusal
_log = logging.getLogger(__name__)
_waits = wait_random_exponential(multiplier=0.1, max=4.0)


class Provider(JSONBaseProvider):
    """Asks the first of its nodes (addresses with spaces between) that is well; the others stand by.

    Raises errors of ours wherever in web3 it is noticed that the chain does not answer. A question is given
    up after `patience` seconds, or as soon as `stop` is set.
    """

    def __init__(
        self,
        rpc_url: str,
        *,
        patience: float = PATIENCE_S,
        stop: threading.Event | None = None,
        timeout: float = ANSWER_S,
    ) -> None:
        super().__init__()
        self.endpoints = [Endpoint(url, timeout) for url in rpc_url.split()] or [Endpoint(rpc_url, timeout)]
        self.patience = patience
        self.stop = stop or threading.Event()
        self._numbers = itertools.count(1)
        self._identity: tuple[str, str] | None = None
        self._foreign: set[str] = set()
        self.lacking: set[str] = set()  # methods that no node has
        self.most_in_batch = _MOST_IN_BATCH
        self._larger_batch_at = 0.0  # on the monotonic clock

    def __str__(self) -> str:
        return f"Provider({self.origins})"

    @property
    def origins(self) -> str:
        """Scheme and host of each node."""
        return ", ".join(endpoint.origin for endpoint in self.endpoints)

    def hurried(self, seconds: float) -> Provider:
        """Another, of the same nodes, which waits for so many seconds for an answer."""
        urls = " ".join(endpoint.url for endpoint in self.endpoints)
        made = Provider(urls, patience=seconds, stop=self.stop, timeout=seconds)
        made._identity, made._foreign = self._identity, self._foreign
        return made

    def close(self) -> None:
        """Ends the connections that stand by; who asks once more opens others."""
        for endpoint in self.endpoints:
            endpoint.session.close()

    # One question

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One JSON-RPC request, as web3 makes it. Raises UnavailableError where no node answers in time."""
        return cast("RPCResponse", self._one(method, params)[0])

    def request(self, method: str, *params: Any) -> Any:
        """The raw result of one question."""
        return self.told(method, *params)[0]

    def told(self, method: str, *params: Any) -> tuple[Any, Endpoint]:
        """As `request`, and which node gave it: `elsewhere` asks another."""
        answer, node = self._one(RPCEndpoint(method), list(params))
        return answer.get("result"), node

    def _one(self, method: RPCEndpoint, params: Any) -> tuple[Any, Endpoint]:
        body = self.encode_rpc_request(method, params)
        return self._ask(method, lambda: body, lambda answer: judge(answer, method, params))

    def logs(self, query: dict[str, Any], blocks: int) -> tuple[list[dict[str, Any]], Endpoint]:
        """The raw result of eth_getLogs over so many blocks, and which node gave it.

        Raises TooMuchError where a smaller question may be answered: words alone do not tell which refusals
        mean that, so each is taken for it that does not say "too often", or says nothing else to the end, and
        that no other node spares us.
        """
        method = "eth_getLogs"

        def judge_logs(answer: Any) -> None:
            error = answer.get("error") if isinstance(answer, dict) else None
            if error and not wording.is_busy(error, method):
                first, says = int(query["fromBlock"], 16), f"refused {method}: {refusal(error)}"
                allowed = wording.allowed(error, first, first + blocks - 1)
                if allowed is None and not wording.is_too_much(error):
                    raise Trouble(says, How.ODD)
                raise TooMuchError(says, allowed)
            judge(answer, method)
            if not isinstance(answer["result"], list):
                raise Trouble("gives no list of logs", How.CUT)

        body = self.encode_rpc_request(RPCEndpoint(method), [query])
        perhaps = (How.ODD, How.SLOW, How.BUSY) if blocks > 1 else (How.ODD,)
        answer, node = self._ask(method, lambda: body, judge_logs, too_much=perhaps)
        return cast("list[dict[str, Any]]", answer["result"]), node

    def _ask(
        self,
        method: str,
        body: Callable[[], bytes],
        check: Callable[[Any], None],
        *,
        too_much: Collection[How] = (),
    ) -> tuple[Any, Endpoint]:
        """The answer that `check` finds no trouble with, and whose it is; `body` makes what each attempt
        asks. Trouble of the kinds `too_much` may be for the question's size: TooMuchError."""
        used = [self.endpoints[0]]
        said: list[Any] = [None]

        def once() -> Any:
            used[0] = endpoint = self._well()
            answer: Any = None
            counters.RPC_CALLS.labels(method).inc()
            try:
                self._identify(endpoint)
                answer = endpoint.ask(body())
                check(answer)
            except Trouble as trouble:
                counters.RPC_REFUSALS.labels(trouble.how.name.lower()).inc()
                self._rest(endpoint, trouble)
                said[0] = answer if trouble.how is How.ODD else None
                if trouble.how is How.SLOW and trouble.how in too_much:
                    raise self._too_much(endpoint, trouble) from None
                raise
            except TooMuchError as exc:
                exc.message = self._says(endpoint, exc.message)
                raise
            endpoint.failures, endpoint.rests_until = 0, 0.0
            return told(endpoint.url, answer) if "error" in answer else answer

        is_question = method in _QUESTIONS or method.startswith("eth_get")
        try:
            return self._retrying(is_question)(once), used[0]
        except Trouble as trouble:
            if trouble.how in too_much and not self.stop.is_set():
                raise self._too_much(used[0], trouble) from None
            if said[0] is not None and is_error(said[0]["error"]):
                return told(used[0].url, said[0]), used[0]
            raise unavailable(self._says(used[0], trouble.why), trouble) from None

    def _retrying(self, is_question: bool) -> Retrying:
        def wait(state: RetryCallState) -> float:
            trouble = _trouble(state)
            if any(one.rests_until <= time.monotonic() for one in self._ours()) and len(self.endpoints) > 1:
                return 0.0  # another one is asked
            return trouble.wait if trouble.wait is not None else float(_waits(state))

        def is_enough(state: RetryCallState) -> bool:
            trouble, passed = _trouble(state), state.seconds_since_start or 0.0
            if trouble.how is How.ODD and state.attempt_number < len(self._ours()) and not self.stop.is_set():
                return False  # whoever refused has done nothing
            if not is_question or self.stop.is_set() or passed + state.upcoming_sleep > self.patience:
                return True
            most = _ATTEMPTS.get(trouble.how)
            return most is not None and state.attempt_number >= most * len(self.endpoints)

        return Retrying(
            retry=retry_if_exception_type(Trouble),
            wait=wait,
            stop=is_enough,
            sleep=self.pause,
            reraise=True,
        )

    def pause(self, seconds: float) -> None:
        """Waits, unless `stop` is set: UnavailableError then."""
        if self.stop.wait(seconds):
            raise UnavailableError("It was asked to stop before the chain answered.", "Start it again.")

    # Many questions

    def batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """The raw results of questions, in their order: in JSON-RPC batches, smaller where a node wants it.

        Raises UnavailableError where one of them cannot be answered, or no node answers in time.
        """
        results: list[Any] = []
        while len(results) < len(calls):
            if self.most_in_batch < _MOST_IN_BATCH and time.monotonic() > self._larger_batch_at:
                self._set_batch(self.most_in_batch * 4)
            part = calls[len(results) : len(results) + self.most_in_batch]
            results += self._together(part) if len(part) > 1 else [self.request(part[0][0], *part[0][1])]
        return results

    def _together(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """One batch; whatever of it a node finds too often asked is asked for again."""
        for method, _ in calls[1:]:  # the first is counted where it is asked
            counters.RPC_CALLS.labels(method).inc()
        results: dict[int, Any] = {}
        began = time.monotonic()

        def body() -> bytes:
            return orjson.dumps(
                [
                    {"jsonrpc": "2.0", "id": place, "method": method, "params": params}
                    for place, (method, params) in enumerate(calls)
                    if place not in results
                ]
            )

        try:
            self._ask(
                calls[0][0], body, lambda answer: judge_batch(answer, calls, results), too_much=(How.SLOW,)
            )
            return [results[place] for place in range(len(calls))]
        except UnavailableError as exc:
            if self.stop.is_set() or isinstance(exc, UnknownMethodError):
                raise
            if results and time.monotonic() - began > self.patience:
                raise
            # Who answers some of a batch may answer fewer at a time.
            if not results and not isinstance(exc, TooMuchError):
                # Nodes refuse a batch in many shapes. If one question alone is answered, it was the batch.
                self.request(calls[0][0], *calls[0][1])
        # Alone in the end, where a node takes no batches at all.
        if len(calls) <= self.most_in_batch:  # no other thread has learnt it meanwhile
            self._set_batch(min(self.most_in_batch, len(calls)) // 4)
        left = [place for place in range(len(calls)) if place not in results]
        results |= zip(left, self.batch([calls[place] for place in left]), strict=True)
        return [results[place] for place in range(len(calls))]

    def _set_batch(self, size: int) -> None:
        """From now on, and for a while: what a node could not do may have been for the moment."""
        self.most_in_batch = min(max(size, 1), _MOST_IN_BATCH)
        self._larger_batch_at = time.monotonic() + _BATCH_AGAIN_S

    # Nodes

    def elsewhere(self, asked: Endpoint | None, method: str, *params: Any) -> Any:
        """The result that a node gives which is not the one `asked` before; None where none answers."""
        for endpoint in self._ours():
            if endpoint is asked:
                continue
            try:
                self._identify(endpoint)
                answer = endpoint.ask(self.encode_rpc_request(RPCEndpoint(method), list(params)))
                judge(answer, method, params)
                return answer["result"]
            except Trouble as trouble:
                self._rest(endpoint, trouble)
        return None

    def _ours(self) -> list[Endpoint]:
        return [one for one in self.endpoints if one.url not in self._foreign]

    def _well(self) -> Endpoint:
        """The first that does not rest, else the one whose rest ends first."""
        ours, now = self._ours(), time.monotonic()
        if not ours:
            raise ConfigurationError(
                f"None of the nodes at {self.origins} is of the chain that was asked first.",
                "Set BIODESCI_RPC_URL to nodes of one network.",
            )
        for endpoint in ours:
            if endpoint.rests_until <= now:
                return endpoint
        return min(ours, key=lambda one: one.rests_until)

    def _rest(self, endpoint: Endpoint, trouble: Trouble) -> None:
        """Others are asked first for a while, which is the longer the more often it failed."""
        endpoint.failures += 1
        rest = trouble.wait if trouble.wait is not None else doubled(endpoint.failures, 0.5, _REST_S)
        endpoint.rests_until = time.monotonic() + rest
        if trouble.how is How.AWAY:
            endpoint.identity = None  # what listens there next may be another chain
        if len(self.endpoints) > 1:
            _log.warning("%s; another one is asked", self._says(endpoint, trouble.why))

    def _identify(self, endpoint: Endpoint) -> None:
        """Of several nodes each must be of the chain of the first that answered: by chain id and genesis."""
        if len(self.endpoints) == 1 or endpoint.identity is not None:
            return
        answers = []
        for method, params in (("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])):
            answer = endpoint.ask(self.encode_rpc_request(RPCEndpoint(method), params))
            judge(answer, method)
            answers.append(answer["result"])
        identity = (str(answers[0]), str((answers[1] or {}).get("hash")))
        if self._identity is None:
            self._identity = identity
        if identity != self._identity:
            self._foreign.add(endpoint.url)
            _log.error("%s is of another chain than the first node: it is not asked.", endpoint.origin)
            raise Trouble("is of another chain", How.CUT)
        endpoint.identity = identity

    def _says(self, endpoint: Endpoint, why: str) -> str:
        return f"The chain node at {endpoint.origin} {without_secrets(endpoint.url, why)}"

    def _too_much(self, endpoint: Endpoint, trouble: Trouble) -> TooMuchError:
        return TooMuchError(self._says(endpoint, trouble.why), is_slow=trouble.how is not How.ODD)


def _trouble(state: RetryCallState) -> Trouble:
    assert state.outcome is not None
    exc = state.outcome.exception()
    assert isinstance(exc, Trouble)
    return exc
