"""How much of the memory that a worker has freed stays with its process."""

from __future__ import annotations

import ctypes
from typing import Final

# mallopt(3), of glibc
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGE: Final = 128 << 10  # bytes; glibc's own, until it has met larger blocks
_ARENAS: Final = 2


def bound() -> None:
    """Has what is freed go back to the system, as far as the C library can be told to.

    glibc gives up to eight times as many threads as there are cores a heap of their own, and each keeps some
    MiB of what was freed in it; a worker makes threads all the time, and Python runs one of them at once. And
    the larger a block was that was freed, the larger those for which it keeps the memory from then on.

    Does nothing where the C library has no `mallopt`.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, _ARENAS)
        mallopt(_MMAP_THRESHOLD, _LARGE)
