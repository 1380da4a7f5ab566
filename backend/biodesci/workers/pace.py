"""How long a worker pauses between two looks: briefly while there is work, longer while there is none, and
longer and longer while something fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from biodesci.core.pauses import doubled, spread

_GROWTH: Final = 1.2  # of an idle pause: who comes after t idle seconds waits for about a sixth of t
_FIRST_RETRY_S: Final = 2.0
_LAST_RETRY_S: Final = 30.0


@dataclass
class Pace:
    """Seconds to pause, from what the last step came to. `shortest` after work, up to `longest` without."""

    shortest: float
    longest: float
    failures: int = 0  # in a row
    _idle: float = 0.0

    def after_work(self) -> float:
        """After a step that did something: there may be more."""
        self.failures, self._idle = 0, 0.0
        return self.shortest

    def after_nothing(self) -> float:
        """After a step that had nothing to do. With jitter, so that many workers do not ask at once."""
        self.failures = 0
        self._idle = min(max(self._idle * _GROWTH, self.shortest), max(self.longest, self.shortest))
        return spread(self._idle, 0.9)

    def after_failure(self) -> float:
        """After a step that failed: doubled with each in a row, and anywhere in the upper half of that."""
        self.failures += 1
        self._idle = 0.0
        return spread(doubled(self.failures, _FIRST_RETRY_S, _LAST_RETRY_S))
