"""A small disk of its own, in memory, that a test fills: who writes there hears ENOSPC of a file system."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_MIB = 1 << 20


class Disk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """To its last byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (_MIB, 4096):
                while True:
                    try:
                        file.write(bytes(size))
                    except OSError:
                        break

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk]:
    """Root alone may mount one; where it may not either, the test is left out."""
    # Not pytest's folder, which its owner alone may enter; a socket's path has 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="biodesci-disk-"))
    try:
        options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "biodesci-test"]
        done = subprocess.run(["mount", *options, str(folder)], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"No disk can be mounted here (uid {os.geteuid()}): {done.stderr.strip()}")
        try:
            yield Disk(folder)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    finally:
        folder.rmdir()
