"""Pieces of a stream, worked on by all cores, and handed on in their order.

Each thread takes a piece, works on it, and carries it through the stages itself: a piece stays on one core,
and no thread of its own waits for the others' results. A stage has one piece at a time, the next one in
order, while other stages have other pieces. It pays where the work runs without the interpreter lock
(hashes and ciphers over large buffers, files).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

_CORES: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORKERS: Final = min(_CORES, 8)  # with more, one thread's reading and writing is what is waited for

_Piece = TypeVar("_Piece")


class _EndedError(Exception):
    """Another thread has failed: its error is the one that is raised."""


class _Turn:
    """Lets one in after the other, by their numbers."""

    def __init__(self) -> None:
        self._next = 0
        self._ended = False
        self._changed = threading.Condition()

    def wait(self, number: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._next == number or self._ended)
            if self._ended:
                raise _EndedError

    def leave(self) -> None:
        with self._changed:
            self._next += 1
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class _Run(Generic[_Piece]):
    def __init__(
        self,
        take: Callable[[], _Piece | None],
        work: Callable[[_Piece], None],
        stages: Sequence[Callable[[_Piece], object]],
        release: Callable[[_Piece], object],
    ) -> None:
        self._take, self._work, self._release = take, work, release
        self._stages = [(_Turn(), stage) for stage in stages]
        self._taking = threading.Lock()
        self._number = 0
        self._is_over = False
        self.failure: BaseException | None = None

    def loop(self) -> None:
        """One thread's part. What goes wrong in it ends all, and is kept in `failure`."""
        try:
            while self._one():
                continue
        except _EndedError:
            return
        except BaseException as exc:  # noqa: BLE001 - whatever it is, `run` raises it
            self.end(exc)

    def _one(self) -> bool:
        with self._taking:
            piece = None if self._is_over else self._take()
            if piece is None:
                self._is_over = True
                return False
            number = self._number
            self._number += 1
        self._work(piece)
        for turn, stage in self._stages:
            turn.wait(number)
            stage(piece)
            turn.leave()
        self._release(piece)
        return True

    def end(self, exc: BaseException) -> None:
        """No piece goes any further."""
        with self._taking:
            self.failure = self.failure or exc
            self._is_over = True
        for turn, _ in self._stages:
            turn.end()


def run(
    take: Callable[[], _Piece | None],
    work: Callable[[_Piece], None],
    stages: Sequence[Callable[[_Piece], object]],
    release: Callable[[_Piece], object],
    *,
    workers: int = WORKERS,
) -> None:
    """Has every piece that `take` gives, until it gives None, worked on and carried through the stages.

    `take` is called by one thread at a time, `release` by any; at most `workers` pieces are between the two.
    The first error ends all and is raised here; what a stage has had by then is a beginning of the pieces.
    The calling thread works too, so that Ctrl-C ends it as well.
    """
    running = _Run(take, work, stages, release)
    others = [
        threading.Thread(target=running.loop, name=f"pipeline-{number}", daemon=True)
        for number in range(1, workers)
    ]
    for thread in others:
        thread.start()
    running.loop()
    for thread in others:
        _join(thread, running)
    if running.failure is not None:
        raise running.failure


def _join(thread: threading.Thread, running: _Run[_Piece]) -> None:
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt as exc:
            running.end(exc)
