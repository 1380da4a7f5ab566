"""What `biodesci doctor` finds of a chain node: its limits, whether it is up to date, what an account holds.

A limit that the product lives with is a remark, which says what it costs; what delays work is a fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from biodesci.core.errors import ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

_LATE_S: Final = 900
_LAG: Final = 3  # blocks that two nodes may differ by, as one hears of a block before the other
_OLD: Final = 128  # blocks whose states a node keeps that prunes
_MOST_SLOW: Final = 2  # questions that a node may leave without an answer: each takes its time
_FEW: Final = 3  # transactions of one account that wait for a block


@dataclass(frozen=True)
class Remark:
    """What was found, and, where it is a limit, what to do about it. `is_spare`: this home needs it not."""

    says: str
    mend: str = ""
    is_spare: bool = False


def clock(chain: Chain) -> Remark:
    """The last block's time against this machine's."""
    late = time.time() - chain.now()
    if late > _LATE_S:
        raise UnavailableError(
            f"The chain's last block is {late / 60:.0f} minutes old.",
            "The node is not up to date, or this machine's clock is wrong: compare with an explorer (NTP).",
        )
    if late < -_LATE_S:
        return Remark(
            f"the chain's clock is {-late / 60:.0f} minutes ahead",
            "Check this machine's clock (NTP); a test chain may have passed time on purpose.",
        )
    return Remark("agrees with the chain's")


def logs(chain: Chain) -> Remark:
    """Of how many blocks the node gives logs in one answer."""
    from biodesci.chain.answers import TooMuchError

    first, head = chain.deployment.first_block, chain.block_number()
    blocks, whole, slow = head - first + 1, True, 0
    while blocks > 0:
        query = {
            "address": [chain.datasets.address],
            "fromBlock": hex(head - blocks + 1),
            "toBlock": hex(head),
        }
        try:
            chain.provider.logs(query, blocks)
            break
        except TooMuchError as exc:
            whole, slow = False, slow + exc.is_slow
            if slow > _MOST_SLOW:
                raise
            less = blocks // (16 if exc.is_slow else 2)
            blocks = exc.allowed if exc.allowed and exc.allowed < blocks else less
    if blocks < 1:
        raise UnavailableError("The chain node gives no logs.", "Set BIODESCI_RPC_URL to another node.")
    if whole:
        return Remark(f"of all {blocks} blocks at once")
    return Remark(
        f"of {blocks} blocks at once, not of {head - first + 1}: the node limits blocks or results",
        "Logs are read in pieces of that size; a node of your own, or another plan, is faster.",
    )


def completeness(chain: Chain) -> Remark:
    """Whether the node gives all logs of the latest blocks that their blooms and receipts speak of."""
    from biodesci.chain.logs import pieces

    head = chain.block_number()
    first = max(chain.deployment.first_block, head - _OLD + 1)
    addresses = [each.address for each in chain.deployment.contracts.values()]
    there, given = (
        sum(len(piece.logs) for piece in pieces(chain, first, head, addresses, checked=checked))
        for checked in (True, False)
    )
    if given < there:
        raise UnavailableError(
            f"The chain node gives {given} logs of the last {head - first + 1} blocks, whose receipts have "
            f"{there}.",
            "Nothing is lost, as receipts are read instead, but slowly: put another node first in "
            "BIODESCI_RPC_URL.",
        )
    return Remark(f"all {there} logs of the last {head - first + 1} blocks are given")


def batches(chain: Chain) -> Remark:
    """Whether the node answers several questions at once."""
    asked = 8
    chain.provider.batch([("eth_blockNumber", [])] * asked)
    most = chain.provider.most_in_batch
    if most < asked:
        return Remark(
            f"the node takes {most} at once" if most > 1 else "the node takes no batches",
            "Each question is asked alone, which is slower; another node may take batches.",
        )
    return Remark("taken")


def states(chain: Chain) -> Remark:
    """Whether the node knows states of long ago."""
    head = chain.block_number()
    if head <= _OLD:
        return Remark("the chain is younger than what nodes forget")
    try:
        chain.provider.request("eth_getBalance", chain.datasets.address, hex(head - _OLD - 1))
    except UnavailableError:
        return Remark(
            f"the node forgets states older than {_OLD} blocks or less",
            "Nothing here needs them; who audits the past wants an archive node.",
        )
    return Remark("kept for long")


def finality(chain: Chain) -> Remark:
    """Whether the node knows which block is final."""
    for tag in ("finalized", "safe"):
        try:
            known = chain.provider.request("eth_getBlockByNumber", tag, False)
        except UnavailableError:
            known = None
        if known is None and chain.confirmations == tag:
            raise ConfigurationError(
                f"The node knows no block that is {tag}, and BIODESCI_CONFIRMATIONS is `{tag}`.",
                "Set BIODESCI_CONFIRMATIONS to a number of blocks.",
            )
        if known is None:
            return Remark(f"no `{tag}` tag", "Say in blocks when one counts: BIODESCI_CONFIRMATIONS=12, say.")
    return Remark("`safe` and `finalized` are known")


def nodes(chain: Chain) -> Remark:
    """Whether the first node is as far as the others that are named."""
    others = len(chain.provider.endpoints) - 1
    if not others:
        return Remark(
            "one node, which nobody checks",
            "Name a second in BIODESCI_RPC_URL, with a space between: it stands by, and checks the first.",
        )
    number, node = chain.provider.told("eth_blockNumber")
    head, told = int(number, 16), chain.provider.elsewhere(node, "eth_blockNumber")
    if told is None:
        raise UnavailableError(
            "None of the other nodes answers, or they are of another chain.",
            "Check the addresses after the first in BIODESCI_RPC_URL.",
        )
    lag = int(str(told), 16) - head
    if abs(lag) > _LAG:
        which = "first" if lag > 0 else "second"
        raise UnavailableError(
            f"The {which} node is {abs(lag)} blocks behind the other.",
            f"Put the one that is up to date first in BIODESCI_RPC_URL, or mend the {which}.",
        )
    deep = max(min(head, int(str(told), 16)) - 8, 0)
    ours, node = chain.provider.told("eth_getBlockByNumber", hex(deep), False)
    theirs = chain.provider.elsewhere(node, "eth_getBlockByNumber", hex(deep), False)
    if isinstance(theirs, dict) and theirs["hash"] != ours["hash"]:
        raise ConfigurationError(
            f"The two nodes have different blocks {deep}.",
            "One follows a fork: compare with an explorer, and take it out of BIODESCI_RPC_URL.",
        )
    return Remark(f"{others + 1}, which agree")


def waiting(chain: Chain, address: str) -> Remark:
    """Transactions of the account that no block has."""
    count = [
        int(chain.provider.request("eth_getTransactionCount", address, tag), 16)
        for tag in ("pending", "latest")
    ]
    open_ = count[0] - count[1]
    if open_ > _FEW:
        raise UnavailableError(
            f"{open_} transactions of {address} wait for a block.",
            "Its workers raise their fees up to BIODESCI_HIGHEST_FEE_GWEI: see what gas costs now.",
        )
    return Remark(f"{open_} wait for a block")


def balance(chain: Chain, address: str, least: int) -> Remark:
    """What the account holds."""
    wei = chain.balance(address)
    if wei < least:
        raise ConfigurationError(
            f"{address} holds {wei / 10**18:g} ETH, less than {least / 10**18:g}: soon it cannot pay.",
            "Send ether to it. BIODESCI_LOW_BALANCE_WEI says how little is too little.",
        )
    return Remark(f"{wei / 10**18:.4g} ETH")


CHECKS: Final[dict[str, Callable[[Chain], Remark]]] = {
    "clock": clock,
    "logs": logs,
    "completeness": completeness,
    "batches": batches,
    "old states": states,
    "finality": finality,
    "nodes": nodes,
}
