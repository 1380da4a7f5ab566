"""Dead letters: what fails again and again, so that a person sees it and can have it tried at once.

A job is one thing that a worker owes (a licence to deliver, a request to answer, a round to move on) and that
failed. It is noted with its failures and the reason in words, is tried again later and later, and is gone
once the worker has done it, or the chain says that nothing is owed any more. So nobody has to delete one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, false, func, insert, select, update

from biodesci.core.pauses import doubled, spread
from biodesci.store.engine import now_ms
from biodesci.store.tables import jobs as table
from biodesci.store.work import Work

MOST: Final = 10_000  # of one worker: strangers can make things that fail
LONGEST_REASON: Final = 500
_FREE: Final = 3  # attempts without a pause: what fails may be over with the next block
_FIRST_S: Final = 5.0
_LAST_S: Final = 3_600.0


@dataclass(frozen=True)
class Job:
    """Something that failed. Times are Unix seconds by the database's clock."""

    worker: str
    kind: str
    subject: str
    attempts: int
    first: float
    last: float
    due: float | None  # when it is tried again; None: by a person's word alone
    reason: str

    @property
    def id(self) -> str:
        """Names it among the jobs of its worker."""
        return f"{self.kind}-{self.subject}"


@dataclass(frozen=True)
class Schedule:
    """Subjects that failed, and are to be tried now; and those that rest."""

    due: frozenset[str]
    resting: frozenset[str]


@dataclass(frozen=True)
class Counts:
    """How many jobs there are, by kind: those that are tried again by themselves, and those for a person."""

    failing: dict[str, int]
    waiting: dict[str, int]


class Jobs:
    """The jobs of one worker, in the work database that it shares with its other instances."""

    def __init__(self, work: Work, worker: str) -> None:
        self._work, self.worker = work, worker

    def failed(self, kind: str, subject: object, reason: str, *, again: bool = True) -> None:
        """One more attempt failed. `again`: it is tried again by itself; else when a person says so.

        `reason` says what is wrong, in words, and names no secret and nothing of a record.
        """
        with self._work.transaction() as connection:
            attempts = connection.scalar(select(table.c.attempts).where(*self._is(kind, subject)))
            number = (attempts or 0) + 1
            values = {
                "attempts": number,
                "last_failed_at": now_ms(),
                "due_at": now_ms() + round(1000 * pause(number)) if again else None,
                "reason": reason[:LONGEST_REASON],
            }
            if attempts is not None:
                connection.execute(update(table).where(*self._is(kind, subject)).values(values))
            elif self._has_room(connection):
                key = {"worker": self.worker, "kind": kind, "subject": str(subject)}
                connection.execute(insert(table).values(**key, first_failed_at=now_ms(), **values))

    def done(self, kind: str, subject: object) -> None:
        """It was done, or nothing is owed any more."""
        with self._work.snapshot() as connection:
            if connection.scalar(select(table.c.attempts).where(*self._is(kind, subject))) is None:
                return  # mostly so: nothing is written where nothing had failed
        with self._work.transaction() as connection:
            connection.execute(delete(table).where(*self._is(kind, subject)))

    def hurry(self, kind: str) -> None:
        """What rests is due now, as its reason may be over; what waits for a person is not."""
        of_kind = (table.c.worker == self.worker, table.c.kind == kind, table.c.due_at > now_ms())
        with self._work.transaction() as connection:
            connection.execute(update(table).where(*of_kind).values(due_at=now_ms()))

    def schedule(self, kind: str) -> Schedule:
        """Which subjects of this kind are to be tried now, and which are not."""
        is_due = func.coalesce(table.c.due_at <= now_ms(), false())
        query = select(table.c.subject, is_due.label("is_due"))
        with self._work.snapshot() as connection:
            rows = connection.execute(query.where(table.c.worker == self.worker, table.c.kind == kind)).all()
        due = frozenset(row.subject for row in rows if row.is_due)
        return Schedule(due, frozenset(row.subject for row in rows) - due)

    def counts(self) -> Counts:
        """How many there are."""
        waits = table.c.due_at.is_(None).label("waits")
        query = select(table.c.kind, waits, func.count().label("number")).where(table.c.worker == self.worker)
        with self._work.snapshot() as connection:
            rows = connection.execute(query.group_by(table.c.kind, waits)).all()
        failing, waiting = (
            {str(row.kind): int(row.number) for row in rows if bool(row.waits) is which}
            for which in (False, True)
        )
        return Counts(failing, waiting)

    def _has_room(self, connection: Connection) -> bool:
        query = select(func.count()).select_from(table).where(table.c.worker == self.worker)
        return int(connection.scalar(query) or 0) < MOST

    def _is(self, kind: str, subject: object) -> tuple[ColumnElement[bool], ...]:
        return (table.c.worker == self.worker, table.c.kind == kind, table.c.subject == str(subject))


class Failures:
    """What one worker fails at, of one kind with numbers for subjects; without `jobs` nothing is kept."""

    def __init__(self, jobs: Jobs | None, kind: str) -> None:
        self._jobs, self._kind = jobs, kind

    def note(self, number: int, reason: str, *, again: bool = True) -> None:
        """As `Jobs.failed`."""
        if self._jobs is not None:
            self._jobs.failed(self._kind, number, reason, again=again)

    def done(self, number: int) -> None:
        """As `Jobs.done`."""
        if self._jobs is not None:
            self._jobs.done(self._kind, number)

    def hurry(self) -> None:
        """As `Jobs.hurry`."""
        if self._jobs is not None:
            self._jobs.hurry(self._kind)

    def schedule(self) -> tuple[frozenset[int], frozenset[int]]:
        """What is to be tried now, and what rests: as `Jobs.schedule`."""
        if self._jobs is None:
            return frozenset(), frozenset()
        schedule = self._jobs.schedule(self._kind)
        return frozenset(map(int, schedule.due)), frozenset(map(int, schedule.resting))


def listed(work: Work) -> list[Job]:
    """The jobs of all workers that share this database, those that failed longest first."""
    with work.snapshot() as connection:
        rows = connection.execute(select(table).order_by(table.c.first_failed_at)).all()
    return [
        Job(
            row.worker,
            row.kind,
            row.subject,
            row.attempts,
            row.first_failed_at / 1000,
            row.last_failed_at / 1000,
            None if row.due_at is None else row.due_at / 1000,
            row.reason,
        )
        for row in rows
    ]


def retry(work: Work, chosen: Iterable[Job]) -> int:
    """Makes jobs due now; how many there still were. Their worker tries them with its next step."""
    number = 0
    with work.transaction() as connection:
        for job in chosen:
            is_it = (table.c.worker == job.worker, table.c.kind == job.kind, table.c.subject == job.subject)
            number += connection.execute(update(table).where(*is_it).values(due_at=now_ms())).rowcount
    return number


def pause(attempts: int) -> float:
    """Seconds before the next attempt: none at first, then doubled up to an hour, with jitter."""
    return 0.0 if attempts <= _FREE else spread(doubled(attempts - _FREE, _FIRST_S, _LAST_S))
