"""Worker processes that are killed, and whose disk fills."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.backend.acting import PASSPHRASE


class Worker:
    """`python -m biodesci.workers.<name>`, with a home and a log of its own."""

    def __init__(self, name: str, folder: Path, settings: dict[str, str]) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("BIODESCI_")}
        chosen = {f"BIODESCI_{key}": value for key, value in settings.items() if key != "DATABASE_URL"}
        if "DATABASE_URL" in settings:
            chosen["DATABASE_URL"] = settings["DATABASE_URL"]
        self._environment = {**kept, "BIODESCI_PASSPHRASE": PASSPHRASE, **chosen}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Where it does not run."""
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"biodesci.workers.{self.name}"],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As an operator does; the exit status."""
        return self._end(signal.SIGTERM)

    def fill_disk(self, *, full: bool) -> None:
        """While it is full, no file of this process grows (EFBIG, as ENOSPC an OSError of every write)."""
        if self.is_running:
            hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0 if full else hard, hard))

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-2_000:] if self.log.exists() else ""

    def _end(self, how: signal.Signals) -> int:
        process: Any = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(how)
        self._process = None
        return int(process.wait(60))
