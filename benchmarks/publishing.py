"""What looking into tables costs before they are published: processor time and memory, sketches included.

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
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv

from biodesci.inspection.content import Declared
from biodesci.inspection.inspect import inspect

SIZE = 200_000_000
RUNS = 3
LARGE = 2_000_000_000
TABLES, COLUMNS = 300, 100_000
_KEY = bytes(range(32))
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
inspect(small, sketch_key=bytes(32))
base = most()
inspect(large, sketch_key=bytes(32))
print(most(), base)
"""


def figures() -> dict[str, dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        return _rates_of_tables(Path(folder)) | _peaks(Path(folder)) | _many(Path(folder))


def _rates_of_tables(folder: Path) -> dict[str, dict[str, object]]:
    rows, people = folder / "visits.csv", folder / "people.csv"
    write(rows, SIZE, _ROWS)
    write(people, SIZE, _PEOPLE)
    rates = _rates(
        rows,
        {
            "ours": lambda: inspect(rows, Declared(rows_are_people=True), sketch_key=_KEY),
            "of people": lambda: inspect(people, sketch_key=_KEY),
            "pyarrow": lambda: _read_alone(rows),
            "DuckDB": lambda: _summarize(rows),
        },
    )
    peer = f"pyarrow.csv, reading alone: {rates['pyarrow']:.0f} MB/s; DuckDB SUMMARIZE: {rates['DuckDB']:.0f}"
    how = (
        f"a CSV of visits, 10 columns, {SIZE / 1e6:.0f} MB: reading, identifier check, summary, sketch; of "
        f"processor time, all threads, median of {RUNS} runs in turn"
    )
    return {
        "publish.table_MB_per_cpu_s": {
            "value": round(rates["ours"], 1),
            "unit": "MB/s",
            "peer": peer,
            "how": f"{how}; no column says whose record a row is, so that rows are counted",
        },
        "publish.people_table_MB_per_cpu_s": {
            "value": round(rates["of people"], 1),
            "unit": "MB/s",
            "peer": peer,
            "how": f"{how}; a column says whose record a row is (three of each), so that people are counted",
        },
    }


def _peaks(folder: Path) -> dict[str, dict[str, object]]:
    few, large = folder / "few.csv", folder / "large.csv"
    figures: dict[str, dict[str, object]] = {}
    for name, first, of in (
        ("publish.peak_MB", _ROWS, "without a column of people"),
        ("publish.people_peak_MB", _PEOPLE, "with a column of people, of whom a sample is counted"),
    ):
        write(few, 100_000, first)
        write(large, LARGE, first)
        answer = subprocess.run(
            [sys.executable, "-c", _LOOK, few, large], check=True, capture_output=True, text=True
        )
        peak, base = map(int, answer.stdout.split())
        figures[name] = {
            "value": round((peak - base) / 1024, 1),
            "unit": "MiB",
            "peer": f"the file: {LARGE / 1e6:.0f} MB",
            "how": f"most memory of a process that looks into a CSV of {LARGE / 1e9:.0f} GB {of}, over that "
            f"of the same process after 100 kB ({base / 1024:.0f} MiB, libraries and all)",
        }
    large.unlink()
    return figures


def _many(folder: Path) -> dict[str, dict[str, object]]:
    archive, wide = folder / "tables.zip", folder / "wide.csv"
    with zipfile.ZipFile(archive, "w") as tables:
        for number in range(TABLES):
            visits = (
                f"P{i // 3:04d},{i % 3},{'mf'[i // 3 % 2]},{(i * 7 + number) % 90 / 10}\n" for i in range(300)
            )
            tables.writestr(f"{number}.csv", "subject_id,visit,sex,glucose\n" + "".join(visits))
    with wide.open("w") as file:
        file.write("subject_id," + ",".join(f"gene_{i}" for i in range(COLUMNS)) + "\n")
        for row in range(24):
            file.write(f"P{row}," + ",".join(str((i + row) % 40) for i in range(COLUMNS)) + "\n")
    return {
        name: {
            "value": round(_seconds(lambda path=path: inspect(path, sketch_key=_KEY)), 1),  # type: ignore[misc]
            "unit": "s",
            "peer": f"{path.stat().st_size / 1e6:.1f} MB",
            "how": f"processor time of looking into {what}, once",
        }
        for name, path, what in (
            ("publish.archive_cpu_s", archive, f"an archive of {TABLES} tables of 100 people, 3 rows each"),
            ("publish.wide_cpu_s", wide, f"a CSV of {COLUMNS:,} columns and 24 rows"),
        )
    }


def _seconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


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
            seconds[name].append(_seconds(action))
    return {name: path.stat().st_size / 1e6 / statistics.median(taken) for name, taken in seconds.items()}
