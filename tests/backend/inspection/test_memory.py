"""Reading a table takes as little memory for a large one as for a small one."""

from __future__ import annotations

import subprocess
import sys

import pytest

_READ = """
import io, sys
from pathlib import Path
from biodesci.inspection.content import Declared, Table
from biodesci.inspection.formats import recognise
from biodesci.inspection.source import Source

ROW = b'sub-0000001,2021-03-04,57,"seen, stable",E11.9,5.64,=1\\n' * 20_000


class Repeated(io.RawIOBase):
    def __init__(self, size):
        self.left, self.kept = size, b"id,day,age,note,code,glucose,formula\\n"

    def readable(self):
        return True

    def read(self, size=-1):
        if not self.kept and self.left > 0:
            self.kept, self.left = ROW, self.left - len(ROW)
        piece, self.kept = self.kept[:size], self.kept[size:]
        return piece


def rows(size):
    source = Source("table", "", None, lambda: Repeated(size))
    items = recognise(source).read(source, Declared())
    return sum(batch.num_rows for item in items if isinstance(item, Table) for batch in item.batches)


def most():  # of this program alone: getrusage counts what the parent had when it started it
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])


rows(100_000)
base = most()
read = rows(int(sys.argv[1]))
print(read, (most() - base) // 1024)
"""

_IDS = """
from pathlib import Path
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from biodesci.inspection.summary.ids import Ids, spelled


def most():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])


ids = Ids("subject_id")
for first in range(0, 2_400_000, 40_000):
    numbers = pa.array(np.arange(first, first + 40_000)).cast(pa.string())
    ids.feed(spelled(pc.binary_join_element_wise("sub-", numbers, "")))
base = most()
assert ids.doubt() is None
print((most() - base) // 1024)
"""


@pytest.mark.parametrize("megabytes", [30, pytest.param(300, marks=pytest.mark.deep)])
def test_reading_a_stream_is_bounded_in_memory(megabytes):
    answer = subprocess.run(
        [sys.executable, "-c", _READ, str(megabytes * 1_000_000)], check=True, capture_output=True, text=True
    )
    rows, grown = map(int, answer.stdout.split())
    assert rows >= megabytes * 1_000_000 / 56
    assert grown < 200


def test_to_doubt_ids_takes_little_more_memory_than_they_do():
    answer = subprocess.run([sys.executable, "-c", _IDS], check=True, capture_output=True, text=True)
    assert int(answer.stdout) < 100  # MiB; the ids are 32 MB
