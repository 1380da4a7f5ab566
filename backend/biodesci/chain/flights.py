"""Transactions on their way: sent for several things at once, and collected when blocks have them.

Whoever waits for a block with each transaction is held up by the one that no block takes. What is on its way
is in the outbox, so that it outlives the process, and no second instance sends it once more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.core.errors import BioDeSciError, FundsError, RevertedError, UnavailableError

MOST: Final = 16  # that an account has on their way: nodes keep so many of one account for sure
_MOMENT_S: Final = 0.5


@dataclass(frozen=True)
class Ends:
    """What is done with a transaction that has come to its end, by what its intent is about.

    `took_effect` is called until it returns without an error, `had_none` once, with the contract's refusal;
    with None where the transaction was cancelled or lost. What either raises is told to `report`.
    """

    took_effect: Callable[[str, TxReceipt], None]
    had_none: Callable[[str, RevertedError | None], None]
    report: Callable[[str, BioDeSciError], None]


class Flights:
    """The transactions of one kind of intent that an account has on their way."""

    def __init__(self, chain: Chain, kind: str, ends: Ends) -> None:
        self._chain, self._kind, self._ends = chain, kind, ends

    def on_their_way(self) -> list[str]:
        """What those are about that were sent, by this or another process, and are not collected."""
        return self._chain.outbox().sent(self._kind)

    def collect(self) -> list[str]:
        """What those are about that took effect. Waits for no block, and pushes what is stuck.

        Raises UnavailableError, or FundsError, after it has looked at all.
        """
        outbox = self._chain.outbox()
        done: list[str] = []
        trouble: BioDeSciError | None = None
        for about in outbox.ready(self._kind):
            try:
                if self._is_done(about):
                    done.append(about)
            except (UnavailableError, FundsError) as exc:
                trouble = trouble or exc
            except BioDeSciError as exc:
                self._ends.report(about, exc)
        outbox.push()
        if trouble is not None and not done:
            raise trouble
        return done

    def collect_soon(self, begun: set[str]) -> list[str]:
        """As `collect`, of what was sent just now: a chain that makes blocks at once is given a moment."""
        give_up, pause, done = time.monotonic() + _MOMENT_S, 0.02, self.collect()
        while not begun <= set(done) and time.monotonic() < give_up:
            time.sleep(pause)
            pause *= 1.5
            done += self.collect()
        return done

    def _is_done(self, about: str) -> bool:
        with self._chain.intent_if_free(self._kind, about) as intent:
            if intent is None:
                return False
            try:
                receipt = intent.look()
            except RevertedError as exc:
                self._ends.had_none(about, exc)
                return False
            if receipt is None:
                if not intent.is_signed:
                    self._ends.had_none(about, None)
                return False
            self._ends.took_effect(about, receipt)
        return True
