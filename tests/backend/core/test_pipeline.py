"""The pipeline: order, bounds and ends, with more threads than this machine has cores."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import pytest

from biodesci.core import pipeline

COUNT = 200


class Pieces:
    """Numbers as pieces, and how many of them are under way."""

    def __init__(self, count: int = COUNT) -> None:
        self._numbers: Iterator[int] = iter(range(count))
        self._lock = threading.Lock()
        self.taken = self.under_way = self.most = 0

    def take(self) -> int | None:
        number = next(self._numbers, None)
        if number is not None:
            with self._lock:
                self.taken += 1
                self.under_way += 1
                self.most = max(self.most, self.under_way)
        return number

    def release(self, number: int) -> None:
        with self._lock:
            self.under_way -= 1


def slowly(_: int) -> None:
    time.sleep(random.random() / 1_000)


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_each_stage_has_all_pieces_in_order_one_at_a_time(workers: int) -> None:
    pieces, first, second = Pieces(), [], []
    inside: list[int] = []

    def stage(number: int) -> None:
        inside.append(number)
        slowly(number)
        assert inside == [number]
        inside.clear()
        first.append(number)

    pipeline.run(pieces.take, slowly, (stage, second.append), pieces.release, workers=workers)
    assert first == second == list(range(COUNT))
    assert pieces.under_way == 0
    assert pieces.most <= workers


def test_several_threads_work_at_once() -> None:
    both = threading.Barrier(2, timeout=60)  # a thread alone would wait here in vain
    pieces = Pieces(2)
    pipeline.run(pieces.take, lambda _: (both.wait(), None)[1], (), pieces.release, workers=2)


@pytest.mark.parametrize("where", ["take", "work", "stage", "release"])
@pytest.mark.parametrize("error", [OSError("broken"), KeyboardInterrupt()])
def test_the_first_error_ends_all(where: str, error: BaseException) -> None:
    pieces, handed = Pieces(), []

    def failing(name: str, number: int | None) -> None:
        if where == name and number == 50:
            raise error

    def take() -> int | None:
        number = pieces.take()
        failing("take", number)
        return number

    def stage(number: int) -> None:
        failing("stage", number)
        handed.append(number)

    before = threading.active_count()
    with pytest.raises(type(error)):
        pipeline.run(
            take,
            lambda number: failing("work", number),
            (stage,),
            lambda number: failing("release", number),
            workers=4,
        )
    assert handed == list(range(len(handed)))
    assert len(handed) < 60
    assert pieces.taken < 60
    assert threading.active_count() == before
