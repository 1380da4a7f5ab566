"""What is known of one worker, for whoever watches it: whether it is well, and its figures (Prometheus).

Labels are words of ours. What a stranger writes, and what an error quotes, is in none of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, generate_latest

from biodesci.core.errors import BioDeSciError
from biodesci.serving.refusals import COUNTED

_WEI: Final = 10**18
_NEW: Final = "It has not come through a step yet."


@dataclass(frozen=True)
class Outlook:
    """What a worker has before it, as it last saw it."""

    seen: int | None = None  # the last block whose events it has read
    queue: Mapping[str, int] = field(default_factory=dict)  # open things, by kind
    is_behind: bool = False  # the step ended in the middle of what it reads: the next follows at once


class Watch:
    """Threads may share one: the worker's loop writes, the HTTP server reads."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self._lock = threading.Lock()
        self._head_block = 0
        self._seen_block: int | None = None
        self._trouble = _NEW
        self._registry = registry = CollectorRegistry()
        registry.register(COUNTED)

        def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
            return Gauge(f"biodesci_{name}", text, labels, registry=registry)

        Gauge("biodesci_worker", "1 for the kind of this process.", ["worker"], registry=registry).labels(
            worker
        ).set(1)
        self._steps = Counter("biodesci_steps", "Steps that came to their end.", registry=registry)
        self._failures = Counter("biodesci_failures", "Steps that failed.", ["kind"], registry=registry)
        self._last = gauge("last_success_seconds", "Unix time of the last step that came to its end.")
        self._failing = gauge("failures_in_a_row", "Steps that failed since the last that did not.")
        self._holds = gauge("holds_lease", "1 while this instance works, 0 while it stands by.")
        self._head = gauge("head_block", "The last block that counts.")
        self._seen = gauge("seen_block", "The last block whose events were read.")
        self._lag = gauge("lag_blocks", "How far it is behind the last block that counts.")
        self._queue = gauge("queue", "What is open, by kind.", ("kind",))
        self._failed = gauge("jobs_failing", "Jobs that failed and are tried again, by kind.", ("kind",))
        self._waiting = gauge("jobs_waiting", "Jobs that wait for a person's word, by kind.", ("kind",))
        self._balance = gauge("balance_ether", "What the account holds.")
        self._low = gauge("balance_is_low", "1 while that is below BIODESCI_LOW_BALANCE_WEI.")
        self._pending = gauge("outbox_pending", "The account's transactions that wait for a block.")
        self._oldest = gauge("outbox_oldest_seconds", "Seconds since the oldest of these was sent first.")

    # Written by the loop

    def stands_by(self) -> None:
        """Another instance works."""
        self._holds.set(0)
        with self._lock:
            self._trouble = "Another instance of this worker works; this one stands by."

    def works(self) -> None:
        """This instance has the lease, from now on."""
        self._holds.set(1)
        with self._lock:
            self._trouble = _NEW

    def succeeded(self) -> None:
        """A step came to its end."""
        self._steps.inc()
        self._last.set(time.time())
        self._failing.set(0)
        with self._lock:
            self._trouble = ""

    def failed(self, error: Exception, in_a_row: int) -> None:
        """A step failed, for the n-th time in a row."""
        kind = type(error).__name__ if isinstance(error, BioDeSciError) else "unexpected"
        self._failures.labels(kind).inc()
        self._failing.set(in_a_row)
        with self._lock:
            self._trouble = f"The last step failed ({kind}); its log says why."

    def saw(self, outlook: Outlook) -> None:
        """What the worker has before it."""
        if outlook.seen is not None:
            self._seen_block = outlook.seen
            self._seen.set(outlook.seen)
            self._lag.set(max(self._head_block - outlook.seen, 0))
        for kind, number in outlook.queue.items():
            self._queue.labels(kind).set(number)

    def counts(self, head: int) -> None:
        """The last block that counts now."""
        self._head_block = head
        self._head.set(head)
        if self._seen_block is not None:
            self._lag.set(max(head - self._seen_block, 0))

    def holds(self, balance: int, *, is_low: bool) -> None:
        """What the account holds, in wei."""
        self._balance.set(balance / _WEI)
        self._low.set(is_low)

    def sends(self, pending: int, oldest: float) -> None:
        """How many transactions wait for a block, and seconds since the oldest of them was sent first."""
        self._pending.set(pending)
        self._oldest.set(oldest)

    def owes(self, failing: Mapping[str, int], waiting: Mapping[str, int]) -> None:
        """How many jobs of each kind failed and are tried again, and how many wait for a person's word."""
        for gauge, jobs in ((self._failed, failing), (self._waiting, waiting)):
            gauge.clear()
            for kind, number in jobs.items():
                gauge.labels(kind).set(number)

    # Read by the server

    @property
    def trouble(self) -> str:
        """Why the worker is not ready; empty where it is."""
        with self._lock:
            return self._trouble

    def metrics(self) -> bytes:
        """All figures, in Prometheus' text format; those of the process too."""
        return generate_latest(REGISTRY) + generate_latest(self._registry)
