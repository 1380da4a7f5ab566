"""What the identifier check finds of what was planted, what it stops of real tables, and its speed.

Peer over the same columns in the same run: the AnalyzerEngine of presidio-analyzer with all its recognizers
for English and spaCy's blank model, since models are a download; a score of 0.5 counts. Real tables are those
that the packages of this environment ship, and those below the folder that the variable BIODESCI_TABLES
names. A stop for ages over 89, or of a table in `RIGHT`, is no false one.
"""

from __future__ import annotations

import csv
import gzip
import io
import logging
import os
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import spacy
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from benchmarks import identifier_sets, identifier_unseen
from benchmarks.identifier_cases import Case, cases
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import TableCheck

SEED, SEED_UNSEEN = 41, 97
MODES = {"named": "named", "hidden": "hidden", "one row": "one_row", "remarks": "remarks"}
# Tables of packages whose stop is right, and why.
RIGHT = {
    "lymph_node.csv": "dates of each patient's diagnosis, relapse and death",
}
_FIRST_RUN = "docs/identifiers.md has the figures of the first run, before what it missed was mended"
_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_PEER_VALUES = 12  # of a column, so that the peer's run takes a minute
_SPEED_ROWS, _BATCHES = 50_000, 10


def figures() -> dict[str, dict[str, object]]:
    analyzer = _presidio()
    sets = {
        "recall": (
            cases(SEED),
            "names (half in no list), telephone numbers, national ids, addresses and more",
        ),
        "unseen": (identifier_unseen.cases(SEED_UNSEEN), _FIRST_RUN),
        **{
            name: (identifier_sets.cases(name, seed), _FIRST_RUN)
            for name, seed in identifier_sets.SEEDS.items()
        },
    }
    measured: dict[str, dict[str, object]] = {}
    for name, (planted, how) in sets.items():
        measured |= _recall(name, planted, how, analyzer)
    measured["identifier.false_stops"] = _false_stops(analyzer)
    measured["identifier.MB_per_cpu_s"] = _speed(analyzer)
    return measured


def _recall(name: str, planted: Iterator[Case], how: str, analyzer: Any) -> dict[str, dict[str, object]]:
    """Which share of the columns of a set stops, by mode."""
    stopped, peer, all_ = Counter[str](), Counter[str](), Counter[str]()
    locales = set()
    for case in planted:
        locales.add(case.locale)
        all_[case.mode] += 1
        stopped[case.mode] += bool(_stops(_batch({case.heading: list(case.values)})))
        peer[case.mode] += _peer_finds(analyzer, case)
    return {
        f"identifier.{name}.{figure}": {
            "value": round(stopped[mode] / all_[mode], 3),
            "unit": "share",
            "peer": f"presidio-analyzer, blank model: {peer[mode] / all_[mode]:.3f}",
            "how": f"{all_[mode]} columns of {len(locales)} locales that have to stop; {how}",
        }
        for mode, figure in MODES.items()
    }


def tables() -> Iterator[Path]:
    """Tables that packages ship, and those of BIODESCI_TABLES."""
    folders = [Path(sysconfig.get_paths()["purelib"])]
    if given := os.environ.get("BIODESCI_TABLES"):
        folders.append(Path(given))
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.name.endswith(_ENDINGS) and not path.name.startswith("._"):
                yield path


def _false_stops(analyzer: Any) -> dict[str, object]:
    looked_at = stopped = peer = right = 0
    names = []
    for path in tables():
        batch = _read(path)
        if batch is None:
            continue
        looked_at += 1
        stops = _stops(batch)
        if stops and (path.name in RIGHT or stops == {"age over 89"}):
            right += 1
        elif stops:
            stopped += 1
            names.append(path.name)
        texts = {str(v) for c in batch.columns for v in c.unique().to_pylist()[:_PEER_VALUES] if v}
        peer += path.name not in RIGHT and any(_hits(analyzer, text) for text in texts)
    return {
        "value": round(stopped / looked_at, 4),
        "unit": "share",
        "peer": f"presidio-analyzer, {_PEER_VALUES} values a column: {peer / looked_at:.3f}",
        "how": f"{looked_at} tables; stopped: {', '.join(names[:12])}; {right} more stop and should",
    }


