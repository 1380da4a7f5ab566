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
_NAMES = ("subject_id", "visit_date", "age", "sex", "code", "glucose", "sbp", "note", "site", "cholesterol")
_LOOK = """
import resource, sys
from pathlib import Path
from biodesci.inspection.inspect import inspect
small, large = Path(sys.argv[1]), Path(sys.argv[2])
inspect(small)
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
inspect(large)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, base)
"""


def figures() -> dict[str, dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "visits.csv")
        write(path, SIZE)
        rates = _rates(
            path,
            {
                "ours": lambda: inspect(path),
                "pyarrow": lambda: _read_alone(path),
                "DuckDB": lambda: _summarize(path),
            },
        )
        write(path, LARGE)
        small = Path(folder, "few.csv")
        write(small, 100_000)
        answer = subprocess.run(
            [sys.executable, "-c", _LOOK, small, path], check=True, capture_output=True, text=True
        )
        peak, base = map(int, answer.stdout.split())
    return {
        "publish.table_MB_per_cpu_s": {
            "value": round(rates["ours"], 1),
            "unit": "MB/s",
            "peer": f"pyarrow.csv, reading alone: {rates['pyarrow']:.0f} MB/s; "
            f"DuckDB SUMMARIZE: {rates['DuckDB']:.0f} MB/s",
            "how": f"a CSV of visits, 10 columns, {SIZE / 1e6:.0f} MB: reading, identifier check and summary "
            f"over people; of processor time, all threads, median of {RUNS} alternating runs",
        },
        "publish.peak_MB": {
            "value": round((peak - base) / 1024, 1),
            "unit": "MiB",
            "peer": f"the file: {LARGE / 1e6:.0f} MB",
            "how": f"most memory of a process that looks into a CSV of visits of {LARGE / 1e9:.0f} GB, over "
            f"that of the same process after a file of 100 kB ({base / 1024:.0f} MiB, libraries and all)",
        },
    }


def write(path: Path, size: int) -> None:
    """A table of visits, three of each subject, of at least so many bytes; the same each time."""
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
        file.write(",".join(_NAMES) + "\n")
        while written < size:
            text = "".join(f"sub-{(number + index) // 3:08d}{row}" for index, row in enumerate(rows))
            file.write(text)
            written, number = written + len(text), number + len(rows)


def _read_alone(path: Path) -> None:
    kinds = csv.ConvertOptions(column_types=dict.fromkeys(_NAMES, pa.string()))
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
