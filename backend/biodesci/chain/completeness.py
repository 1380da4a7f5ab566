"""Whether a node gave all logs of a block: by the block's receipts, or by another node.

A block without a bit of our addresses in its bloom has no log of ours for certain. In every other block the
receipts say what there is: the chain's nodes answer short without saying so. A block's logs are numbered from
0 on, so where none is missing in between, and the last one is the last of the block's last transaction by its
receipt, the block has no other. Elsewhere all receipts are read. Where the two still differ when they are
read once more, the receipts count, if their logs make the bloom that the block's header has. Receipts that
lack a log, too, are noticed by that bloom, by the one that each has itself, or by a number that no log has.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from eth_utils.address import to_checksum_address

from biodesci.chain import receipts
from biodesci.chain.blocks import Header, Sought, bloom_of
from biodesci.core.errors import UnavailableError

if TYPE_CHECKING:
    from biodesci.chain.client import Chain
    from biodesci.chain.endpoint import Endpoint

Raw = dict[str, Any]
_BLOCKS: Final = 50  # whose receipts are asked for at once
_log = logging.getLogger(__name__)
_checksummed = lru_cache(maxsize=1 << 10)(to_checksum_address)


@dataclass(slots=True)  # not frozen: making one would take twice as long
class Log:
    """`address` checksummed; hashes in 0x hex; `index` counts the block's logs from 0."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: str
    tx_hash: str
    index: int


class ShortError(UnavailableError):
    """A node's answers do not fit each other: it gave less than there is, or of another fork."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            "The node is behind, loses logs, or the chain is reorganising: what it said was not used. Try "
            "again, or use another node (BIODESCI_RPC_URL).",
        )


def by_block(raw: Sequence[Raw], first: int, last: int) -> dict[int, list[Raw]]:
    """A node's logs by their blocks, each in the order of the block. Raises ShortError for what is none."""
    of_block: dict[int, list[Raw]] = {}
    numbers: dict[str, int] = {}
    try:
        for log in raw:
            text = log["blockNumber"]
            number = numbers.get(text)
            if number is None:
                number = numbers[text] = int(text, 16)
                of_block.setdefault(number, [])
            of_block[number].append(log)
            if log.get("removed"):
                raise ShortError(f"The chain node tells of a log of block {number} that was taken back.")
        for logs in of_block.values():
            if len(logs) > 1:
                logs.sort(key=_place)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise ShortError(f"The chain node gives logs that are none ({exc!r}).") from exc
    outside = [number for number in of_block if not first <= number <= last]
    if outside:
        raise ShortError(f"The chain node gives logs of block {outside[0]}, which was not asked for.")
    return of_block


def _place(log: Raw) -> int:
    return int(log["logIndex"], 16)


def read(header: Header, raw: Sequence[Raw]) -> list[Log]:
    """Logs of one block, which must be the one of the header."""
    logs = []
    number, block_hash = header.number, header.hash
    unhex = bytes.fromhex
    for log in raw:
        if log["blockHash"] != block_hash:
            raise ShortError(f"The logs of block {number} are not of the block that its header tells of.")
        logs.append(
            Log(
                _checksummed(log["address"]),
                tuple([unhex(topic[2:]) for topic in log["topics"]]),
                unhex(log["data"][2:]),
                number,
                block_hash,
                log["transactionHash"],
                int(log["logIndex"], 16),
            )
        )
    return logs


def check(
    chain: Chain,
    sought: Sought,
    chained: Sequence[Header],
    of_block: dict[int, list[Raw]],
    node: Endpoint | None,
    *,
    is_last_word: bool,
) -> None:
    """That nothing is missing in these blocks, whose logs `node` gave. `is_last_word`: receipts that make the
    header's bloom count more than logs that lack something, which are completed in place.

    Raises ShortError where something is missing, or where a node's answers do not fit each other, and
    UnavailableError where no node gives receipts.
    """
    matching = [header for header in chained if sought.may_be_in(header.bloom)]
    gapless: list[Header] = []
    others: list[Header] = []
    silent = of_block.keys() - {header.number for header in matching}
    if silent:
        raise ShortError(
            f"The chain node gives logs of block {min(silent)} that the bloom in its header has not."
        )
    for header in matching:
        logs = of_block.get(header.number, [])
        (gapless if _is_gapless(header, logs) else others).append(header)
    # The rest of a block without a gap is settled by one receipt instead of hundreds.
    others += receipts.unlike_last(chain, [(header, of_block[header.number][-1]) for header in gapless])
    for start in range(0, len(others), _BLOCKS):
        part = others[start : start + _BLOCKS]
        given = receipts.of_blocks(chain, part)
        if given is None:
            _check_elsewhere(chain, sought, part, of_block, node)
            continue
        for header, of_header in zip(part, given, strict=True):
            if of_header is None:
                raise ShortError(f"The chain node does not show the receipts of block {header.number}.")
            logs = of_block.get(header.number, [])
            there = sought.of(log for receipt in of_header for log in receipt["logs"])
            if not _are_same(there, logs):
                if not is_last_word or not _explain(header, of_header):
                    raise _differ(header, len(logs), f"the block's receipts have {len(there)}")
                _log.warning(
                    "block %d: its receipts have %d logs of ours, eth_getLogs has %d; the receipts make the "
                    "bloom of the header, so they count", header.number, len(there), len(logs),
                )  # fmt: skip
                of_block[header.number] = sorted(there, key=_place)
            elif not _hold_all(header, of_header) and not _are_elsewhere(chain, sought, header, logs, node):
                raise ShortError(
                    f"The receipts of block {header.number} lack logs, by the bloom in its header or by the "
                    "logs' own numbers."
                )


