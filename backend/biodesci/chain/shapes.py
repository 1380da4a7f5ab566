"""What a result of each method looks like: JSON-RPC leaves it open, and behind one address may be a node that
is starting, a balancer without one, or another program.

What does not look so is no answer. Nothing is said here of whether it is true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

QUANTITY: Final = re.compile(r"0[xX][0-9a-fA-F]{1,64}")
DATA: Final = re.compile(r"0[xX](?:[0-9a-fA-F]{2})*")
_HASH: Final = re.compile(r"0[xX][0-9a-fA-F]{64}")
_THERE: Final = {"latest", "earliest", "0x0"}  # blocks that every node has


# What each method's result is; of an object, what these fields of it are.
_SHAPES: Final[dict[str, re.Pattern[str] | dict[str, re.Pattern[str]]]] = {
    **dict.fromkeys(
        (
            "eth_blockNumber", "eth_chainId", "eth_estimateGas", "eth_gasPrice", "eth_getBalance",
            "eth_getTransactionCount",
        ),
        QUANTITY,
    ),
    **dict.fromkeys(("eth_call", "eth_getCode"), DATA),
    "eth_sendRawTransaction": _HASH,
    "eth_getBlockByNumber": {"number": QUANTITY, "timestamp": QUANTITY, "hash": _HASH, "parentHash": _HASH},
    "eth_getTransactionReceipt": {"blockNumber": QUANTITY, "blockHash": _HASH, "transactionHash": _HASH},
    "eth_getTransactionByHash": {"hash": _HASH, "input": DATA, "value": QUANTITY, "gas": QUANTITY},
}  # fmt: skip
_LISTS: Final = {"eth_getBlockByNumber": "transactions", "eth_getTransactionReceipt": "logs"}


def is_result(method: str, params: Sequence[Any], result: object) -> bool:
    """Whether a result of this question looks like one; of an object that is not there, null does."""
    shape = _SHAPES.get(method)
    if not isinstance(shape, dict):
        return shape is None or (isinstance(result, str) and shape.fullmatch(result) is not None)
    if result is None:
        return method != "eth_getBlockByNumber" or not params[:1] or params[0] not in _THERE
    if not isinstance(result, Mapping):
        return False
    values = {name: result.get(name) for name in shape}
    return all(isinstance(one, str) and shape[name].fullmatch(one) for name, one in values.items()) and (
        method not in _LISTS or isinstance(result.get(_LISTS[method]), list)
    )
