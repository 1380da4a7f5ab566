"""Asking fellow guardians: the silent ones, however many, cost neither the others nor other datasets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest

from biodesci.core.errors import UnavailableError
from biodesci.market import fellows as module
from biodesci.market.fellows import Fellow, Fellows, Question
from biodesci.workers import guardian
from tests.waiting import LATE_S, in_time, wait_for

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
                self.let_go.wait(100)
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
    with closing(Fellows(network.fetch, patience=0.3)) as fellows, in_time():
        wait_for(lambda: of(fellows.ask(asked)) == {"good"})


def test_a_dataset_whose_fellows_all_hang_keeps_no_other_waiting(network: Network) -> None:
    silent = [question(f"hangs{i}", 1, n) for n in range(100) for i in range(31)]
    honest = [question(f"good{i}", 2, n) for n in range(20) for i in range(5)]
    with closing(Fellows(network.fetch, patience=1.0)) as fellows:
        answers: dict[Question, bytes] = {}

        def all_are_heard() -> bool:
            answers.update(fellows.ask([*silent, *(one for one in honest if one not in answers)]))
            return set(answers) == set(honest)

        with in_time():
            wait_for(all_are_heard)
        assert network.under_way <= 32, "of one dataset no more are asked at once"


def test_no_more_are_under_way_than_the_bound(network: Network) -> None:
    with closing(Fellows(network.fetch, patience=0.2)) as fellows:
        for _ in range(2):
            fellows.ask([question(f"hangs{i}", dataset) for dataset in range(8) for i in range(31)])
        assert network.most <= 128


def test_who_was_silent_is_left_alone_for_a_while_and_longer_each_time(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.let_go.set()
    one = question("hangs")
    with closing(Fellows(network.fetch, pause=3.0)) as fellows:
        for second, asked in ((0.0, 1), (2.9, 1), (3.1, 2), (6.2, 2), (9.0, 2), (9.2, 3)):
            clock = SimpleNamespace(monotonic=lambda second=second: second)
            monkeypatch.setattr(module, "time", clock)
            assert fellows.ask([one]) == {}
            assert len(network.asked) == asked, "the second pause is twice the first"


def test_silence_for_one_dataset_is_none_for_another(network: Network) -> None:
    network.let_go.set()
    with closing(Fellows(network.fetch, patience=LATE_S, pause=600.0)) as fellows:
        fellows.ask([question("hangs", 1)])
        fellows.ask([question("hangs", 1), question("hangs", 2)])
        assert len(network.asked) == 2


def test_who_has_released_nothing_yet_is_asked_again_at_once(network: Network) -> None:
    with closing(Fellows(network.fetch, patience=LATE_S)) as fellows:
        assert fellows.ask([question("nothing")]) == fellows.ask([question("nothing")]) == {}
        assert len(network.asked) == 2


def test_an_answer_that_comes_late_is_there_with_the_next_call() -> None:
    let_go = threading.Event()

    def fetch(url: str) -> bytes | None:
        let_go.wait(100)
        return url.encode()

    with closing(Fellows(fetch, patience=0.1)) as fellows:
        assert fellows.ask([question("late")]) == {}
        let_go.set()
        wait_for(lambda: of(fellows.ask([question("late")])) == {"late"})


def test_whose_answer_was_of_no_use_is_left_alone(network: Network) -> None:
    one = question("good")
    with closing(Fellows(network.fetch, patience=LATE_S, pause=600.0)) as fellows:
        assert fellows.ask([one])
        fellows.distrust(one.fellow)
        assert fellows.ask([one]) == {}


def test_servers_that_take_a_connection_and_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian, "_ASKED_S", 100.0)
    with closing(socket.create_server(("127.0.0.1", 0), backlog=128)) as server:
        port = server.getsockname()[1]
        fellows = [Fellow(1, f"0x{i}", f"http://127.0.0.1:{port}/{i}") for i in range(31)]
        with closing(Fellows(guardian.fetch, patience=0.3)) as asking, in_time():
            assert asking.ask([Question(one, LICENCE, ASKER) for one in fellows]) == {}
