"""Readers in several threads: none waits for another, and each sees one moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, func, select

from biodesci.core.errors import UnavailableError
from biodesci.index import queries
from biodesci.index.database import Block, Store
from biodesci.index.tables import blocks
from tests.waiting import wait_for

_NUMBER = select(func.count().label("n")).select_from(blocks)


@pytest.fixture
def store(location):
    with Store(location) as writer:
        writer.apply([], Block(5, "0x5", 5))
        with Store(writer.location, read_only=True) as reader:
            yield writer, reader


def test_a_slow_reader_holds_up_no_other_and_keeps_its_moment(store):
    writer, reader = store
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> tuple[int, int]:
        with reader.snapshot():
            before = queries.as_of(reader)
            inside.set()
            assert go_on.wait(100)
            return before, queries.as_of(reader)

    def quick() -> tuple[int, int]:
        plain = queries.as_of(reader)
        with reader.snapshot():
            return plain, queries.as_of(reader)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow)
        try:
            assert inside.wait(60)
            writer.apply([], Block(6, "0x6", 6))
            assert pool.submit(quick).result(timeout=60) == (6, 6)
        finally:
            go_on.set()
        assert first.result(timeout=60) == (5, 5)


def test_many_readers_at_once_each_see_one_moment(store):
    writer, reader = store
    done, looks = threading.Event(), [0] * 12

    def read(place: int) -> None:
        while not done.is_set():
            with reader.snapshot():
                assert (
                    queries.as_of(reader) == reader.rows(select(func.max(blocks.c.number).label("n")))[0]["n"]
                )
                assert queries.as_of(reader) == reader.rows(_NUMBER)[0]["n"] + 4
            looks[place] += 1

    with ThreadPoolExecutor(12) as pool:
        reading = [pool.submit(read, place) for place in range(12)]
        try:
            for number in range(6, 60):
                writer.apply([], Block(number, f"0x{number:x}", number))
            wait_for(lambda: all(looks) or any(one.done() for one in reading))
        finally:
            done.set()
        assert [one.result(timeout=60) for one in reading] == [None] * 12
    assert all(looks)


def test_every_reader_is_kept_from_writing(store):
    for one in store:  # whoever writes reads by such connections, too
        for _ in range(2):
            with pytest.raises(UnavailableError, match=r"read-?only"), one.snapshot() as connection:
                connection.execute(delete(blocks))
        assert queries.as_of(one) == 5


def test_a_closed_reader_says_so(location):
    with Store(location) as store:
        assert queries.as_of(store) == 0
    with pytest.raises(RuntimeError, match="closed"):
        queries.as_of(store)
    with pytest.raises(RuntimeError, match="closed"):
        store.clear()
