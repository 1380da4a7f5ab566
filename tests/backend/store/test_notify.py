"""Who waits for news of the index hears of each commit, soon, on both engines, and after a restart."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest

from biodesci.core.pauses import Seldom
from biodesci.index.database import Block, Store
from biodesci.store import engine, notify
from biodesci.store.engine import INDEX
from biodesci.store.notify import changes
from biodesci.store.work import trouble
from tests.waiting import in_time


@asynccontextmanager
async def waiting(location):
    async with changes(location, INDEX) as news:
        if isinstance(location, str):
            assert await news.wait(30)  # it has connected
        yield news


def write(store: Store, number: int) -> None:
    store.apply([], Block(number, f"0x{number:x}", number))


def test_a_commit_is_heard_soon_and_once(location):
    async def story() -> None:
        async with waiting(location) as news:
            for number in (5, 6):
                waits = asyncio.create_task(news.wait(600))
                await asyncio.sleep(0.05)
                with in_time():
                    await asyncio.to_thread(write, store, number)
                    assert await waits
                assert not await news.wait(0.4)

    with Store(location) as store:
        asyncio.run(story())


def test_what_came_between_two_waits_is_heard(location):
    async def story() -> None:
        async with waiting(location) as news:
            for number in range(5, 9):
                await asyncio.to_thread(write, store, number)
            assert await news.wait(30)

    with Store(location) as store:
        asyncio.run(story())


def test_what_was_taken_back_is_not_heard_on_postgresql(postgres, tmp_path):
    async def story(location) -> bool:
        async with waiting(location) as news:
            with pytest.raises(ZeroDivisionError), store.transaction():
                raise ZeroDivisionError
            return await news.wait(0.4)

    name = postgres.database()
    with Store(postgres.url(name)) as store:
        assert not asyncio.run(story(postgres.url(name)))
    postgres.drop(name)


def test_who_waits_goes_on_after_the_server_was_started_anew(postgres):
    async def story(url: str) -> None:
        async with waiting(url) as news:
            waits = asyncio.create_task(news.wait(60))
            await asyncio.sleep(0.1)
            await asyncio.to_thread(postgres.restart)
            assert await waits  # something may have been missed
            waits = asyncio.create_task(news.wait(60))
            await asyncio.sleep(0.1)
            await asyncio.to_thread(write, store, 5)
            assert await waits

    name = postgres.database()
    with Store(postgres.url(name)) as store:
        asyncio.run(story(postgres.url(name)))
    postgres.drop(name)


def test_a_file_that_is_made_or_replaced_is_heard_of(tmp_path):
    path = tmp_path / "i.sqlite"

    async def story() -> None:
        async with changes(path, INDEX) as news:
            assert not await news.wait(0.3)
            Store(path).close()
            assert await news.wait(30)
            path.rename(tmp_path / "old.sqlite")
            Store(path).close()
            assert await news.wait(30)

    asyncio.run(story())


def test_a_server_that_is_away_is_said_once_and_once_that_it_is_back(postgres, caplog, monkeypatch):
    """Both by who listens for news and by who asks for the state each second meanwhile."""
    monkeypatch.setattr(notify, "_AGAIN_S", 0.05)
    monkeypatch.setattr(engine, "_silences", Seldom())
    name = postgres.database()
    url = postgres.url(name)

    async def story() -> None:
        async with waiting(url) as news:
            await asyncio.to_thread(postgres.stop)
            waits = asyncio.create_task(news.wait(60))
            for _ in range(8):
                assert await asyncio.to_thread(trouble, url) is not None
                await asyncio.sleep(0.1)
            await asyncio.to_thread(postgres.start)
            assert await waits

    with Store(url), caplog.at_level(logging.INFO):
        asyncio.run(story())
    of_news = [record.getMessage() for record in caplog.records if record.name == "biodesci.store.notify"]
    of_state = [record.getMessage() for record in caplog.records if record.name == "biodesci.store.engine"]
    # The connection that broke, and then each way in which none is had: gone, starting.
    assert len(of_news) == len(set(of_news)) <= 5, of_news
    assert len(of_state) == len(set(of_state)) <= 3, of_state
    assert of_news[-1] == "PostgreSQL, on news of the index: it answers again"
    postgres.drop(name)
