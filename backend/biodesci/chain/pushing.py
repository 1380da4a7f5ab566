"""What is stuck is pushed: sent again for a higher fee, or cancelled where it has become pointless.

Of an account's transactions, the one with the lowest nonce holds up all others. So whoever has the account's
turn pushes that one first, whichever intent it is of, and whichever process signed it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Final

from biodesci.chain import nonces, transactions
from biodesci.chain.entries import Attempt, Book, Entry
from biodesci.chain.fees import Fees, Market
from biodesci.chain.refusals import Refusal
from biodesci.chain.sending import Sender, Sending
from biodesci.chain.transactions import Place
from biodesci.core.about import about
from biodesci.core.errors import ChainError
from biodesci.store.locks import Lock

_log = logging.getLogger(__name__)
_GAP: Final = "gap"  # the kind of an intent that only fills a nonce
_WANTS_MORE: Final = {Refusal.REPLACES_TOO_CHEAPLY, Refusal.TOO_CHEAP}


@dataclass(frozen=True)
class Pusher:
    """Looks after all that an account has in no block yet, on one chain."""

    sender: Sender
    book: Book
    sending: Sending

    def waiting(self) -> list[Entry]:
        """The account's entries that were sent, and are not known to have taken effect, by their nonces."""
        entries = self.book.of_account(self.sender.chain, self.sender.address)
        return [entry for entry in entries if entry.is_waiting]

    def is_due(self) -> bool:
        """Whether something is to be pushed; `push` looks again, when it has the account's turn."""
        waiting = self.waiting()
        if not waiting:
            return False
        used, market = self._now()
        for entry in waiting:
            if entry.takes < used:  # of intents, too, for which nobody asks any more
                self.book.note_landed(entry)
        return bool(self._due(waiting, used, market))

    def push(self, turn: Lock) -> None:
        """Pushes what is due. Raises UnavailableError where node or database don't answer."""
        waiting = self.waiting()
        if not waiting:
            return
        used, market = self._now()
        for entry in waiting:
            if entry.kind == _GAP and entry.takes < used:
                self.book.remove(entry)
        for entry in self._due(waiting, used, market):
            place = Place(entry.takes, market, self.sending.highest_fee)
            with about(transaction=entry.attempts[-1].named):
                if place.nonce > used and not self._is_cheap(entry, market):
                    self._fill(used, place, turn)
                else:
                    self._push(entry, place, turn, is_next=place.nonce == used)
        self._hand_on(used)

    def _hand_on(self, used: int) -> None:
        """Sends to our node what it does not have of the account, as it is: another instance sent it by a
        node of its own, which may keep it back from the chain."""
        web3, address = self.sender.web3, self.sender.address
        ahead = [entry for entry in self.waiting() if entry.takes >= used]
        if ahead and nonces.pending(web3, address) <= ahead[0].takes:
            for entry in ahead:
                with about(transaction=entry.attempts[-1].named):
                    self._hand(entry)

    def place(self) -> Place:
        """Where the account's next transaction goes: a nonce that nothing here has, or can still take.

        Behind one address, a node that lags may count what is pending: its nonce may be used. At the block
        of the market, after which the user of the nonce is looked for, the nonce is free for sure.
        """
        web3, address = self.sender.web3, self.sender.address
        taken, market = {entry.nonce for entry in self.waiting()}, Market.now(web3)
        nonce = max(nonces.pending(web3, address), nonces.at(web3, address, market.number))
        while nonce in taken:
            nonce += 1
        return Place(nonce, market, self.sending.highest_fee)

    def first(self, entry: Entry, turn: Lock) -> Entry | None:
        """Sends what nobody knows to have been sent, or to be where it was: the process that signed it ended.

        What has become pointless meanwhile is cancelled instead, as a node may have it.
        """
        used, market = self._now()
        last = entry.attempts[-1]
        if entry.sent is None and entry.takes == used and not last.cancels and self._is_pointless(last):
            place = Place(used, market, self.sending.highest_fee)
            cancelled = self._add(entry, place, turn, cancels=True)
            if cancelled is not None:
                transactions.send(self.sender.web3, cancelled.attempts[-1].raw, self.sender.stop)
                return self.book.note_sent(cancelled, cancelled.attempts[-1].tx_hash)
        transactions.send(self.sender.web3, last.raw, self.sender.stop)
        # Sent once more, it is as late as it was.
        return entry if last.sent is not None else self.book.note_sent(entry, last.tx_hash)

    def _now(self) -> tuple[int, Market]:
        web3 = self.sender.web3
        return nonces.used(web3, self.sender.address), Market.now(web3)

    def _due(self, waiting: list[Entry], used: int, market: Market) -> list[Entry]:
        """What offers too little, and the lowest, if it is late: the others may only wait for that one."""
        ahead = [entry for entry in waiting if entry.takes >= used]
        return [
            entry
            for entry in ahead
            if (entry.takes == ahead[0].takes and self._is_late(entry))
            or (self._is_cheap(entry, market) and self._can_raise(entry, market))
        ]

    def _is_late(self, entry: Entry) -> bool:
        assert entry.sent is not None
        waited = time.time() - entry.sent / 1000
        return abs(waited) >= self.sending.stuck_after  # negative where a clock was set back

    def _is_cheap(self, entry: Entry, market: Market) -> bool:
        return market.is_above(Fees.of(entry.attempts[-1].raw))

    def _can_raise(self, entry: Entry, market: Market) -> bool:
        raised = Fees.of(entry.attempts[-1].raw).raised().most
        return max(raised, market.asked) <= self.sending.highest_fee

    def _is_pointless(self, attempt: Attempt) -> bool:
        return transactions.is_pointless(self.sender.web3, attempt.raw)

    def _push(self, entry: Entry, place: Place, turn: Lock, *, is_next: bool) -> None:
        last = entry.attempts[-1]
        if place.market.asked > place.highest_fee:
            self._send(entry)  # a raise that is not enough buys nothing; the node may have dropped it
            return
        cancels = last.cancels or (is_next and self._is_pointless(last))
        for twice in (False, True):
            raised = self._add(entry, place, turn, cancels=cancels, twice=twice)
            if raised is None and not twice:
                self._send(entry)  # nothing more is paid; the node may have dropped it
            if raised is None or self._send(raised) not in _WANTS_MORE:
                return
            entry = raised

    def _add(
        self, entry: Entry, place: Place, turn: Lock, *, cancels: bool, twice: bool = False
    ) -> Entry | None:
        """The entry with one more attempt; None where that would cost too much."""
        sender = self.sender
        raw = transactions.replacement(
            sender.web3, sender.signer, entry.attempts[-1].raw, place, cancels=cancels, twice=twice
        )
        if raw is None:
            return None
        how = "without its call, which has become pointless" if cancels else "for a higher fee"
        _log.info("%s %s: nonce %d is sent again %s", entry.kind, entry.about, place.nonce, how)
        return self.book.add(entry, Attempt.of(raw, cancels=cancels), turn)

    def _send(self, entry: Entry) -> Refusal | None:
        why = self._hand(entry)
        self.book.note_sent(entry, entry.attempts[-1].tx_hash)
        return why

    def _hand(self, entry: Entry) -> Refusal | None:
        """Sends the last attempt, which is noted as late as it was."""
        try:
            return transactions.send(self.sender.web3, entry.attempts[-1].raw, self.sender.stop)
        except ChainError as exc:
            # An attempt before this one may take effect, so that there is still something to wait for.
            _log.warning("%s %s: %s", entry.kind, entry.about, exc)
            return None

    def _fill(self, free: int, place: Place, turn: Lock) -> None:
        """Uses nonces below ours that no transaction has, as far as the node knows: without them ours can't
        be in a block. The account was used elsewhere, or what it sent is lost."""
        sender = self.sender
        if nonces.pending(sender.web3, sender.address) > free or place.market.asked > place.highest_fee:
            return
        for nonce in range(free, place.nonce):
            _log.warning(
                "nonce %d of %s was not sent by anybody: an empty transaction fills it", nonce, sender.address
            )
            blank = Entry(network=sender.network, account=sender.address, kind=_GAP, about=f"nonce {nonce}")
            raw = transactions.sign_empty(
                sender.web3, sender.signer, Place(nonce, place.market, place.highest_fee)
            )
            self._send(self.book.begin(blank, Attempt.of(raw, cancels=True), place.market.number, turn))
