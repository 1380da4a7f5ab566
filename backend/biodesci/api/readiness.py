"""Whether the chain's node, the IPFS node and the index can be used.

Anybody may ask, so nodes are asked seldom, and what they say goes to the log alone: it names addresses.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from biodesci.api.node import Node
from biodesci.api.schemas.status import Check, Readiness
from biodesci.config import Settings
from biodesci.core.errors import BioDeSciError, ConfigurationError
from biodesci.core.problems import UNPREPARED
from biodesci.index import queries
from biodesci.index.condition import BEHIND
from biodesci.index.database import Store
from biodesci.ipfs.client import Ipfs

_log = logging.getLogger(__name__)
_LATELY_S: Final = 2.0
_MOST_WAITING: Final = 8  # of the server's 40 threads, for one node: strangers ask while it hangs
_SILENT: Final = "does not answer"
_Told = TypeVar("_Told")


class _Asked(Generic[_Told]):
    """What a node told, or why it is of no use; for a short while nobody asks it again.

    A few wait while it is being asked; all others are told what it said before that.
    """

    def __init__(self, name: str, ask: Callable[[], _Told]) -> None:
        self._name, self._ask = name, ask
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST_WAITING)
        self._until = 0.0
        self._last: _Told | None = None
        self._why = _SILENT

    def told(self) -> tuple[_Told | None, str]:
        """What it told; None and why, if it did not."""
        if not self._places.acquire(blocking=False):
            return self._last, self._why
        try:
            with self._lock:
                if time.monotonic() >= self._until:
                    self._last, self._why = self._asked()
                    self._until = time.monotonic() + _LATELY_S
                return self._last, self._why
        finally:
            self._places.release()

    def _asked(self) -> tuple[_Told | None, str]:
        try:
            return self._ask(), ""
        except ConfigurationError as exc:
            _log.error("%s", exc)
            return None, UNPREPARED
        except BioDeSciError as exc:
            _log.warning("%s: %s", self._name, exc)
            return None, _SILENT


class Ready:
    """Asked again and again; holds what the nodes told last."""

    def __init__(self, settings: Settings, store: Store, node: Node) -> None:
        self._store = store

        def ipfs() -> bool:
            Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization()).ready()
            return True

        self._chain = _Asked("chain", node.head)
        self._ipfs = _Asked("ipfs", ipfs)

    def now(self) -> Readiness:
        """Whether the index (held against the chain) and the IPFS node can be used; nodes are asked again
        only when answers are old."""
        told, why = self._chain.told()
        with self._store.snapshot():
            reached, identity = queries.as_of(self._store), self._store.identity()
        checks = [self._index(told, why, reached, identity)]
        answers, why = self._ipfs.told()
        checks.append(Check(name="ipfs", ok=bool(answers), message="answers" if answers else why))
        return Readiness(ready=all(check.ok for check in checks), checks=checks, as_of=reached)

    def _index(self, told: tuple[int, str] | None, why: str, reached: int, identity: str | None) -> Check:
        ok = False
        if told is None:
            message = why
        elif identity != told[1]:
            message = "The index is not of this chain and these contracts yet."
        # The index goes as far as Settings.confirmations says that blocks count.
        elif not -BEHIND <= told[0] - reached <= BEHIND:
            message = f"The index is at block {reached}, the chain at {told[0]}."
        else:
            ok, message = True, f"block {reached} of {told[0]}"
        return Check(name="chain and index", ok=ok, message=message)
