"""What our databases have in common: they are opened, made, and closed; and what a driver raises becomes a
sentence that says whether it may be over by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import ClassVar, Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from biodesci.store import engine
from biodesci.store.engine import Location, Part


class Database(ABC):
    """A part of our data, on one of the engines: a way to write, and as many to read as there are readers.

    Raises ConfigurationError where it cannot be opened, and UnavailableError where that may be over by itself
    or once there is space.
    """

    part: ClassVar[Part]
    called: ClassVar[str]
    # What becomes of what it holds: when it cannot be opened, and when its disk is full.
    advice: ClassVar[str]
    comfort: ClassVar[str]

    def __init__(self, location: Location, *, read_only: bool = False) -> None:
        engine.check(location)
        self.location = location
        self._reading = engine.for_reading(location, self.part)
        self._writing = self._reading if read_only else engine.for_writing(location, self.part)
        if not read_only:
            self._prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Connections that are in use are closed when they are given back."""
        self._reading.dispose()
        self._writing.dispose()

    @abstractmethod
    def _make(self, connection: Connection) -> None:
        """This program's tables, where they are not there yet."""

    def _prepare(self) -> None:
        try:
            engine.prepare(self.location)
            with self._writing.begin() as connection:
                self._make(connection)
        except (DBAPIError, PoolTimeout, OSError) as exc:
            self.close()
            raise self._cannot_open(exc) from exc
        except BaseException:
            self.close()
            raise

    def _cannot_open(self, exc: DBAPIError | PoolTimeout | OSError) -> BioDeSciError:
        if engine.is_full(exc):
            return self._full("opened", exc)
        error = UnavailableError if engine.may_pass(exc) else ConfigurationError
        return error(
            f"{self.called} {engine.shown(self.location)} cannot be opened: {engine.reason(exc)}.",
            f"{engine.advice(exc)} {self.advice}",
        )

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        """UnavailableError for what a driver raises, or for a connection that did not become free; but
        SQLAlchemy's IntegrityError for rows that contradict those there are."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeout) as exc:
            if engine.is_full(exc):
                raise self._full(done, exc) from exc
            raise UnavailableError(
                f"{self.called} cannot be {done}: {engine.reason(exc)}.",
                f"{engine.advice(exc)} Then try again.",
            ) from exc

    def _full(self, done: str, exc: DBAPIError | PoolTimeout | OSError) -> UnavailableError:
        return UnavailableError(
            f"{self.called} cannot be {done}: the disk of {engine.shown(self.location)} takes no more "
            f"({engine.reason(exc)}).",
            f"Free some space there. {self.comfort}",
        )
