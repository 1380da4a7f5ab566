"""Blocks as consensus hashes them: the header, and where it is asked for all receipts and transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from biodesci.chain import encoded, receipts
from biodesci.chain.blocks import Header, NoBlockError
from biodesci.chain.encoded import HeaderRead
from biodesci.core.errors import UnavailableError

if TYPE_CHECKING:
    from biodesci.chain.client import Chain


@dataclass(frozen=True)
class Contents:
    """All receipts and transactions of a block, encoded; `places` has for each log's number in the block its
    transaction and its place among that one's logs."""

    receipts: tuple[bytes, ...]
    transactions: tuple[bytes, ...]
    places: Mapping[int, tuple[int, int]] = field(repr=False)


@dataclass(frozen=True)
class Whole:
    """A block: its encoded header, and what is in it where that was asked for."""

    header: bytes
    read: HeaderRead
    contents: Contents | None


def read(chain: Chain, numbers: Sequence[int], filled: Sequence[bool]) -> list[Whole]:
    """The blocks of these numbers; `filled` says of which the contents are wanted.

    Raises UnavailableError where a node does not show one, or shows it short, and IntegrityError where what
    it shows is not what the block's hash commits to.
    """
    asked = list(zip(numbers, filled, strict=True))
    raw = chain.provider.batch([("eth_getBlockByNumber", [hex(number), full]) for number, full in asked])
    for (number, _), block in zip(asked, raw, strict=True):
        if not isinstance(block, dict) or int(block["number"], 16) != number:
            raise NoBlockError(
                f"The chain node does not show block {number}: it is behind what it said.", "Try again."
            )
    wanted = [block for (_, full), block in zip(asked, raw, strict=True) if full]
    shown = receipts.of_blocks(chain, [_head(block) for block in wanted]) if wanted else []
    if shown is None:
        raise UnavailableError(
            "No chain node gives the receipts of blocks, by which events are proven.",
            "Add a node that does to BIODESCI_RPC_URL.",
        )
    given = iter(shown)
    return [
        _whole(block, next(given) if full else None, full)
        for (_, full), block in zip(asked, raw, strict=True)
    ]


def _head(block: Mapping[str, Any]) -> Header:
    sent = block["transactions"]
    return Header(
        int(block["number"], 16), block["hash"], block["parentHash"], int(block["timestamp"], 16),
        bytes.fromhex(block["logsBloom"][2:]), sent[-1]["hash"] if sent else "",
    )  # fmt: skip


def _whole(block: Mapping[str, Any], shown: list[dict[str, Any]] | None, full: bool) -> Whole:
    header = encoded.header(block)
    if not full:
        return Whole(header, encoded.read_header(header), None)
    if shown is None:
        raise UnavailableError(
            f"The chain node does not show all receipts of block {int(block['number'], 16)}.",
            "Try again, or use another chain node (BIODESCI_RPC_URL).",
        )
    ordered = sorted(shown, key=lambda receipt: int(receipt["transactionIndex"], 16))
    places = {
        int(log["logIndex"], 16): (transaction, place)
        for transaction, receipt in enumerate(ordered)
        for place, log in enumerate(receipt["logs"])
    }
    contents = Contents(
        tuple(map(encoded.receipt, ordered)), tuple(map(encoded.transaction, block["transactions"])), places
    )
    return Whole(header, encoded.read_header(header), contents)
