"""How a transaction leaves: every one by this way, and for one intent only one takes effect.

1. The *intent* is noted: whose, on which network, of what kind, about what.
2. The transaction is signed, and *noted with its bytes* before anybody else sees them.
3. It is *sent*, and that is noted. Whatever becomes unclear from here on is settled with these bytes: they
   have one nonce, and a chain takes one transaction for a nonce.
4. While no block has it and it is stuck, it is signed again with the same nonce and call for a *higher fee*.
   All attempts are kept, as any of them may be the one that a block has.
5. *Confirmed*, the hash of that one is noted, and the receipt goes to the caller.
6. The caller leaves the intent's `with`: its result is stored, and the entry is *forgotten*.

Whoever asks for the same intent again, in another process or after `kill -9`, goes on where the entry ends.
The intent is signed with another nonce only where the chain shows, `confirmations` deep, that the attempt
failed, or which other transaction has used the first nonce. What a node does not say decides nothing.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain import entries, transactions
from biodesci.chain.entries import Attempt, Entry
from biodesci.core.errors import ChainError, RevertedError, UnavailableError

_log = logging.getLogger(__name__)
_LONGEST_PAUSE_S: Final = 1.0


@dataclass(frozen=True)
class Sending:
    """How long a client waits, in seconds, and what it pays, in wei for a unit of gas."""

    block_timeout: float = 120.0  # for the transaction's block, and for each one upon that
    stuck_after: float = 60.0  # without a block the fee is raised
    highest_fee: int = 500 * transactions.GWEI
    # For so long the chain must show another transaction with the nonce, before this one counts as lost.
    sure_after: float = 1.0

    @classmethod
    def chosen(cls, stuck_after: float, highest_fee_gwei: int) -> Sending:
        """As BIODESCI_STUCK_AFTER, in seconds, and BIODESCI_HIGHEST_FEE_GWEI say."""
        return cls(stuck_after=stuck_after, highest_fee=highest_fee_gwei * transactions.GWEI)


@dataclass(frozen=True)
class Outbox:
    """The outbox of one account on one network, in a folder that other accounts may share."""

    web3: Web3
    signer: LocalAccount
    folder: Path
    network: str
    confirmations: int
    sending: Sending

    @contextmanager
    def intent(self, kind: str, about: str) -> Iterator[Intent]:
        """The only holder of this intent, until the `with` is left.

        Left without an error, an intent that took effect is forgotten: store its result before. `kind` is a
        word that may be in a file's name, `about` what tells this intent from others of the kind.
        """
        blank = Entry(network=self.network, account=str(self.signer.address), kind=kind, about=about)
        with entries.locked(self.folder / f"{blank.name}.lock"):
            intent = Intent(self, blank)
            try:
                yield intent
            except BaseException:
                if not intent.is_signed:
                    intent.forget()
                raise
            if intent.has_ended:
                intent.forget()

    def sign(self, function: ContractFunction, value: int) -> bytes:
        """The signed transaction. The caller holds `turn`, as the nonce is free only until somebody sends."""
        return transactions.sign(self.web3, self.signer, function, value, self.sending.highest_fee)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Keeps the account's other threads and processes from taking the same nonce."""
        with entries.locked(self.folder / f"{self.signer.address}.lock"):
            yield


