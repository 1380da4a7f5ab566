"""What an aggregator says of its rounds: what each waits for, and which cannot go on."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from biodesci.store.jobs import Failures, Jobs

log = logging.getLogger(__name__)


class Notes:
    """One sentence a round; `jobs` keeps for a person which round cannot go on, and why."""

    def __init__(self, jobs: Jobs | None) -> None:
        self._failures = Failures(jobs, "round")
        self._failing: set[int] = set()
        self._sentences: dict[int, str] = {}

    def __getitem__(self, round_id: int) -> str:
        """Empty where nothing is to be said."""
        return self._sentences.get(round_id, "")

    @property
    def rounds(self) -> set[int]:
        """Of which something is said."""
        return set(self._sentences)

    def waits(self, round_id: int, text: str) -> None:
        """What the round waits for; logged when it changes."""
        if self[round_id] != text:
            self._sentences[round_id] = text
            log.info("round %d: %s", round_id, text)

    def stands_still(self, round_id: int, reason: str) -> None:
        """Notes why; a reason once, as a round is tried again and again until its deadline."""
        if self[round_id] != reason or round_id not in self._failing:
            self._failures.note(round_id, reason)
        self._failing.add(round_id)
        self.waits(round_id, reason)

    def goes_on(self, round_id: int) -> None:
        """Nothing keeps it from going on."""
        if round_id in self._failing:
            self._failures.done(round_id)
        self._failing.discard(round_id)

    def clear(self, rounds: Iterable[int]) -> None:
        """What these waited for has come."""
        for round_id in rounds:
            self._sentences.pop(round_id, None)

    def forget(self, round_id: int) -> None:
        """It is over."""
        self._failing.discard(round_id)
        self._failures.done(round_id)
        self.clear([round_id])
