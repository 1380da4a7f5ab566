"""What a worker frees goes back to the system. In processes of their own: it is for a whole process."""

from __future__ import annotations

import os
import subprocess
import sys

BOUND = "from biodesci.workers import memory; memory.bound()"
BLOCKS = """
from pathlib import Path
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / (1 << 20)

bytearray(16 << 20)  # freed at once
before = held()
parts = [bytearray(1 << 20) for _ in range(30)]
pin = bytearray(100_000)
del parts
print(held() - before)
"""
HEAPS = """
import ctypes, threading
from pathlib import Path
ready = threading.Barrier(12)
def work():
    bytearray(100_000)
    ready.wait()

threads = [threading.Thread(target=work) for _ in range(12)]
for one in threads:
    one.start()
for one in threads:
    one.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


def output(*parts: str) -> str:
    """What a program of these parts prints, whatever the environment has glibc do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    argv = [sys.executable, "-c", "\n".join(parts)]
    return subprocess.run(argv, env=kept, check=True, capture_output=True, text=True).stdout


def test_large_blocks_that_were_freed_are_given_back() -> None:
    """MiB that stay."""
    assert float(output(BLOCKS)) > 20, "otherwise nothing has to be done"
    assert float(output(BOUND, BLOCKS)) < 5


def test_threads_share_their_heaps() -> None:
    assert output(HEAPS).count("<heap nr=") > 3, "otherwise nothing has to be done"
    assert output(BOUND, HEAPS).count("<heap nr=") <= 3
