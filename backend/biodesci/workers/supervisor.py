"""How every worker goes on: it has the lease of its work, makes its client, steps, and pauses.

1. *Lease*: of all instances of a worker that share a work database, one works. The others stand by, and one
   of them follows when the holder has given the lease back, or has given no sign of life for its length.
2. *Client*: made when it is needed, and anew after it was lost (a service that did not answer, an error that
   nobody foresaw). What a restart needs is on disk and on chain: a new client goes on where the last ended.
3. *Step*: does what can be done now. What fails is logged, counted, and tried again later and later.
4. *Pause*: brief after work, longer and longer while there is nothing to do (`pace.py`).

An error in the settings ends the process before it has worked. Whatever else happens is waited out, and so is
what looks like a wrong setting later: behind one address, a node that is being rebuilt has no contracts.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from biodesci.chain import heads
from biodesci.chain.client import Chain
from biodesci.chain.pending import backlog
from biodesci.config import Settings
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from biodesci.store.engine import Location
from biodesci.store.jobs import Jobs
from biodesci.store.leases import HeldElsewhereError, Lease, LeaseLostError
from biodesci.store.work import Work
from biodesci.workers.pace import Pace
from biodesci.workers.watch import Outlook, Watch

LEASE_S: Final = 10.0
_STAND_BY_S: Final = 2.0
_LOOK_AROUND_S: Final = 30.0  # between two looks at balance, outbox and jobs
_LOSES: Final = (UnavailableError, ConfigurationError)  # after which the client is made anew


def _nothing() -> None:
    pass


def _lives() -> bool:
    return True


@dataclass(frozen=True)
class Client:
    """What a worker made to work with: `step` says whether it did anything, `outlook` asks no service."""

    step: Callable[[], bool]
    outlook: Callable[[], Outlook] = Outlook
    chain: Chain | None = None
    close: Callable[[], None] = _nothing
    is_kept: bool = False  # it goes on after a failure, too: it serves others
    is_alive: Callable[[], bool] = _lives  # whether what serves others still does


@dataclass(frozen=True)
class Worker:
    """One kind of worker: `name` is its log's, `lease` its work's, `location` that of the work database which
    all of its instances share, `build` makes its client."""

    name: str
    lease: str
    location: Location
    build: Callable[[Work], Client]


class Supervisor:
    """Runs one worker until `stop` is set."""

    def __init__(self, worker: Worker, settings: Settings, watch: Watch, stop: threading.Event) -> None:
        self._worker, self._settings, self._watch, self._stop = worker, settings, watch, stop
        self._pace = Pace(settings.poll_interval, settings.idle_interval)
        self._log = logging.getLogger(worker.name)
        self._client: Client | None = None
        self._look_around_at = 0.0
        self._is_poor = False
        self._has_worked = False

    def run(self) -> None:
        """Raises ConfigurationError for settings with which it cannot work."""
        while not self._stop.is_set():
            try:
                with Work(self._worker.location) as work:
                    self._share(work)
            except UnavailableError as exc:  # the work database is away when it begins
                self._failed(exc)

    def _share(self, work: Work) -> None:
        """Works while it has the lease, and stands by while another has it, until `stop` is set."""
        is_standing_by = False
        while not self._stop.is_set():
            try:
                with work.lease(self._worker.lease, seconds=LEASE_S) as lease:
                    is_standing_by = False
                    self._watch.works()
                    self._work(work, lease)
            except HeldElsewhereError as exc:
                self._watch.stands_by()
                if not is_standing_by:
                    self._log.info("standing by: %s", exc)
                is_standing_by = True
                self._stop.wait(_STAND_BY_S)
            except UnavailableError as exc:  # of the work database
                self._failed(exc)

    def _work(self, work: Work, lease: Lease) -> None:
        """Steps until `stop` is set or the lease is lost."""
        try:
            while not self._stop.is_set():
                lease.check()
                self._turn(work)
        except LeaseLostError as exc:
            self._log.warning("%s", exc)
        finally:
            self._lose()

    def _turn(self, work: Work) -> None:
        try:
            client = self._opened(work)
            did = client.step()
            self._watch.saw(client.outlook())
            self._look_around(client, work)
        except LeaseLostError:
            raise
        except Exception as exc:  # whatever a stranger's thing brings about
            if isinstance(exc, ConfigurationError) and not self._has_worked:
                raise
            self._failed(_told(exc), work)
        else:
            self._has_worked = True
            self._watch.succeeded()
            if not client.outlook().is_behind:
                self._stop.wait(self._pace.after_work() if did else self._pace.after_nothing())

    def _opened(self, work: Work) -> Client:
        """The client, made if there is none. Raises UnavailableError where what serves others has ended."""
        if self._client is None:
            gc.collect()  # contracts and sessions of one that was lost hold each other, a tenth of a MiB
            self._client = self._worker.build(work)
            self._watch.saw(self._client.outlook())
        if not self._client.is_alive():
            raise UnavailableError(
                "The server of this worker has ended.", "It is begun anew. The log says why it ended."
            )
        return self._client

    def _failed(self, exc: Exception, work: Work | None = None) -> None:
        """Waits out a failure; of a step, `work` is what it worked with."""
        if self._stop.is_set():
            return  # what it waited for was given up because it is to end
        until = time.monotonic() + self._pace.after_failure()
        self._watch.failed(exc, self._pace.failures)
        if isinstance(exc, BioDeSciError):
            self._log.warning("%s", exc)
        else:
            self._log.error("Unexpected error; trying again.", exc_info=exc)
        client = self._client
        if client is not None and work is not None:
            try:
                self._look_around(client, work, is_well=False)
            except Exception as amiss:  # noqa: BLE001 - watching ends no worker
                if not isinstance(amiss, BioDeSciError):  # of which the next step tells
                    self._log.error("Unexpected error in looking around.", exc_info=amiss)
        is_lost = isinstance(exc, _LOSES) or not isinstance(exc, BioDeSciError)
        if is_lost and client is not None and not (client.is_kept and client.is_alive()):
            self._lose()
        self._stop.wait(max(0.0, until - time.monotonic()))

    def _lose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
            if client.chain is not None:
                client.chain.provider.close()

    def _look_around(self, client: Client, work: Work, *, is_well: bool = True) -> None:
        """Now and then: the chain's head, and what the account holds; who cannot pay stands still.

        After a step that failed, nodes are asked for the head once and briefly: watching goes on, and the
        next step, which comes after the pause, waits no longer for that.
        """
        if time.monotonic() < self._look_around_at:
            return
        self._look_around_at = time.monotonic() + _LOOK_AROUND_S
        jobs = Jobs(work, self._worker.lease).counts()
        self._watch.owes(jobs.failing, jobs.waiting)
        if (chain := client.chain) is None:
            return
        if chain.account is not None:
            waiting = backlog(self._worker.location, chain.identity, chain.address)
            self._watch.sends(waiting.count, waiting.oldest)
        if not is_well:
            if (head := heads.glance(chain.provider, chain.confirmations)) is not None:
                self._watch.counts(head)
            return
        with suppress(UnavailableError):  # the next step says so
            self._watch.counts(chain.counted_head())
            if chain.account is not None:
                self._look_at_the_balance(chain)

    def _look_at_the_balance(self, chain: Chain) -> None:
        balance = chain.balance(chain.address)
        is_poor = balance < self._settings.low_balance_wei
        self._watch.holds(balance, is_low=is_poor)
        if is_poor and not self._is_poor:
            self._log.warning(
                "%s holds %.6f ETH, less than %.6f (BIODESCI_LOW_BALANCE_WEI): send ether to it, or it will "
                "soon be unable to pay for its transactions",
                chain.address, balance / 10**18, self._settings.low_balance_wei / 10**18,
            )  # fmt: skip
        self._is_poor = is_poor


def _told(exc: Exception) -> Exception:
    """What the system refused, in words of ours; another error as it is."""
    if not isinstance(exc, OSError):
        return exc
    where = f" {exc.filename}" if exc.filename else ""
    return UnavailableError(
        f"The system refused{where}: {exc.strerror or type(exc).__name__}.",
        "Check free space and permissions; it is tried again.",
    )
