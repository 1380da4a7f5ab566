"""Calls for rounds on their way (chain/flights.py): of each round one at a time, of several rounds at once.

A round's next step rests on the block of the one before, so that a round waits for its own call. No other
round does. What a run before sent is in the outbox: it is collected, and not sent once more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.chain.flights import Ends, Flights
from biodesci.core.errors import BioDeSciError, RevertedError

log = logging.getLogger(__name__)
IN_NO_BLOCK: Final = "its transaction is in no block yet"

# Somebody else has moved or ended the round: what is to be done now, the chain says.
_SETTLED: Final = frozenset({"ModelRegistry_WrongState", "ModelRegistry_DealersFixed"})


class InFlight:
    """The calls of one account for rounds. `kind` tells what it does in them from what else it sends;
    `report` is told why a round's call came to nothing."""

    def __init__(self, chain: Chain, kind: str, report: Callable[[int, BioDeSciError], None]) -> None:
        self._chain, self._kind, self._report = chain, kind, report
        self._sentences: dict[str, str] = {}
        self._flights = Flights(chain, kind, Ends(self._took_effect, self._had_none, self._troubled))

    def rounds(self) -> set[int]:
        """Those for which a call was sent, by this or another process, and is not collected."""
        return {_round(about) for about in self._flights.on_their_way()}

    def send(self, round_id: int, call: ContractFunction, sentence: str) -> bool:
        """Sends a round's next call, and waits for no block; False where another process is at it.

        `sentence` is logged once the call has taken effect. Raises as `Intent.begin` does.
        """
        about = f"round {round_id}: {call.fn_name}"
        with self._chain.intent_if_free(self._kind, about) as intent:
            if intent is None:
                return False
            self._sentences[about] = sentence
            intent.begin(call)
        return True

    def collect(self) -> set[int]:
        """The rounds whose call has taken effect. Raises as `Flights.collect`."""
        return {_round(about) for about in self._flights.collect()}

    def collect_soon(self, begun: set[int]) -> set[int]:
        """As `collect`, of what was sent just now."""
        sent = {about for about in self._flights.on_their_way() if _round(about) in begun}
        return {_round(about) for about in self._flights.collect_soon(sent)}

    def _took_effect(self, about: str, receipt: TxReceipt) -> None:
        number, _, call = about.partition(": ")
        log.info("%s: %s", number, self._sentences.pop(about, f"{call} is in block {receipt['blockNumber']}"))

    def _had_none(self, about: str, refusal: RevertedError | None) -> None:
        self._sentences.pop(about, None)
        if refusal is not None and refusal.name not in _SETTLED:
            raise refusal

    def _troubled(self, about: str, error: BioDeSciError) -> None:
        self._report(_round(about), error)


def _round(about: str) -> int:
    return int(about.removeprefix("round ").partition(":")[0])