def compare(
    chain: Chain,
    query: dict[str, Any],
    of_block: Mapping[int, list[Raw]],
    ends: tuple[int, int],
    node: Endpoint | None,
) -> None:
    """That another node than `node` gives the same logs, if one answers. Raises ShortError where it gives
    others."""
    if len(chain.provider.endpoints) == 1:
        return
    there = chain.provider.elsewhere(node, "eth_getLogs", query)
    if not isinstance(there, list):
        return
    others = by_block(there, *ends)
    for number in sorted(of_block.keys() | others.keys()):
        ours, theirs = of_block.get(number, []), others.get(number, [])
        if not _are_same(ours, theirs):
            raise ShortError(
                f"The chain's nodes gave {len(ours)} and {len(theirs)} logs of block {number}, or others."
            )


def _is_gapless(header: Header, logs: Sequence[Raw]) -> bool:
    """Whether these are the logs of the block from the first one on, to one of its last transaction."""
    if not logs or logs[-1]["transactionHash"] != header.last_tx:
        return False
    return _is_row(logs)


def _are_same(some: Sequence[Raw], others: Sequence[Raw]) -> bool:
    """Whether both are the same logs in the same order."""
    return len(some) == len(others) and all(
        one["logIndex"] == other["logIndex"]
        and one["data"] == other["data"]
        and one["topics"] == other["topics"]
        and one["transactionHash"] == other["transactionHash"]
        and one["address"].lower() == other["address"].lower()
        for one, other in zip(some, others, strict=True)
    )


def _explain(header: Header, of_header: Sequence[Raw]) -> bool:
    """Whether the logs of these receipts make exactly the header's bloom, and have each place once."""
    logs = [log for receipt in of_header for log in receipt["logs"]]
    return bloom_of(logs) == int.from_bytes(header.bloom) and _is_row(logs)


def _hold_all(header: Header, of_header: Sequence[Raw]) -> bool:
    """Whether these receipts lack no log, as far as blooms and numbers tell. Some chains have logs of their
    own in receipts that the bloom leaves out."""
    logs = [log for receipt in of_header for log in receipt["logs"]]
    return (
        not int.from_bytes(header.bloom) & ~bloom_of(logs)
        and _is_row(logs)
        and all(map(receipts.holds_its_bloom, of_header))
    )


def _is_row(logs: Sequence[Raw]) -> bool:
    """Whether the logs are numbered from 0 on without a gap."""
    return [_place(log) for log in logs] == list(range(len(logs)))


def _are_elsewhere(
    chain: Chain, sought: Sought, header: Header, logs: Sequence[Raw], node: Endpoint | None
) -> bool:
    """Whether another node has the same logs of this block."""
    query = {"blockHash": header.hash, "address": ["0x" + one.hex() for one in sought.addresses]}
    there = chain.provider.elsewhere(node, "eth_getLogs", query)
    return isinstance(there, list) and _are_same(sorted(sought.of(there), key=_place), logs)


def _check_elsewhere(
    chain: Chain,
    sought: Sought,
    part: Sequence[Header],
    of_block: Mapping[int, list[Raw]],
    node: Endpoint | None,
) -> None:
    """As another node has them, where none gives receipts."""
    for header in part:
        query = {"blockHash": header.hash, "address": ["0x" + one.hex() for one in sought.addresses]}
        there = chain.provider.elsewhere(node, "eth_getLogs", query)
        if not isinstance(there, list):
            raise UnavailableError(
                f"Whether the logs of block {header.number} are complete cannot be checked: no node gives "
                "the block's receipts, and there is no second one that shows its logs.",
                "Add a node of another provider to BIODESCI_RPC_URL, with a space between.",
            )
        logs = of_block.get(header.number, [])
        there = sorted(sought.of(there), key=_place)
        if not _are_same(there, logs):
            raise _differ(header, len(logs), f"another node gives {len(there)}")


def _differ(header: Header, given: int, others: str) -> ShortError:
    return ShortError(f"The chain node gave {given} logs of block {header.number}, and {others}.")
