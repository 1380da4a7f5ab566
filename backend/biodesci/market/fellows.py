"""What fellow guardians released, asked for at once, so that one who is silent costs the others nothing.

Each fellow of each dataset has one question under way, a dataset some of all that are, and who was silent is
left alone for a while, longer each time. Silence counts for one dataset alone: its owner named the address,
and could name another dataset's guardian wrongly.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Final

from biodesci.core.errors import BioDeSciError
from biodesci.core.pauses import doubled

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 128  # questions under way
_EACH: Final = 32  # of them, for one dataset: all the fellows that a guardian can have
_PATIENCE_S: Final = 1.0  # for which answers are waited for; later ones are there when asked again
_PAUSE_S: Final = 5.0  # after the first silence; doubled with each
_LONGEST_S: Final = 300.0

Fetch = Callable[[str], bytes | None]
"""Fetches what a fellow released from a URL; None where it has released nothing (yet). Raises
UnavailableError where it does not answer, within a time of its own. It is called from several threads."""


@dataclass(frozen=True)
class Fellow:
    """A guardian of a dataset, and the address at which the owner says that it answers."""

    dataset_id: int
    account: str
    url: str


@dataclass(frozen=True)
class Question:
    """What a fellow is asked: for its share for a licence, sealed to the account of who asks."""

    fellow: Fellow
    license_id: int
    asker: str

    @property
    def url(self) -> str:
        """Where the answer is."""
        return f"{self.fellow.url}/shares/{self.license_id}/{self.asker}"


class Fellows:
    """Those of one guardian. `ask` is for one thread."""

    def __init__(self, fetch: Fetch, patience: float = _PATIENCE_S, pause: float = _PAUSE_S) -> None:
        """`patience` is how long `ask` waits at most, `pause` how long who was silent is left alone the first
        time; both in seconds."""
        self._fetch, self._patience, self._pause = fetch, patience, pause
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fellow")
        self._under_way: dict[Fellow, tuple[Question, Future[bytes | None]]] = {}
        self._silences: Counter[Fellow] = Counter()
        self._again: dict[Fellow, float] = {}  # when who was silent is asked again

    def ask(self, questions: Iterable[Question]) -> dict[Question, bytes]:
        """The answers that are there by now, or come while it waits. What is asked meanwhile goes on, and is
        answered by the next call that asks the same."""
        waiting = list(_in_turn(questions))
        answers: dict[Question, bytes] = {}
        until = time.monotonic() + self._patience
        while True:
            answers |= self._answered()
            waiting = [one for one in waiting if one not in answers and not self._begin(one)]
            under_way = [future for _, future in self._under_way.values()]
            left = until - time.monotonic()
            if not under_way or left <= 0:
                return answers
            wait(under_way, left, FIRST_COMPLETED)

    def distrust(self, fellow: Fellow) -> None:
        """Its answer was of no use: it is left alone as if it had been silent."""
        self._silences[fellow] += 1
        pause = doubled(self._silences[fellow], self._pause, _LONGEST_S)
        self._again[fellow] = time.monotonic() + pause

    def close(self) -> None:
        """Asks nothing more; what is under way ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, question: Question) -> bool:
        """Whether nothing is left to begin: it is asked now, or its fellow is left alone for now."""
        fellow = question.fellow
        if time.monotonic() < self._again.get(fellow, 0.0):
            return True
        of_dataset = sum(one.dataset_id == fellow.dataset_id for one in self._under_way)
        if fellow in self._under_way or of_dataset >= _EACH or len(self._under_way) >= _AT_ONCE:
            return False
        self._under_way[fellow] = question, self._pool.submit(self._fetch, question.url)
        return True

    def _answered(self) -> dict[Question, bytes]:
        answers = {}
        for fellow, (question, future) in list(self._under_way.items()):
            if not future.done():
                continue
            del self._under_way[fellow]
            try:
                answer = future.result()
            except BioDeSciError as exc:
                _log.info(
                    "licence %d: no share from %s: %s", question.license_id, fellow.account, exc.message
                )
                self.distrust(fellow)
                continue
            self._silences.pop(fellow, None)
            self._again.pop(fellow, None)
            if answer is not None:
                answers[question] = answer
        return answers


def _in_turn(questions: Iterable[Question]) -> Iterator[Question]:
    """One of each dataset after the other, so that none waits behind all of another's."""
    by_dataset = defaultdict[int, list[Question]](list)
    for question in questions:
        by_dataset[question.fellow.dataset_id].append(question)
    turns = zip_longest(*by_dataset.values())
    return (question for question in chain.from_iterable(turns) if question is not None)
