"""What accounts have sent, or signed, and is not done: for people, and for figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from web3 import Web3

from biodesci.chain import nonces, transactions
from biodesci.chain.entries import Book, Damaged, Entry
from biodesci.chain.fees import GWEI, Fees, Market
from biodesci.chain.sending import Sending
from biodesci.store.engine import Location


@dataclass(frozen=True)
class Pending:
    """An intent that is open. `seconds`: since it was sent first; `gwei`: the most that it pays."""

    kind: str
    about: str
    nonce: int
    gwei: float
    attempts: int
    seconds: int | None
    why: str


@dataclass(frozen=True)
class Backlog:
    """How many transactions of an account wait for a block, and seconds since the oldest was sent first."""

    count: int
    oldest: float


def backlog(location: Location, network: str, account: str) -> Backlog:
    """What of an account on one network (`Chain.identity`) a work database knows to wait for a block.

    What is in a block and not yet as deep as asked does not wait for one, from the next look at it on. Asks
    no chain node. Raises UnavailableError or ConfigurationError.
    """
    entries = Book(location).of_account(network.rpartition(":")[0], account)
    since = [_first_sent(entry) for entry in entries if entry.waits_for_a_block]
    ages = [time.time() - sent / 1000 for sent in since if sent is not None]
    return Backlog(len(since), max(ages, default=0.0))


def _first_sent(entry: Entry) -> int | None:
    """When something of it was sent first, in Unix milliseconds; None where nothing certainly was."""
    return min((attempt.sent for attempt in entry.attempts if attempt.sent is not None), default=None)


def damaged(location: Location) -> list[Damaged]:
    """Of a work database: the notes that a person has to look at, as no worker goes on with them."""
    return Book(location).damaged()


def listed(web3: Web3, book: Book, account: tuple[str, str], sending: Sending) -> list[Pending]:
    """The open intents of an account (`Sender.chain`, address) by their nonces, and why each waits."""
    entries = book.of_account(*account)
    if not entries:
        return []
    used, market = nonces.used(web3, account[1]), Market.now(web3)
    return [_one(web3, entry, used, market, sending) for entry in entries]


def _one(web3: Web3, entry: Entry, used: int, market: Market, sending: Sending) -> Pending:
    first = _first_sent(entry)
    return Pending(
        entry.kind,
        entry.about,
        entry.takes,
        Fees.of(entry.attempts[-1].raw).most / GWEI,
        len(entry.attempts),
        None if first is None else round(time.time() - first / 1000),
        _why(web3, entry, used, market, sending),
    )


def _why(web3: Web3, entry: Entry, used: int, market: Market, sending: Sending) -> str:
    """The first that is so, and for the rest the usual."""
    nonce, last = entry.takes, entry.attempts[-1]
    reasons: list[tuple[Callable[[], bool], str]] = [
        (
            lambda: entry.confirmed is not None,
            "it took effect; whoever asked for it has not taken the result yet",
        ),
        (
            lambda: nonce < used,
            "a block has its nonce: whoever asks for it settles it, once that is as deep as "
            "BIODESCI_CONFIRMATIONS says",
        ),
        (
            lambda: entry.sent is None,
            "it is not known to have been sent; whoever asks for it again sends it",
        ),
        (
            lambda: market.asked > sending.highest_fee,
            transactions.too_dear(market.asked, sending.highest_fee)[0],
        ),
        (lambda: nonce > used, f"it waits for nonce {used}"),
        (lambda: last.cancels, "its call would fail by now: an empty transaction has its nonce"),
        (
            lambda: market.is_above(Fees.of(last.raw)),
            f"gas costs {market.asked / GWEI:g} gwei now: the next look raises the fee",
        ),
        (
            lambda: not transactions.is_known(web3, last.tx_hash),
            "the node does not know it: the next look after a while sends it again",
        ),
    ]
    usual = f"no block has it; after {sending.stuck_after:g} s the fee is raised"
    return next((sentence for is_so, sentence in reasons if is_so()), usual)
