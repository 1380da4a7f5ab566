"""How a transaction leaves: every one by this way, and for one intent only one takes effect.

1. One at a time is inside an *intent*: whose, on which network, of what kind, about what.
2. In the account's *turn*, what is stuck is pushed first (`pushing.py`). Then the transaction is signed, and
   the intent is *noted with its bytes* before anybody else sees them.
3. It is *sent*, and that is noted. Whatever becomes unclear from here on is settled with these bytes: they
   have one nonce, and a chain takes one transaction for a nonce.
4. While no block has it and it is stuck, it is signed again with the same nonce and call for a *higher fee*,
   by whoever has the account's turn. What would revert by now is signed without its call: that *cancels* it,
   and the nonces behind it go on. All attempts are kept, as any of them may be the one that a block has.
5. *Confirmed*, the hash of that one is noted, and the receipt goes to the caller.
6. The caller leaves the intent's `with`: its result is stored, and the entry is *forgotten*.

Whoever asks for the same intent again, in another process or after `kill -9`, goes on where the entry ends.
The intent is signed with another nonce only where the chain shows, `confirmations` deep, that the attempt
failed or was cancelled, or which other transaction has used the first nonce. What a node does not say decides
nothing.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain import nonces, transactions
from biodesci.chain.entries import Attempt, Book, Entry
from biodesci.chain.fees import Market
from biodesci.chain.nonces import NonceUser
from biodesci.chain.pushing import Pusher
from biodesci.chain.sending import Sender, Sending
from biodesci.core.about import about
from biodesci.core.errors import ChainError, RevertedError, UnavailableError
from biodesci.store.locks import Lock

_log = logging.getLogger(__name__)
_LONGEST_PAUSE_S: Final = 1.0


@dataclass(frozen=True)
class Outbox:
    """The outbox of one account on one network, in a work database that others may share."""

    sender: Sender
    book: Book
    confirmations: int
    sending: Sending

    @contextmanager
    def intent(self, kind: str, about: str) -> Iterator[Intent]:
        """The only holder of this intent, until the `with` is left.

        Left without an error, an intent that took effect is forgotten: store its result before. `kind` is a
        word, `about` what tells this intent from others of the kind.
        """
        with self._held(kind, about, wait=True) as intent:
            assert intent is not None
            yield intent

    @contextmanager
    def intent_if_free(self, kind: str, about: str) -> Iterator[Intent | None]:
        """As `intent`; None at once where another thread or process holds it."""
        with self._held(kind, about, wait=False) as intent:
            yield intent

    @contextmanager
    def _held(self, kind: str, about: str, *, wait: bool) -> Iterator[Intent | None]:
        sender = self.sender
        blank = Entry(network=sender.network, account=sender.address, kind=kind, about=about)
        with self.book.lock(blank.name, sender.stop, wait=wait) as lock:
            if lock is None:
                yield None
                return
            intent = Intent(self, blank, lock)
            try:
                yield intent
            except BaseException:
                if not intent.is_signed:
                    intent.forget()
                raise
            if intent.has_ended:
                intent.forget()

    @property
    def pusher(self) -> Pusher:
        """Looks after what of the account is in no block yet."""
        return Pusher(self.sender, self.book, self.sending)

    def push(self) -> None:
        """Pushes what of the account is stuck, whichever intent it is of. Does not wait for blocks."""
        if self.pusher.is_due():
            with self.turn() as turn:
                self.pusher.push(turn)

    def sent(self, kind: str) -> list[str]:
        """What the account's intents of this kind are about of which something is signed, by their nonces."""
        return [entry.about for entry in self._signed(kind)]

    def ready(self, kind: str) -> list[str]:
        """As `sent`, of those alone for which `Intent.look` may have news: one question for all of them."""
        signed = self._signed(kind)
        used = nonces.used(self.sender.web3, self.sender.address) if signed else 0
        return [entry.about for entry in signed if not entry.is_waiting or entry.takes < used]

    def _signed(self, kind: str) -> list[Entry]:
        entries = self.book.of_account(self.sender.chain, self.sender.address)
        return [entry for entry in entries if (entry.network, entry.kind) == (self.sender.network, kind)]

    @contextmanager
    def turn(self) -> Iterator[Lock]:
        """Keeps the account's other threads and processes from taking the same nonce."""
        sender = self.sender
        with self.book.lock(f"turn:{sender.chain}:{sender.address}", sender.stop) as lock:
            assert lock is not None
            yield lock