class Intent:
    """What one account wants to bring about once. Made by `Outbox.intent`."""

    def __init__(self, outbox: Outbox, blank: Entry) -> None:
        self._outbox, self._blank = outbox, blank
        self._entry = entries.read(outbox.folder, blank) or blank
        self._was_sent_here = False

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

        None where there is nothing, or what there was can have no effect any more: it failed, or another
        transaction has its nonce.
        """
        if not self.is_signed:
            return None
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
            self._note()
            with self._outbox.turn():
                self._add(self._outbox.sign(function, value))
                with self._telling():
                    self._send()
            with self._telling():
                receipt = self._settled()
        return receipt

    def adopt(self, raw: bytes) -> None:
        """Takes over a transaction that was signed before there was an outbox, unless there is an entry."""
        if not self.is_signed and transactions.sender_of(raw) == self._blank.account:
            self._add(raw)

    def is_in_a_block(self) -> bool:
        """Whether a transaction that a run before signed has taken effect, or failed."""
        return transactions.receipt_of(self._outbox.web3, self._hashes()) is not None

    def forget(self) -> None:
        """The next run starts anew, as if nothing had been signed."""
        entries.remove(self._outbox.folder, self._entry)
        self._entry = self._blank

    # Steps

    def _note(self, **changes: object) -> None:
        entry = self._entry.model_copy(update=changes)
        entries.write(self._outbox.folder, entry)
        self._entry = entry

    def _add(self, raw: bytes) -> None:
        self._note(nonce=transactions.nonce_of(raw), attempts=(*self._entry.attempts, Attempt.of(raw)))

    def _send(self) -> None:
        *earlier, last = self._entry.attempts
        self._was_sent_here = True
        transactions.send(self._outbox.web3, last.raw)
        self._note(attempts=(*earlier, last.model_copy(update={"sent": int(time.time())})))

    def _hashes(self) -> list[bytes]:
        return [attempt.tx_hash for attempt in self._entry.attempts]

    def _settled(self) -> TxReceipt | None:
        """Waits: the receipt, or None where another transaction has the nonce. RevertedError if it failed."""
        outbox, timeout = self._outbox, self._outbox.sending.block_timeout
        give_up, pause, deepest, lost_since = time.monotonic() + timeout, 0.02, -1, math.inf
        while True:
            try:
                receipt = transactions.receipt_of(outbox.web3, self._hashes())
                if receipt is not None:
                    depth = int(outbox.web3.eth.block_number) - receipt["blockNumber"]
                    if depth >= outbox.confirmations:
                        return self._confirmed(receipt)
                    if depth > deepest:
                        deepest, give_up = depth, time.monotonic() + timeout
                else:
                    deepest = -1
                    user = self._user_of_nonce()
                    if user is None or user in self._hashes():
                        lost_since = math.inf
                        if user is None:
                            self._push()
                    elif lost_since == math.inf:
                        # From here on, no receipt may be told of before this counts.
                        lost_since = time.monotonic()
                    elif time.monotonic() - lost_since > outbox.sending.sure_after:
                        _log.info("%s: 0x%s has nonce %s", self, user.hex(), self._entry.nonce)
                        self._note(nonce=None, attempts=(), confirmed=None)
                        return None
            except UnavailableError:
                if not self._was_sent_here or time.monotonic() > give_up:
                    raise
            if time.monotonic() > give_up:
                raise self._late(deepest)
            time.sleep(pause)
            pause = min(1.5 * pause, _LONGEST_PAUSE_S)

    def _confirmed(self, receipt: TxReceipt) -> TxReceipt:
        if receipt["status"] != 1:
            failure = transactions.failure(self._outbox.web3, receipt)
            self.forget()
            raise failure
        self._note(confirmed=bytes(receipt["transactionHash"]))
        return receipt

    def _user_of_nonce(self) -> bytes | None:
        outbox, nonce = self._outbox, self._entry.nonce
        assert nonce is not None
        return transactions.user_of_nonce(outbox.web3, self._blank.account, nonce, outbox.confirmations)

    def _push(self) -> None:
        """Sends what this process has not sent; for a higher fee what is stuck."""
        outbox, last = self._outbox, self._entry.attempts[-1]
        is_late = last.sent is not None and time.time() - last.sent >= outbox.sending.stuck_after
        is_cheap = transactions.base_fee(outbox.web3) > transactions.Fees.of(last.raw).most
        if not (is_late or is_cheap):
            if not self._was_sent_here:
                self._send()
            return
        dearer = transactions.replacement(outbox.web3, outbox.signer, last.raw, outbox.sending.highest_fee)
        if dearer is not None:
            _log.info("%s: sent again for a higher fee", self)
            self._add(dearer)
        elif not is_late and self._was_sent_here:
            return
        try:
            self._send()
        except ChainError as exc:
            # An attempt before this one may take effect, so that there is still something to wait for.
            _log.warning("%s: %s", self, exc)
            *earlier, last = self._entry.attempts
            self._note(attempts=(*earlier, last.model_copy(update={"sent": int(time.time())})))

    def _late(self, depth: int) -> UnavailableError:
        outbox, last = self._outbox, self._entry.attempts[-1]
        where = "not in a block" if depth < 0 else f"{depth} blocks deep, not {outbox.confirmations}"
        hint = "Repeat this to go on with the same transaction; it may still take effect."
        message = f"Transaction 0x{last.tx_hash.hex()} was sent, but is {where} yet."
        asked, highest = transactions.base_fee(outbox.web3), outbox.sending.highest_fee
        if depth < 0 and asked > highest:
            message = f"{message} {transactions.too_dear(asked, highest)[0]}"
            hint = f"{hint} BIODESCI_HIGHEST_FEE_GWEI says what is paid at most."
        return UnavailableError(message, hint)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Adds to what went wrong where the signed transaction is."""
        try:
            yield
        except RevertedError:
            raise
        except (UnavailableError, ChainError) as exc:
            note = self._outbox.folder / self._entry.name
            raise type(exc)(exc.message, f"{exc.hint} It is noted in {note}.".lstrip()) from exc
