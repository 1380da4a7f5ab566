"""What looking into a table costs before it is published: processor time and memory.

Peers over the same file in the same run: pyarrow's CSV reader, which reads and does nothing else, and
DuckDB's SUMMARIZE, which computes statistics of columns and looks for nobody.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv

from biodesci.inspection.inspect import inspect

SIZE = 200_000_000
RUNS = 3
LARGE = 2_000_000_000
_PEOPLE, _ROWS = "subject_id", "entry"
_NAMES = ("visit_date", "age", "sex", "code", "glucose", "sbp", "note", "site", "cholesterol")
# Fresh in a process of its own: the most memory of a process never falls.
_LOOK = """
import sys
from pathlib import Path
from biodesci.inspection.inspect import inspect


def most():  # of this program alone: getrusage counts what the parent had when it started it
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


small, large = Path(sys.argv[1]), Path(sys.argv[2])
inspect(small)
base = most()
inspect(large)
print(most(), base)
"""


def figures() -> dict[str, dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        path, small = Path(folder, "visits.csv"), Path(folder, "few.csv")
        write(path, SIZE, _PEOPLE)
        (of_people,) = _rates(path, {"ours": lambda: inspect(path)}).values()
        write(path, SIZE, _ROWS)
        rates = _rates(
            path,
            {
                "ours": lambda: inspect(path),
                "pyarrow": lambda: _read_alone(path),
                "DuckDB": lambda: _summarize(path),
            },
        )
        write(path, LARGE, _ROWS)
        write(small, 100_000, _ROWS)
        answer = subprocess.run(
            [sys.executable, "-c", _LOOK, small, path], check=True, capture_output=True, text=True
        )
        peak, base = map(int, answer.stdout.split())
    peer = f"pyarrow.csv, reading alone: {rates['pyarrow']:.0f} MB/s; DuckDB SUMMARIZE: {rates['DuckDB']:.0f}"
    how = (
        f"a CSV of visits, 10 columns, {SIZE / 1e6:.0f} MB: reading, identifier check and summary; of "
        f"processor time, all threads, median of {RUNS} runs"
    )
    return {
        "publish.table_MB_per_cpu_s": {
            "value": round(rates["ours"], 1),
            "unit": "MB/s",
            "peer": peer,
            "how": f"{how}; no column says whose record a row is, so that rows are counted",
        },
        "publish.people_table_MB_per_cpu_s": {
            "value": round(of_people, 1),
            "unit": "MB/s",
            "peer": peer,
            "how": f"{how}; a column says whose record a row is (three of each), so that people are counted",
        },
        "publish.peak_MB": {
            "value": round((peak - base) / 1024, 1),
            "unit": "MiB",
            "peer": f"the file: {LARGE / 1e6:.0f} MB",
            "how": f"most memory of a process that looks into a CSV of {LARGE / 1e9:.0f} GB without "
            f"a column of people, over that of the same process after 100 kB ({base / 1024:.0f} MiB, "
            "libraries and all)",
        },
    }


def write(path: Path, size: int, first: str) -> None:
    """A table of visits, three of each subject, of at least so many bytes; the same each time.

    `first` is what its first column is called.
    """
    chance = random.Random(1)
    rows = [
        f",{2020 + number % 3}-{number % 12 + 1:02d}-{number % 28 + 1:02d},{chance.randint(20, 89)},"
        f"{'MF'[number & 1]},E{number % 90:02d}.{number % 9},{chance.uniform(3, 12):.2f},"
        f'{chance.randint(90, 180)},"seen, stable {number % 50}",site {number % 12},'
        f"{chance.uniform(3, 8):.3f}\n"
        for number in range(20_000)
    ]
    written = number = 0
    with path.open("w") as file:
        file.write(",".join((first, *_NAMES)) + "\n")
        while written < size:
            text = "".join(f"sub-{(number + index) // 3:08d}{row}" for index, row in enumerate(rows))
            file.write(text)
            written, number = written + len(text), number + len(rows)


def _read_alone(path: Path) -> None:
    kinds = csv.ConvertOptions(column_types=dict.fromkeys((_ROWS, *_NAMES), pa.string()))
    with csv.open_csv(path, convert_options=kinds) as reader:
        for _ in reader:
            pass


def _summarize(path: Path) -> None:
    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")
        database.execute(f"SUMMARIZE SELECT * FROM read_csv('{path}')").fetchall()


def _rates(path: Path, actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """MB per second of processor time of each: one run of every action in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(RUNS):
        for name, action in actions.items():
            began = time.process_time()
            action()
            seconds[name].append(time.process_time() - began)
    return {name: path.stat().st_size / 1e6 / statistics.median(taken) for name, taken in seconds.items()}
