"""What was answered before is answered again from memory, until the index has another content."""

from __future__ import annotations

import threading
import time

import pytest
from fastapi.testclient import TestClient

from biodesci.api.app import create
from biodesci.api.remembered import Remembered
from biodesci.config import Settings
from biodesci.index import queries
from biodesci.index.database import Block, Event
from tests.backend.api.test_bounds import CARD, PUBLISHED, WORD, world  # noqa: F401 - a fixture


@pytest.fixture
def counted(monkeypatch):
    """How often the index was asked for datasets."""
    read, calls = queries.datasets, []
    monkeypatch.setattr(
        queries, "datasets", lambda *args, **kwargs: (calls.append(1), read(*args, **kwargs))[1]
    )
    return calls


def test_the_same_question_is_answered_once(world, counted):  # noqa: F811
    _, client = world
    answers = [client.get("/v1/datasets") for _ in range(3)]
    assert len(counted) == 1
    assert (
        len({answer.content for answer in answers})
        == len({answer.headers["etag"] for answer in answers})
        == 1
    )
    assert client.get("/v1/datasets?limit=3").status_code == 200
    assert len(counted) == 2


def test_a_block_without_events_keeps_answers_as_of_that_block(world, counted):  # noqa: F811
    store, client = world
    first = client.get("/v1/datasets")
    for number in (9, 10, 100):
        store.apply([], Block(number, "0x" + f"{number:02x}" * 32, 1_000 + number))
        answer = client.get("/v1/datasets", headers={"If-None-Match": first.headers["etag"]})
        assert answer.status_code == 200  # what the client has says another block
        assert answer.json() == {**first.json(), "asOf": number}
        assert int(answer.headers["content-length"]) == len(answer.content)
        again = client.get("/v1/datasets", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])
    assert len(counted) == 1
    store.apply([], Block(101, "0x" + "65" * 32, 1_101))
    kept = client.get("/v1/datasets")
    settings = Settings(home=store.location.parent, deployment=store.location.parent / "none.json")
    with TestClient(create(settings)) as other:  # which remembers nothing
        made = other.get("/v1/datasets")
    assert (made.content, made.headers) == (kept.content, kept.headers)


def test_an_event_and_a_card_are_seen_at_once(world, counted):  # noqa: F811
    store, client = world
    assert len(client.get("/v1/datasets").json()["items"]) == 1
    store.put_document(WORD, "card", {**CARD, "name": "Renamed"})
    assert client.get("/v1/datasets").json()["items"][0]["name"] == "Renamed"
    block = Block(2, "0x" + "03" * 32, 1_012)
    store.apply(
        [Event(block, 0, WORD, "DatasetNFT", "DatasetPublished", {**PUBLISHED, "datasetId": 2})], block
    )
    assert [one["id"] for one in client.get("/v1/datasets").json()["items"]] == [2, 1]
    store.roll_back(1)
    assert [one["id"] for one in client.get("/v1/datasets").json()["items"]] == [1]
    assert len(counted) == 4


def test_what_is_made_while_the_index_changes_is_not_said_of_before(world, monkeypatch):  # noqa: F811
    """The index changes between the server's look at it and the making of an answer, and after it."""
    store, client = world
    read = queries.datasets
    news = iter(("Second", "Third"))

    def meanwhile(*args, **kwargs):
        rows = read(*args, **kwargs)
        if (name := next(news, None)) is not None:
            store.put_document(WORD, "card", {**CARD, "name": name})
        return rows

    monkeypatch.setattr(queries, "datasets", meanwhile)
    names = [client.get("/v1/datasets").json()["items"][0]["name"] for _ in range(4)]
    assert names == ["Cohort", "Second", "Third", "Third"]


def test_the_tag_is_known_before_a_body_is_made(world, counted):  # noqa: F811
    _, client = world
    tag = client.get("/v1/datasets").headers["etag"]
    for known in (tag, f'W/{tag}, "other"', "*"):
        answer = client.get("/v1/datasets", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert "default-src" in answer.headers["content-security-policy"]
    assert client.get("/v1/datasets", headers={"If-None-Match": '"other"'}).status_code == 200
    assert len(counted) == 1


def test_long_questions_fill_no_memory(world):  # noqa: F811
    """What nobody reads of a question counts, too."""
    _, client = world
    for number in range(60):
        client.get(f"/v1/config?x={number}" + "a" * 20_000)
        client.get(f"/v1/datasets?x={number}" + "a" * 20_000)
    stack = client.app.middleware_stack
    while not isinstance(stack, Remembered):
        stack = getattr(stack, "app", None) or stack._app
    held = sum(len(path) + len(query) for path, query in stack._answers)
    assert held > 60 * 20_000
    assert stack._size >= held


def test_errors_are_not_remembered(world, monkeypatch):  # noqa: F811
    _, client = world
    read = queries.datasets
    monkeypatch.setattr(queries, "datasets", lambda *a, **k: 1 / 0)
    assert client.get("/v1/datasets").status_code == 500
    monkeypatch.setattr(queries, "datasets", read)
    assert client.get("/v1/datasets").status_code == 200


def test_who_asks_for_what_is_being_made_waits_for_it(world, monkeypatch):  # noqa: F811
    _, client = world
    read, calls = queries.datasets, []

    def slowly(*args, **kwargs):
        calls.append(1)
        time.sleep(0.5)
        return read(*args, **kwargs)

    monkeypatch.setattr(queries, "datasets", slowly)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(client.get("/v1/datasets"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len(calls) == 1


def test_what_time_changes_is_remembered_for_its_second(world, monkeypatch):  # noqa: F811
    _, client = world
    read, calls = queries.license, []
    monkeypatch.setattr(queries, "license", lambda *a, **k: (calls.append(1), read(*a, **k))[1])
    begun = int(time.time())
    for passed, asked in ((0, 1), (0.2, 1), (0.999, 1), (1, 2), (1.5, 2), (3, 3)):
        monkeypatch.setattr(time, "time", lambda passed=passed: begun + passed)
        assert client.get("/v1/licenses/1").status_code == 200
        assert len(calls) == asked, passed


def test_a_head_request_is_answered_as_get_is_without_the_body(world):  # noqa: F811
    _, client = world
    for path in ("/v1/datasets", "/v1/datasets/1", "/health", "/openapi.json", "/v1/none"):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
