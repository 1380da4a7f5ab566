"""Leases: of all processes that share a work database, one at a time does a piece of work.

A holder says that it lives three times within the lease's length; one that died is followed when its lease
has lapsed. The database's clock counts, not those of the machines. A holder that was held up (a stopped
process, a suspended machine, a database away) may have been followed meanwhile: before it acts, it asks
(`Lease.check`).
"""

from __future__ import annotations

import logging
import os
import platform
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from biodesci.core.errors import StateError, UnavailableError
from biodesci.store.engine import now_ms
from biodesci.store.tables import leases

if TYPE_CHECKING:
    from biodesci.store.work import Work

_log = logging.getLogger(__name__)
_BEATS: Final = 3  # within a lease's length


class HeldElsewhereError(StateError):
    """Another process has the lease."""


class LeaseLostError(StateError):
    """The lease lapsed, or another process has it by now: whoever had it must not go on."""


class Lease:
    """Held from `held` on, until the context ends or it is lost."""

    def __init__(self, work: Work, name: str, seconds: float) -> None:
        self.name = name
        self.seconds = seconds
        self.lost = threading.Event()  # set as soon as a heartbeat finds that another has it
        self._work = work
        self._holder = secrets.token_hex(16)

    def check(self) -> None:
        """Raises LeaseLostError unless the database says that the lease is held; asks it.

        To be called right before something is done that only one may do. Raises UnavailableError where the
        database does not answer: whether another has the lease is not known then.
        """
        query = select(leases.c.holder).where(leases.c.name == self.name, leases.c.until > now_ms())
        with self._work.snapshot() as connection:
            holder = connection.scalar(query)
        if self.lost.is_set() or holder != self._holder:
            self.lost.set()
            raise LeaseLostError(
                f"The lease of {self.name} is lost: this process was held up for longer than "
                f"{self.seconds:g} s.",
                "Another process may do the work by now; this one begins anew when it can have the lease.",
            )

    def take(self) -> None:
        """Raises HeldElsewhereError where another has it."""
        with self._work.transaction() as connection:
            row = connection.execute(
                select(leases.c.whose, (leases.c.until > now_ms()).label("is_held")).where(
                    leases.c.name == self.name
                )
            ).first()
            if row is not None and row.is_held:
                raise HeldElsewhereError(
                    f"{self.name} is being done by another process ({row.whose}).",
                    f"It is followed {self.seconds:g} s after its last sign of life, if it has died.",
                )
            values = {
                "holder": self._holder,
                "whose": f"process {os.getpid()} on {platform.node()}",
                "taken_at": now_ms(),
                "until": now_ms() + round(self.seconds * 1000),
            }
            if row is None:
                connection.execute(insert(leases).values(name=self.name, **values))
            else:
                connection.execute(update(leases).where(leases.c.name == self.name).values(values))

    def renew(self) -> None:
        """A sign of life; sets `lost` where another has it by now, or it has lapsed."""
        with self._work.transaction() as connection:
            renewed = connection.execute(
                update(leases)
                .where(leases.c.name == self.name, leases.c.holder == self._holder, leases.c.until > now_ms())
                .values(until=now_ms() + round(self.seconds * 1000))
            )
        if not renewed.rowcount:
            self.lost.set()

    def give_back(self) -> None:
        """For the next at once; nothing, where another has it already."""
        with self._work.transaction() as connection:
            connection.execute(
                delete(leases).where(leases.c.name == self.name, leases.c.holder == self._holder)
            )


@contextmanager
def held(work: Work, name: str, seconds: float) -> Iterator[Lease]:
    """Inside, the lease of this name is ours, as far as `Lease.check` says so.

    Raises HeldElsewhereError where another process (or thread) has it.
    """
    lease = Lease(work, name, seconds)
    lease.take()
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(lease, ended), name=f"lease {name}", daemon=True)
    heart.start()
    try:
        yield lease
    finally:
        ended.set()
        heart.join(seconds)
        try:
            lease.give_back()
        except UnavailableError as exc:
            _log.warning("the lease of %s lapses by itself: %s", name, exc.message)


def _beat(lease: Lease, ended: threading.Event) -> None:
    while not ended.wait(lease.seconds / _BEATS) and not lease.lost.is_set():
        try:
            lease.renew()
        except UnavailableError as exc:
            _log.warning("no sign of life for %s: %s", lease.name, exc.message)