def _read(path: Path) -> pa.RecordBatch | None:
    """A table as texts; None for what is none: fewer than two columns or three rows."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = raw.decode("utf-8-sig", "replace")
    first = text.partition("\n")[0]
    separator = max("\t;,", key=first.count)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row]
    header, records = rows[:1], [row for row in rows[1:] if len(row) == len(rows[0])]
    if not header or len(header[0]) < 2 or len(records) < 3:
        return None
    columns = [pa.array([row[i] for row in records], pa.string()) for i in range(len(header[0]))]
    return pa.RecordBatch.from_arrays(columns, names=header[0])


def _batch(columns: dict[str, list[str]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def _stops(batch: pa.RecordBatch) -> set[str]:
    """The kinds that stop a table."""
    check = TableCheck(batch.schema, Declared())
    check.feed(batch)
    return {finding.kind for finding in check.finish() if finding.level is Level.STOP}


def _speed(analyzer: Any) -> dict[str, object]:
    """Numbers, codes and categories, as a hospital's table has them."""
    dice = np.random.default_rng(SEED)
    batches = [_ordinary(dice) for _ in range(_BATCHES)]
    size = sum(
        len(column.cast(pa.large_string()).buffers()[2]) + len(column) for b in batches for column in b
    )
    _stops(batches[0])
    began = time.process_time()
    check = TableCheck(batches[0].schema, Declared())
    for batch in batches:
        check.feed(batch)
    check.finish()
    taken = time.process_time() - began
    return {
        "value": round(size / 1e6 / taken, 1),
        "unit": "MB per CPU second",
        "peer": f"presidio-analyzer, value by value: {_peer_speed(analyzer, batches[0]):.3f}",
        "how": f"{size / 1e6:.0f} MB: 500,000 rows of 10 columns: numbers, codes, categories, missing values",
    }


def _peer_speed(analyzer: Any, batch: pa.RecordBatch) -> float:
    values = [value for column in batch.columns for value in column.slice(0, 50).to_pylist()]
    began = time.process_time()
    for value in values:
        _hits(analyzer, value)
    return sum(len(value) + 1 for value in values) / 1e6 / (time.process_time() - began)


def _ordinary(dice: Any) -> pa.RecordBatch:
    n = _SPEED_ROWS
    numbers = {f"lab{i}": [f"{x:.{1 + i}f}" for x in dice.normal(100, 30, n)] for i in range(4)}
    return _batch(
        {
            "record": [str(i) for i in range(n)],
            "age": [str(x) for x in dice.integers(18, 89, n)],
            "sex": list(dice.choice(["male", "female"], n)),
            "icd10": list(dice.choice(["I25.1", "E11.9", "C50.912", "J45"], n)),
            "drug": list(dice.choice(["aspirin", "Metformin", "Ramipril 5 mg", "none"], n)),
            "marker": [("NA" if x < -1 else f"{x:.3f}") for x in dice.normal(size=n)],
            **numbers,
        }
    )


def _presidio() -> Any:
    # Without a network it says at length that it could not renew its list of domains, and uses its own.
    logging.getLogger("tldextract").setLevel(logging.CRITICAL)
    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
    engine.nlp = {"en": spacy.blank("en")}  # type: ignore[assignment]
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


def _peer_finds(analyzer: Any, case: Case) -> bool:
    """The peer looks at those values first that are rare and long: the planted ones."""
    rare = sorted(set(case.values), key=lambda value: (case.values.count(value), -len(value)))
    return any(_hits(analyzer, value) for value in rare[:_PEER_VALUES])


def _hits(analyzer: Any, text: str) -> bool:
    return any(result.score >= 0.5 for result in analyzer.analyze(text[:2_000], "en"))
