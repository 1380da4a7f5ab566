"""The faults that workers and indexes are tried against, and which of them may wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.faults import (
    BatchRefused,
    BatchShuffled,
    Dead,
    Fault,
    Html,
    Pruned,
    RangeLimit,
    ReceiptsRefused,
    ResultLimit,
    Slow,
    TooManyRequests,
)
from tests.faults.held import HeldTransaction
from tests.faults.lies import Cut, Drop, HeadBack, Lag, WrongHash

AFTERWARDS_S = 30.0


@dataclass(frozen=True)
class Case:
    """`goes_on`: workers have to end right while the fault is there; else they may wait. `deep`: another
    wording of a fault that each change is tried against. `sending`: it is of transactions, which an index,
    that reads logs alone, does not notice: the two are tried together in `make test-deep`."""

    name: str
    fault: Callable[[], Fault]
    goes_on: bool = True
    deep: bool = False
    sending: bool = False


CASES = (
    Case("20 blocks, the range named", lambda: RangeLimit(20, "alchemy")),
    Case("20 blocks, unnamed", lambda: RangeLimit(20, "ankr"), deep=True),
    Case("20 blocks, Besu", lambda: RangeLimit(20, "besu"), deep=True),
    Case("few results", lambda: ResultLimit(5)),
    Case("few results, geth", lambda: ResultLimit(5, "geth"), deep=True),
    # Its Retry-After is longer than these clients' patience: of many questions in a row, few may be refused.
    Case("429 of HTTP", lambda: TooManyRequests("http", 0.005)),
    Case("429 in JSON", lambda: TooManyRequests("compute units", 0.02), deep=True),
    Case("429 as -32005", lambda: TooManyRequests("request rate", 0.02), deep=True),
    Case("30 ms", lambda: Slow(0.03)),
    Case("no batches", BatchRefused),
    Case("small batches", lambda: BatchRefused(5), deep=True),
    Case("shuffled batches", BatchShuffled, deep=True),
    Case("no receipts", ReceiptsRefused, sending=True),
    Case("pruned", lambda: Pruned(16)),
    Case("one held transaction", lambda: HeldTransaction(most=1, lost=True), sending=True),
    Case("every transaction held", HeldTransaction, goes_on=False, sending=True),
    Case("logs lag", lambda: Lag(3), goes_on=False),
    Case("a node lags", lambda: Lag(3, whole=True), goes_on=False),
    Case("cut", Cut, goes_on=False),
    Case("drop", Drop, goes_on=False, deep=True),
    Case("wrong hashes of logs", lambda: WrongHash("logs"), goes_on=False, deep=True),
    Case("wrong hashes of blocks", lambda: WrongHash("headers"), goes_on=False, deep=True),
    Case("the head jumps back", HeadBack, goes_on=False),
    Case("HTML", Html, goes_on=False),
    Case("refused", Dead, goes_on=False, deep=True),
    Case("reset", lambda: Dead("reset"), goes_on=False, deep=True),
    Case("silent", lambda: Dead("hang"), goes_on=False),
)

EACH = [pytest.param(case, id=case.name, marks=[pytest.mark.deep] * case.deep) for case in CASES]
OF_READERS = [
    pytest.param(case, id=case.name, marks=[pytest.mark.deep] * (case.deep or case.sending)) for case in CASES
]
