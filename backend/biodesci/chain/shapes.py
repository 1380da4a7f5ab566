"""What a result of each method looks like: JSON-RPC leaves it open, and behind one address may be a node that
is starting, a balancer without one, or another program.

What does not look so is no answer. Nothing is said here of whether it is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

_QUANTITY: Final = re.compile(r"0[xX][0-9a-fA-F]{1,64}")
_DATA: Final = re.compile(r"0[xX](?:[0-9a-fA-F]{2})*")
_HASH: Final = re.compile(r"0[xX][0-9a-fA-F]{64}")
_THERE: Final = {"latest", "earliest", "0x0"}  # blocks that every node has


def is_quantity(value: object) -> bool:
    """Whether it is a number as JSON-RPC writes it."""
    return isinstance(value, str) and _QUANTITY.fullmatch(value) is not None


def is_data(value: object) -> bool:
    """Whether it is bytes as JSON-RPC writes them."""
    return isinstance(value, str) and _DATA.fullmatch(value) is not None


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _record(**fields: Callable[[object], bool]) -> Callable[[object], bool]:
    """A test for an object with these fields, or for none."""

    def is_one(value: object) -> bool:
        return value is None or (
            isinstance(value, Mapping) and all(is_fit(value.get(name)) for name, is_fit in fields.items())
        )

    return is_one


_SHAPES: Final[dict[str, Callable[[object], bool]]] = {
    **dict.fromkeys(
        (
            "eth_blockNumber", "eth_chainId", "eth_estimateGas", "eth_gasPrice", "eth_getBalance",
            "eth_getTransactionCount",
        ),
        is_quantity,
    ),
    **dict.fromkeys(("eth_call", "eth_getCode"), is_data),
    "eth_sendRawTransaction": _is_hash,
    "eth_getBlockByNumber": _record(
        number=is_quantity, timestamp=is_quantity, hash=_is_hash, parentHash=_is_hash, transactions=_is_list
    ),
    "eth_getTransactionReceipt": _record(
        blockNumber=is_quantity, blockHash=_is_hash, transactionHash=_is_hash, logs=_is_list
    ),
    "eth_getTransactionByHash": _record(hash=_is_hash, input=is_data, value=is_quantity, gas=is_quantity),
}  # fmt: skip


def is_result(method: str, params: Sequence[Any], result: object) -> bool:
    """Whether a result of this question looks like one."""
    if result is None and method == "eth_getBlockByNumber" and params[:1] and params[0] in _THERE:
        return False
    is_fit = _SHAPES.get(method)
    return is_fit is None or is_fit(result)
