"""The chain's node, as far as strangers have it asked: it may be paid for by the question."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from biodesci.chain import blocks
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.config import Settings
from biodesci.core.documents.deployment import Deployment
from biodesci.core.errors import UnavailableError

MOST_ASKING: Final = 8  # of the server's 40 threads: strangers ask while the node hangs
_PATIENCE_S: Final = 5.0  # strangers wait for it
_SILENT: Final = ("The chain's node does not answer.", "Try again in a moment.")


class Deployed:
    """The deployment file, read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], Deployment] | None = None

    def now(self) -> Deployment:
        """Raises ConfigurationError where there is none."""
        try:
            of = self._path.stat()
            seen = of.st_mtime_ns, of.st_ino
        except OSError:
            return load_deployment(self._path)  # which says what is wrong
        read = self._read
        if read is None or read[0] != seen:
            self._read = read = seen, load_deployment(self._path)
        return read[1]


class Node:
    """One client of the chain, kept: a new one asks ten questions before its first answer."""

    def __init__(self, settings: Settings) -> None:
        self._rpc_url = settings.rpc_url
        self._reading = Reading(settings.confirmations, patience=_PATIENCE_S)
        self.deployed = Deployed(settings.deployment)
        self._chain: Chain | None = None
        self._lock = threading.Lock()
        self._places = threading.Semaphore(MOST_ASKING)

    def chain(self) -> Chain:
        """Raises UnavailableError or ChainError where the node does not answer, ConfigurationError where it
        is of another chain than the deployment."""
        deployment = self.deployed.now()
        chain = self._chain
        if chain is not None and chain.deployment is deployment:
            return chain
        if not self._lock.acquire(timeout=_PATIENCE_S):
            raise UnavailableError(*_SILENT)
        try:
            if self._chain is None or self._chain.deployment is not deployment:
                self._chain = Chain(self._rpc_url, deployment, reading=self._reading)
            return self._chain
        finally:
            self._lock.release()

    @contextlib.contextmanager
    def asked(self) -> Iterator[Chain]:
        """As `chain`, for a few at a time; UnavailableError for who is one too many."""
        if not self._places.acquire(blocking=False):
            raise UnavailableError(*_SILENT)
        try:
            yield self.chain()
        finally:
            self._places.release()

    def head(self) -> tuple[int, str]:
        """The last block that counts, and of which chain: a development chain that was reset is another one.

        Raises as `chain` does.
        """
        chain = self.chain()
        if blocks.headers(chain, [0])[0].hash != chain.genesis:
            self._chain = None
            chain = self.chain()
        return chain.counted_head(), chain.identity