class Intent:
    """What one account wants to bring about once. Made by `Outbox.intent`."""

    def __init__(self, outbox: Outbox, blank: Entry, lock: Lock) -> None:
        self._outbox, self._blank, self._lock = outbox, blank, lock
        self._sender, self._book = outbox.sender, outbox.book
        noted = self._book.read(blank)
        self._entry, self._is_noted = noted or blank, noted is not None
        self._was_sent_here = False
        self._user: NonceUser | None = None

    def __repr__(self) -> str:
        return f"Intent({self._blank.kind} {self._blank.about})"

    @property
    def is_signed(self) -> bool:
        """Whether there is a transaction that might take effect, or did."""
        return bool(self._entry.attempts)

    @property
    def has_ended(self) -> bool:
        """Whether nothing is to be waited for: it took effect, or nothing was ever signed."""
        return self._entry.confirmed is not None or not self.is_signed

    def resume(self) -> TxReceipt | None:
        """The receipt of what a run before signed, brought to its end.

        None where there is nothing, or what there was can have no effect any more: it failed, was cancelled,
        or another transaction has its nonce.
        """
        if not self.is_signed:
            return None
        with about(transaction=self._entry.attempts[-1].named):
            try:
                with self._telling():
                    return self._settled()
            except RevertedError as exc:
                _log.info("%s: what a run before sent had no effect: %s", self, exc.message)
                return None

    def send(self, function: ContractFunction, value: int = 0) -> TxReceipt:
        """The receipt of the one transaction that takes effect; goes on with what a run before signed.

        Raises RevertedError, FundsError or ChainError where it has no effect, UnavailableError where it may
        have one yet.
        """
        receipt = self.resume()
        while receipt is None:
            self.begin(function, value)
            with self._telling():
                receipt = self._settled()
        return receipt

    def begin(self, function: ContractFunction, value: int = 0) -> None:
        """Signs and sends, unless that was done before, and waits for no block: `look` says what comes of it.

        Raises as `send` does.
        """
        if self.is_signed:
            return
        outbox, sender = self._outbox, self._sender
        with outbox.turn() as turn:
            outbox.pusher.push(turn)
            place = outbox.pusher.place()
            raw = transactions.sign(sender.web3, sender.signer, function, value, place)
            attempt = Attempt.of(raw)
            self._is_noted = True  # also where the database does not say so: it may have taken it
            self._entry = self._book.begin(self._blank, attempt, place.market.number, turn, self._lock)
            self._was_sent_here = True
            with self._telling():
                transactions.send(sender.web3, raw, sender.stop)
            self._entry = self._book.note_sent(self._entry, attempt.tx_hash) or self._entry

    def look(self) -> TxReceipt | None:
        """As `resume`, without waiting for a block: None also while it is in none (`is_signed` is True then).
        Whoever looks calls `Outbox.push` too, now and then.

        Raises RevertedError where it failed, and UnavailableError where the node does not say.
        """
        if not self.is_signed:
            return None
        with self._telling():
            return self._settled(waits=False)

    def is_in_a_block(self) -> bool:
        """Whether a transaction that a run before signed has taken effect, or failed."""
        return transactions.receipt_of(self._sender.web3, self._entry.hashes) is not None

    def forget(self) -> None:
        """The next run starts anew, as if nothing had been signed."""
        if self._is_noted:
            self._book.remove(self._entry)
        self._entry, self._is_noted = self._blank, False

    def _settled(self, *, waits: bool = True) -> TxReceipt | None:
        """Waits: the receipt, or None where it can have no effect. RevertedError if it failed.

        If it `waits` not, None means as well that it is in no block yet, or not deep enough.
        """
        outbox, timeout = self._outbox, self._outbox.sending.block_timeout
        give_up, pause, deepest, lost_since = time.monotonic() + timeout, 0.02, -1, math.inf
        while True:
            try:
                is_used, receipt = self._look_once(waits=waits)
                if receipt is not None:
                    lost_since = math.inf
                    depth = int(self._sender.web3.eth.block_number) - receipt["blockNumber"]
                    if depth >= outbox.confirmations:
                        return self._ended(receipt)
                    self._entry = self._book.note_landed(self._entry) or self._entry
                    if depth > deepest:
                        deepest, give_up = depth, time.monotonic() + timeout
                else:
                    deepest = -1
                    user = self._user_of_nonce() if is_used else None
                    if user is None or user in self._entry.hashes:
                        lost_since = math.inf
                    elif lost_since == math.inf:
                        # From here on, no receipt may be told of before this counts.
                        lost_since = time.monotonic()
                    elif time.monotonic() - lost_since > outbox.sending.sure_after:
                        _log.info("%s: 0x%s has nonce %s", self, user.hex(), self._entry.nonce)
                        self._clear()
                        return None
            except UnavailableError:
                if not waits or not self._was_sent_here or time.monotonic() > give_up:
                    raise
            if not waits and lost_since == math.inf:
                return None
            if time.monotonic() > give_up:
                raise self._late(deepest)
            self._sender.wait(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE_S)

    def _look_once(self, *, waits: bool) -> tuple[bool, TxReceipt | None]:
        """Whether the nonce is used, and the receipt if by one of the attempts; else sees to it."""
        web3 = self._sender.web3
        self._entry = self._book.read(self._blank) or self._entry  # others may have pushed it
        if nonces.used(web3, self._sender.address) > self._entry.takes:
            return True, transactions.receipt_of(web3, self._entry.hashes)
        if self._entry.sent is None or (waits and not self._was_sent_here):
            with self._outbox.turn() as turn:
                self._was_sent_here = True
                self._entry = self._outbox.pusher.first(self._entry, turn) or self._entry
        elif waits:
            self._outbox.push()
        return False, None

    def _ended(self, receipt: TxReceipt) -> TxReceipt | None:
        tx_hash = bytes(receipt["transactionHash"])
        if any(attempt.cancels and attempt.tx_hash == tx_hash for attempt in self._entry.attempts):
            _log.info("%s: cancelled by 0x%s", self, tx_hash.hex())
            self._clear()
            return None
        if receipt["status"] != 1:
            failure = transactions.failure(self._sender.web3, receipt)
            self.forget()
            raise failure
        self._entry = self._book.confirm(self._entry, tx_hash) or self._entry
        return receipt

    def _clear(self) -> None:
        self.forget()
        self._user = None

    def _user_of_nonce(self) -> bytes | None:
        if self._user is None:
            sender = self._sender
            self._user = NonceUser(sender.web3, sender.address, self._entry.takes, self._entry.since)
        return self._user.hash(self._outbox.confirmations)

    def _late(self, depth: int) -> UnavailableError:
        outbox, last = self._outbox, self._entry.attempts[-1]
        where = "not in a block" if depth < 0 else f"{depth} blocks deep, not {outbox.confirmations}"
        hint = "Repeat this to go on with the same transaction; it may still take effect."
        message = f"Transaction 0x{last.tx_hash.hex()} was sent, but is {where} yet."
        asked, highest = Market.now(self._sender.web3).asked, outbox.sending.highest_fee
        if depth < 0 and asked > highest:
            message = f"{message} {transactions.too_dear(asked, highest)[0]}"
            hint = f"{hint} BIODESCI_HIGHEST_FEE_GWEI says what is paid at most."
        return UnavailableError(message, hint)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Log lines name the transaction; what went wrong says that it is noted."""
        try:
            with about(transaction=self._entry.attempts[-1].named):
                yield
        except RevertedError:
            raise
        except (UnavailableError, ChainError) as exc:
            note = "It is noted: biodesci account pending."
            raise type(exc)(exc.message, f"{exc.hint} {note}".lstrip()) from exc
