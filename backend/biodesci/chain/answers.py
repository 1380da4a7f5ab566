"""What a node's answer is worth: a result, a refusal that tells something, or trouble."""

from __future__ import annotations

from typing import Any, Final

from biodesci.chain import wording
from biodesci.chain.endpoint import How, Trouble
from biodesci.core.errors import UnavailableError

# What a node refuses of these says something of the request, or web3 knows another way.
_EXPLAINED: Final = {"eth_call", "eth_estimateGas", "eth_sendRawTransaction", "eth_maxPriorityFeePerGas"}


class TooMuchError(UnavailableError):
    """A node will not answer a question at this size; `allowed` blocks where it says how many.
    `is_slow`: that was learnt by waiting."""

    def __init__(self, message: str, allowed: int | None = None, *, is_slow: bool = False) -> None:
        super().__init__(message, "Use another chain node (BIODESCI_RPC_URL).")
        self.allowed, self.is_slow = allowed, is_slow


class UnknownMethodError(UnavailableError):
    """No node offers this method of JSON-RPC."""


def judge(answer: Any, method: str) -> None:
    """Raises Trouble unless the answer holds a result, or a refusal that tells the caller something."""
    if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
        raise Trouble("does not answer in JSON-RPC", How.CUT)
    error = answer.get("error")
    if not error:
        if "result" not in answer:
            raise Trouble("answers with neither a result nor an error", How.CUT)
        return
    if wording.is_busy(error, method):
        raise Trouble(f"refused {method}: {wording.words(error)}", How.BUSY)
    if method not in _EXPLAINED:
        how = How.REFUSED if wording.is_final(error) else How.CUT
        how = How.UNKNOWN if wording.is_unknown_method(error) else how
        raise Trouble(f"refused {method}: {wording.words(error)}", how)
