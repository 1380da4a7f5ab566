"""Each new state of the index is told to those who listen, over a real connection."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager

import httpx
import pytest

from biodesci.api import events
from biodesci.api.app import create
from biodesci.api.server import policy
from biodesci.config import Settings
from biodesci.index.database import Block, Event, Store
from biodesci.store import notify
from tests.backend.serving.raw import connect, running
from tests.waiting import LATE_S, wait_for

OWNER = "0x" + "a1" * 20


def word(number: int) -> str:
    return "0x" + f"{number:016x}" * 4


def published(block: Block, dataset: int) -> Event:
    args = {
        "datasetId": dataset, "owner": OWNER, "card": word(dataset), "contentRoot": word(1),
        "keyCommitment": word(1), "terms": 2, "diseases": word(0), "parents": [],
    }  # fmt: skip
    return Event(block, 0, word(block.number), "DatasetNFT", "DatasetPublished", args)


class Net:
    """An index that is written, and the API that tells of it."""

    def __init__(self, store: Store, port: int) -> None:
        self.store, self.port = store, port

    def read_on(self, number: int, *datasets: int, fork: int = 0) -> None:
        block = Block(number, word(number + fork), 1_000 + number)
        self.store.apply([published(block, dataset) for dataset in datasets], block)

    @contextmanager
    def heard(self, last: str = ""):
        headers = {"Last-Event-ID": last} if last else {}
        with (
            httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=LATE_S) as http,
            http.stream("GET", "/v1/events", headers=headers) as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield told(answer.iter_lines())


def told(lines):
    """(id, data) of each event."""
    event: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        elif "data" in event:
            assert event["event"] == "state"
            yield event["id"], json.loads(event["data"])
            event = {}


@pytest.fixture
def net(tmp_path):
    settings = Settings(home=tmp_path, deployment=tmp_path / "none.json", requests_a_minute=0)
    with Store(settings.index_location) as store:
        store.begin("test")
        store.apply([], Block(1, word(1), 1_001))
        with running(create(settings), policy(settings)) as port:
            yield Net(store, port)


def test_who_listens_is_told_what_changed_as_of_which_block(net):
    with net.heard() as news:
        assert next(news)[1] == {"asOf": 1, "changed": []}
        net.read_on(2, 7)
        assert next(news)[1] == {"asOf": 2, "changed": [{"kind": "dataset", "id": "7"}]}
        net.read_on(3)
        assert next(news)[1] == {"asOf": 3, "changed": []}


def test_who_comes_back_is_told_what_it_missed(net):
    with net.heard() as news:
        last, _ = next(news)
    net.read_on(2, 7)
    net.read_on(3, 8)
    with net.heard(last) as news:
        now, change = next(news)
        assert change["asOf"] == 3
        assert sorted(one["id"] for one in change["changed"]) == ["7", "8"]
    with net.heard(now) as news:
        assert next(news)[1] == {"asOf": 3, "changed": []}


def test_a_log_that_is_read_late_may_change_anything(net):
    net.read_on(2, 7)
    net.read_on(4, 9)
    with net.heard() as news:
        next(news)
        net.store.apply([published(Block(3, word(3), 1_003), 8)], Block(4, word(4), 1_004))
        assert next(news)[1] == {"asOf": 4, "changed": None}


def test_blocks_taken_back_and_cards_that_were_read_may_change_anything(net):
    net.read_on(2, 7)
    with net.heard() as news:
        last, _ = next(news)
        net.store.put_document(word(7), "card", {"name": "Cohort"})
        assert next(news)[1] == {"asOf": 2, "changed": None}
    with net.heard(last) as news:  # who was away then
        last, change = next(news)
        assert change == {"asOf": 2, "changed": None}
    net.store.roll_back(1)
    net.read_on(2, 9, fork=500)
    with net.heard(last) as news:
        assert next(news)[1] == {"asOf": 2, "changed": None}


def test_news_go_on_after_an_error_that_nobody_expected(net, monkeypatch):
    """Of one that looks at the index, and of one that hears of commits."""
    look, wait = events.look, notify._OfFile.wait
    failed: list[str] = []

    def failing(name, of, *args):
        if name not in failed:
            failed.append(name)
            raise RuntimeError(name)
        return of(*args)

    with net.heard() as news:
        next(news)
        monkeypatch.setattr(events, "look", lambda *args: failing("look", look, *args))
        net.read_on(2, 7)
        assert next(news)[1]["asOf"] == 2
        monkeypatch.setattr(notify._OfFile, "wait", lambda *args: failing("wait", wait, *args))
        net.read_on(3, 8)
        assert next(news)[1]["asOf"] == 3
        wait_for(lambda: failed == ["look", "wait"])
        net.read_on(4, 9)
        assert next(news)[1] == {"asOf": 4, "changed": [{"kind": "dataset", "id": "9"}]}


@pytest.mark.parametrize(
    "last", ["nonsense", "1", "-", "9" * 30, "9-abc", "1-" + "z" * 16, "1-ab-", "1-ab-" + "z" * 16]
)
def test_an_id_that_is_none_of_ours_is_no_error(net, last):
    with net.heard(last) as news:
        assert next(news)[1]["asOf"] == 1


def test_one_client_has_so_many_streams_and_gives_them_back(net, monkeypatch):
    monkeypatch.setattr(events, "OF_ONE", 3)
    request = b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    held = [connect(net.port) for _ in range(3)]
    for client in held:
        client.sendall(request)
        seen = b""
        while b"event: state" not in seen:  # with the head of the answer, or after it
            piece = client.recv(4096)
            assert piece
            seen += piece
    refused = httpx.get(f"http://127.0.0.1:{net.port}/v1/events")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    for client in held:
        client.close()

    def is_answered() -> bool:
        with connect(net.port) as client:
            client.sendall(request)
            return b" 200 " in client.recv(4096)

    wait_for(is_answered)


def test_a_quiet_stream_is_kept_alive(net, monkeypatch):
    monkeypatch.setattr(events, "PING_S", 1)
    with connect(net.port) as client:
        client.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        seen, end = b"", time.monotonic() + LATE_S
        while b"ping" not in seen:
            assert time.monotonic() < end
            seen += client.recv(4096)


def test_the_server_stops_while_somebody_listens(tmp_path):
    settings = Settings(home=tmp_path, deployment=tmp_path / "none.json")
    with Store(settings.index_location) as store:
        store.apply([], Block(1, word(1), 1_001))
        with running(create(settings), policy(settings)) as port:
            client = connect(port)
            client.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b" 200 " in client.recv(4096)
        client.close()


def test_a_head_request_does_not_wait_for_events(net):
    answer = httpx.head(f"http://127.0.0.1:{net.port}/v1/events", timeout=LATE_S)
    assert (answer.status_code, answer.content) == (200, b"")
