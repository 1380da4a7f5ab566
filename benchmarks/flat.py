"""What a process holds, and whether it stays so: the judgement of `make soak`."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

MIB = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")

# By how much the last fifth of a run may be above its third fifth; by then all is loaded, and caches have
# their size. In memory the allocator keeps some of what was freed, and the index's file that is read grows.
BOUNDS: Mapping[str, float] = {
    "MiB": 6.0,
    "files": 6,
    "threads": 4,
    "connections": 4,
    "outbox": 12,
    "leases": 1,
    "jobs": 12,
    "checkpoints": 2,
    "temporary": 3,
    "wal_MiB": 8.0,
}


@dataclass(frozen=True)
class Sample:
    """What one of those who are watched held, so many seconds after the beginning."""

    at: float
    held: Mapping[str, float]


def of_process(pid: int) -> dict[str, float]:
    """Memory that is its own or shared (RSS), open files, and threads; of its children too, as of itself."""
    held = {"MiB": 0.0, "files": 0.0, "threads": 0.0}
    for one in (pid, *_children(pid)):
        held["MiB"] += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * PAGE / MIB
        held["files"] += len(list(Path(f"/proc/{one}/fd").iterdir()))
        held["threads"] += len(list(Path(f"/proc/{one}/task").iterdir()))
    return held


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in listed if Path(f"/proc/{one}/statm").exists()]


def near(samples: Sequence[Sample], name: str, at: float) -> float | None:
    """What was held at about that time."""
    there = [sample for sample in samples if name in sample.held]
    return min(there, key=lambda one: abs(one.at - at)).held[name] if there else None


def growth(samples: Sequence[Sample], name: str, seconds: float) -> float:
    """From the middle fifth to the last one, each by its median: a peak is none."""
    third, last = (
        [one.held[name] for one in samples if name in one.held and first <= one.at / seconds <= first + 0.2]
        for first in (0.4, 0.8)
    )
    return statistics.median(last) - statistics.median(third) if third and last else float("inf")


def an_hour(samples: Sequence[Sample], name: str, seconds: float) -> float:
    """The slope over the second half."""
    half = [(one.at, one.held[name]) for one in samples if name in one.held and one.at >= seconds / 2]
    return statistics.linear_regression(*zip(*half, strict=True)).slope * 3_600 if len(half) > 1 else 0.0


def what_grew(watched: Mapping[str, Sequence[Sample]], seconds: float) -> list[str]:
    """A sentence for each bound that is passed."""
    grew = []
    for who, samples in watched.items():
        for name in sorted({name for one in samples for name in one.held}):
            more = growth(samples, name, seconds)
            if more > BOUNDS[name]:
                grew.append(f"{who}: {name} grew by {more:.1f}, more than {BOUNDS[name]:g}")
    return grew


def what_stopped(done: Sequence[Sample], seconds: float, parts: int = 6) -> list[str]:
    """A sentence for each kind of work that did not go on all the time: who does nothing holds nothing."""
    stopped = []
    for name in sorted({name for one in done for name in one.held}):
        marks = [0.0, *(near(done, name, seconds * part / parts) or 0.0 for part in range(1, parts + 1))]
        for part, (before, after) in enumerate(pairwise(marks), 1):
            if after <= before:
                stopped.append(f"{name}: nothing more in part {part} of {parts}")
    return stopped
