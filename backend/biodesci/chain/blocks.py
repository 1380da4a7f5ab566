"""Blocks' headers, many at a time, and what their blooms say of logs (Yellow Paper, section 4.4.3).

A bloom tells for certain that a block has no log of an address or topic; that it has one, it tells perhaps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from eth_utils.crypto import keccak

from biodesci.core.errors import UnavailableError

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

_NEAR_ENOUGH: Final = 500
_AT_ONCE: Final = 15


class NoBlockError(UnavailableError):
    """A node does not have a block (yet, or any more)."""


@dataclass(frozen=True, slots=True)
class Header:
    """Of a block: hashes in 0x hex, `time` in Unix seconds, `bloom` of 256 bytes, `last_tx` of its last
    transaction, empty where it has none."""

    number: int
    hash: str
    parent: str
    time: int
    bloom: bytes
    last_tx: str = ""


def headers(chain: Chain, numbers: Iterable[int]) -> list[Header]:
    """The headers of these blocks, in the order asked for.

    Raises UnavailableError where the node does not answer; NoBlockError where it lacks one of the blocks.
    """
    wanted = list(numbers)
    raw = chain.provider.batch([("eth_getBlockByNumber", [hex(number), False]) for number in wanted])
    return [_header(number, block) for number, block in zip(wanted, raw, strict=True)]


def _header(number: int, block: Any) -> Header:
    if not isinstance(block, dict):
        raise NoBlockError(
            f"The chain node does not show block {number}: it is behind what it said, or the chain is "
            "reorganising.",
            "Try again.",
        )
    try:
        header = Header(
            int(block["number"], 16),
            str(block["hash"]),
            str(block["parentHash"]),
            int(block["timestamp"], 16),
            bytes.fromhex(block["logsBloom"][2:]),
            str(block["transactions"][-1]) if block["transactions"] else "",
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise UnavailableError(
            f"The chain node shows a block {number} that is none ({exc!r}).", "Use another chain node."
        ) from exc
    if header.number != number:
        raise UnavailableError(
            f"The chain node shows block {header.number} where {number} was asked for.", "Try again."
        )
    return header


def first_since(chain: Chain, time: int, lowest: int) -> int:
    """A block from which on all have timestamps of `time` (Unix seconds) or later, no more than a few hundred
    below the first of them; `lowest` at least. So a lookup need not begin where the contracts were deployed.
    """
    low, high = lowest, chain.block_number()
    while high - low > _NEAR_ENOUGH:
        step = max(1, (high - low) // (_AT_ONCE + 1))
        between = headers(chain, range(low + step, high, step)[:_AT_ONCE])
        earlier = [header.number for header in between if header.time < time]
        later = [header.number for header in between if header.time >= time]
        low, high = max([low, *earlier]), min([high, *later])
    return low


@lru_cache(maxsize=1 << 14)
def bits(text: str) -> int:
    """The three of a bloom's 2,048 bits that an address or a topic, as 0x hex, sets."""
    hashed, mask = keccak(bytes.fromhex(text[2:])), 0
    for place in (0, 2, 4):
        mask |= 1 << (int.from_bytes(hashed[place : place + 2]) & 2_047)
    return mask


def bloom_of(logs: Iterable[dict[str, Any]]) -> int:
    """The bloom of a node's raw logs."""
    mask = 0
    for text in {text for log in logs for text in (log["address"], *log["topics"])}:
        mask |= bits(text)
    return mask


@dataclass(frozen=True)
class Sought:
    """Logs by address and, at each place, by one of some topics; None at a place: any."""

    addresses: tuple[bytes, ...]
    topics: tuple[tuple[bytes, ...] | None, ...] = ()

    def may_be_in(self, bloom: bytes) -> bool:
        """False where a block with this bloom has none for certain."""
        mask = int.from_bytes(bloom)
        return bool(mask) and all(
            options is None
            or any(mask & one == one for one in (bits("0x" + value.hex()) for value in options))
            for options in (self.addresses, *self.topics)
        )

    def of(self, logs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of a node's raw logs that are sought."""
        addresses = {"0x" + address.hex() for address in self.addresses}
        topics = [
            None if options is None else {"0x" + one.hex() for one in options} for options in self.topics
        ]
        return [
            log
            for log in logs
            if log["address"].lower() in addresses
            and len(log["topics"]) >= len(topics)
            and all(
                options is None or topic in options
                for options, topic in zip(topics, log["topics"], strict=False)
            )
        ]
