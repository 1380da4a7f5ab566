"""Asking fellow guardians: the silent ones, however many, cost neither the others nor other datasets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from biodesci.core.errors import UnavailableError
from biodesci.market.fellows import Fellow, Fellows, Question
from biodesci.workers.guardian import fetch as fetch_by_http

LICENCE, ASKER = 7, "0xA"


class Network:
    """Fellows that answer with their URL, hang until `let_go`, or fail; what was asked is noted."""

    def __init__(self) -> None:
        self.let_go, self.lock = threading.Event(), threading.Lock()
        self.asked: list[str] = []
        self.under_way = self.most = 0

    def fetch(self, url: str) -> bytes | None:
        with self.lock:
            self.asked.append(url)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            if "hangs" in url:
                self.let_go.wait(30)
                raise UnavailableError("It does not answer.", "It is asked again.")
            return None if "nothing" in url else url.encode()
        finally:
            with self.lock:
                self.under_way -= 1


def question(name: str, dataset: int = 1, license_id: int = LICENCE) -> Question:
    return Question(Fellow(dataset, f"account of {name}", f"https://{name}"), license_id, ASKER)


def of(answers: dict[Question, bytes]) -> set[str]:
    return {one.fellow.url.removeprefix("https://") for one in answers}


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.let_go.set()


def test_one_who_answers_among_thirty_who_hang_is_heard_at_once(network: Network) -> None:
    asked = [*(question(f"hangs{i}") for i in range(30)), question("good")]
    with closing(Fellows(network.fetch, patience=0.3)) as fellows:
        began = time.monotonic()
        assert of(fellows.ask(asked)) == {"good"}
        assert time.monotonic() - began < 3


def test_a_dataset_whose_fellows_all_hang_keeps_no_other_waiting(network: Network) -> None:
    silent = [question(f"hangs{i}", 1, n) for n in range(100) for i in range(31)]
    honest = [question(f"good{i}", 2, n) for n in range(20) for i in range(5)]
    with closing(Fellows(network.fetch, patience=1.0)) as fellows:
        answers = fellows.ask([*silent, *honest])
        assert set(answers) == set(honest)
        assert network.under_way <= 32, "of one dataset no more are asked at once"


def test_no_more_are_under_way_than_the_bound(network: Network) -> None:
    with closing(Fellows(network.fetch, patience=0.2)) as fellows:
        for _ in range(2):
            fellows.ask([question(f"hangs{i}", dataset) for dataset in range(8) for i in range(31)])
        assert network.most <= 128


def test_who_was_silent_is_left_alone_for_a_while_and_longer_each_time(network: Network) -> None:
    network.let_go.set()
    one = question("hangs")
    with closing(Fellows(network.fetch, patience=0.2, pause=0.3)) as fellows:
        assert fellows.ask([one]) == fellows.ask([one]) == {}
        assert len(network.asked) == 1
        time.sleep(0.35)
        fellows.ask([one])
        assert len(network.asked) == 2
        time.sleep(0.35)
        fellows.ask([one])
        assert len(network.asked) == 2, "the second pause is twice the first"
        time.sleep(0.35)
        fellows.ask([one])
        assert len(network.asked) == 3


def test_silence_for_one_dataset_is_none_for_another(network: Network) -> None:
    network.let_go.set()
    with closing(Fellows(network.fetch, patience=0.2)) as fellows:
        fellows.ask([question("hangs", 1)])
        fellows.ask([question("hangs", 1), question("hangs", 2)])
        assert len(network.asked) == 2


def test_who_has_released_nothing_yet_is_asked_again_at_once(network: Network) -> None:
    with closing(Fellows(network.fetch, patience=0.2)) as fellows:
        assert fellows.ask([question("nothing")]) == fellows.ask([question("nothing")]) == {}
        assert len(network.asked) == 2


def test_an_answer_that_comes_late_is_there_with_the_next_call() -> None:
    let_go = threading.Event()

    def fetch(url: str) -> bytes | None:
        let_go.wait(30)
        return url.encode()

    with closing(Fellows(fetch, patience=0.1)) as fellows:
        assert fellows.ask([question("late")]) == {}
        let_go.set()
        fellows_answer: dict[Question, bytes] = {}
        until = time.monotonic() + 5
        while not fellows_answer and time.monotonic() < until:
            fellows_answer = fellows.ask([question("late")])
        assert of(fellows_answer) == {"late"}


def test_whose_answer_was_of_no_use_is_left_alone(network: Network) -> None:
    one = question("good")
    with closing(Fellows(network.fetch)) as fellows:
        assert fellows.ask([one])
        fellows.distrust(one.fellow)
        assert fellows.ask([one]) == {}


def test_servers_that_take_a_connection_and_say_nothing() -> None:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=128)) as server:
        port = server.getsockname()[1]
        fellows = [Fellow(1, f"0x{i}", f"http://127.0.0.1:{port}/{i}") for i in range(31)]
        with closing(Fellows(fetch_by_http, patience=0.3)) as asking:
            began = time.monotonic()
            assert asking.ask([Question(one, LICENCE, ASKER) for one in fellows]) == {}
            assert time.monotonic() - began < 3
