"""Events of one kind, decoded: what a lookup asks for. Who follows the chain on and on uses `follow.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from hexbytes import HexBytes
from web3.contract.contract import Contract
from web3.types import EventData, LogReceipt

from biodesci.chain.logs import Log, Topics, pieces

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

# A node that lags answers short at the end of the chain. Each block's header costs a lookup time, so of older
# ones none are read.
_CHECKED: Final = 128


def read(
    chain: Chain, contract: Contract, name: str, first: int, last: int, filters: Mapping[str, Any]
) -> list[EventData]:
    """All events `name` of blocks `first` to `last`, oldest first. `filters`: values of indexed arguments,
    each one value or a list of them.

    None of the last 128 of these blocks' is missing; an older one that the node lost is not noticed here.
    """
    topics = topics_of(contract, name, filters)
    middle = max(first, last - _CHECKED + 1)
    found: list[EventData] = []
    for start, end, checked in ((first, middle - 1, False), (middle, last, True)):
        for piece in pieces(chain, start, end, [contract.address], topics, checked=checked):
            found += [decode(contract, name, log) for log in piece.logs]
    return found


def topics_of(contract: Contract, name: str, filters: Mapping[str, Any]) -> Topics:
    """What eth_getLogs is asked for: the event's signature, then indexed arguments; None stands for any."""
    builder = contract.events[name]().build_filter()
    for argument, value in filters.items():
        if isinstance(value, list | tuple | set | frozenset):
            builder.args[argument].match_any(*value)
        else:
            builder.args[argument].match_single(value)
    return [_place(place) for place in builder.topics]


def _place(place: Any) -> bytes | list[bytes] | None:
    if place is None:
        return None
    if isinstance(place, str | bytes):
        return bytes(HexBytes(place))
    return [bytes(HexBytes(one)) for one in place]


def decode(contract: Contract, name: str, log: Log) -> EventData:
    """The event in a log. It has no place of its transaction in the block, which nobody asks for."""
    raw = {
        "address": log.address,
        "topics": [HexBytes(topic) for topic in log.topics],
        "data": HexBytes(log.data),
        "blockNumber": log.block,
        "blockHash": HexBytes(log.block_hash),
        "transactionHash": HexBytes(log.tx_hash),
        "logIndex": log.index,
        "transactionIndex": None,
    }
    return cast("EventData", contract.events[name]().process_log(cast("LogReceipt", raw)))
