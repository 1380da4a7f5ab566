"""What a node's answer is worth: a result, a refusal that tells something, or trouble."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from web3.exceptions import Web3RPCError

from biodesci.chain import shapes, wording
from biodesci.chain.endpoint import NOT_AS_A_NODE, How, Trouble
from biodesci.chain.refusals import Refusal, classify
from biodesci.core.addresses import without_secrets
from biodesci.core.errors import REPEAT, UnavailableError

# What a node refuses of these says something of the request, or web3 knows another way.
_EXPLAINED: Final = {"eth_call", "eth_estimateGas", "eth_sendRawTransaction", "eth_maxPriorityFeePerGas"}
# Of the code that was run, and who pays for it. Anything else that a node says of a call is of the node.
_OF_THE_CALL: Final = re.compile(
    r"gas|fund|balance|overdraft|fee|nonce|evm|vm |execut|opcode|instruction|stack|jump|invalid op|operation"
    r"|allowance",
    re.IGNORECASE,
)


class TooMuchError(UnavailableError):
    """A node will not answer a question at this size; `allowed` blocks where it says how many.
    `is_slow`: that was learnt by waiting."""

    def __init__(self, message: str, allowed: int | None = None, *, is_slow: bool = False) -> None:
        super().__init__(message, "Use another chain node (BIODESCI_RPC_URL).")
        self.allowed, self.is_slow = allowed, is_slow


class UnknownMethodError(UnavailableError):
    """No node offers this method of JSON-RPC."""


def judge(answer: Any, method: str, params: Sequence[Any] = ()) -> None:
    """Raises Trouble unless the answer holds a result, or a refusal that tells the caller something."""
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise Trouble("does not answer in JSON-RPC", How.CUT)
    error = answer.get("error")
    if not error:
        if "result" not in answer:
            raise Trouble("answers with neither a result nor an error", How.CUT)
        if not shapes.is_result(method, params, answer["result"]):
            raise Trouble(f"gives a result of {method} that is none", How.CUT)
        return
    says = f"refused {method}: {wording.words(error)}"
    if wording.is_busy(error, method):
        raise Trouble(says, How.BUSY)
    if method not in _EXPLAINED:
        how = How.REFUSED if wording.is_final(error) else How.CUT
        how = How.UNKNOWN if wording.is_unknown_method(error) else how
        raise Trouble(says, how)
    if not _is_of_the_request(error, method):
        raise Trouble(says, How.ODD)


def _is_of_the_request(error: Any, method: str) -> bool:
    """Whether it is what the contract, or any node, says of this request: another need not be asked."""
    if method == "eth_maxPriorityFeePerGas":
        return True
    if not is_error(error):
        return False
    if method == "eth_sendRawTransaction":
        return classify(wording.words(error)) is not Refusal.FOR_GOOD
    return wording.is_revert(error) or _OF_THE_CALL.search(wording.words(error)) is not None


def is_error(error: Any) -> bool:
    """Whether it is an error as JSON-RPC has them, which web3 can read."""
    return (
        isinstance(error, dict)
        and isinstance(error.get("code"), int)
        and isinstance(error.get("message"), str)
    )


def judge_batch(answer: Any, calls: Sequence[tuple[str, list[Any]]], results: dict[int, Any]) -> None:
    """Puts what of a batch is answered into `results`, by the places of the calls, which are their numbers.
    Raises Trouble unless all of them are there then."""
    if not isinstance(answer, list):
        error = answer.get("error")
        # Besu says of both that a limit is exceeded.
        if wording.is_busy(error, "") and "batch" not in wording.words(error).lower():
            raise Trouble(f"is asked too often: {wording.words(error)}", How.BUSY)
        raise Trouble(f"refused a batch: {wording.words(error)}", How.SLOW)
    trouble = None
    for each in answer:
        place = _number_of(each)
        if place is None or not 0 <= place < len(calls):
            continue
        try:
            judge(each, *calls[place])
            results[place] = each["result"]
        except Trouble as exc:
            trouble = exc
    if len(results) < len(calls):
        raise trouble or Trouble("leaves out a part of a batch", How.CUT)


def _number_of(answer: Any) -> int | None:
    """Of the question that it is an answer to; some gateways write it as a text."""
    number = answer.get("id") if isinstance(answer, dict) else None
    if isinstance(number, str) and number.isdecimal():
        return int(number)
    return number if isinstance(number, int) else None


def told(url: str, answer: Any) -> Any:
    """The answer as callers get it: a refusal may repeat the secrets of the node's address."""
    if isinstance(answer, dict) and answer.get("error"):
        return {**answer, "error": _blotted(url, answer["error"])}
    return answer


def _blotted(url: str, value: Any) -> Any:
    """Without the secrets of the address. Data of a contract stay as they are."""
    if isinstance(value, dict):
        return {name: _blotted(url, one) for name, one in value.items()}
    if isinstance(value, list):
        return [_blotted(url, one) for one in value]
    return (
        value if not isinstance(value, str) or shapes.DATA.fullmatch(value) else without_secrets(url, value)
    )


def refused(exc: Web3RPCError) -> str:
    """The words in which a node refused, of what web3 raises."""
    return wording.words((exc.rpc_response or {}).get("error") or exc)


def unavailable(says: str, trouble: Trouble) -> UnavailableError:
    """The error of ours for a node, named in `says`, that gives no answer in the end."""
    says += "."
    if trouble.how is How.UNKNOWN:
        return UnknownMethodError(says, "Use another chain node (BIODESCI_RPC_URL).")
    if "another address" in trouble.why:
        return UnavailableError(says, "Set BIODESCI_RPC_URL to that one.")
    if trouble.how is How.BUSY or trouble.why.startswith(("refused", "gives")):
        return UnavailableError(says, "Try again, or set BIODESCI_RPC_URL to another node.")
    if trouble.why.startswith(NOT_AS_A_NODE):
        return UnavailableError(says, f"Look whether BIODESCI_RPC_URL is a chain node's address. {REPEAT}")
    return UnavailableError(
        says,
        "Start it (`make up` starts one for a local network), or set BIODESCI_RPC_URL to a node that runs. "
        f"{REPEAT}",
    )
