"""What a card gives back of small groups, and whether it is Croissant, over real tables and generated ones.

Real tables are those that installed packages bring. The peer is the same attack on plain statistics: exact
counts of which those below 11 are left out, with mean, deviation and share of missing values.
"""

from __future__ import annotations

import random
import site
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from benchmarks import card_attacks
from benchmarks.card_attacks import Truth, View
from biodesci.core.airlock.differencing import Bar, Release
from biodesci.core.container import ContainerInfo
from biodesci.core.croissant import Edition
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.documents.published_tables import releases
from biodesci.core.errors import BioDeSciError, InputError
from biodesci.inspection.content import Declared, Rows, Table
from biodesci.inspection.formats import recognise
from biodesci.inspection.inspect import Inspection
from biodesci.inspection.source import Source
from biodesci.inspection.summary import Summary
from biodesci.inspection.summary.texts import is_missing
from biodesci.market.card import DatasetMeta, compose
from biodesci.market.croissant_check import require_valid

ENDINGS = (".csv", ".tsv", ".csv.gz")
LARGEST = 3 << 20
GENERATED = 120
MORE = (1, 5)  # rows of the second version beyond the first
_META = DatasetMeta("Table", "", 1 << 2)
_INFO = ContainerInfo(b"\x01" * 32, 1064, 1000, 1 << 20, b"\x02" * 32)


def figures() -> dict[str, dict[str, object]]:
    real = list(_real_tables())
    cohorts = [generated(seed) for seed in range(GENERATED)]
    ours = peers = columns = 0
    for table in [*real, *cohorts]:
        found, plainly, width = attacked(table)
        ours, peers, columns = ours + found, peers + plainly, columns + width
    valid = sum(_is_valid(table) for table in real)
    what = f"{len(real)} tables of installed packages"
    return {
        "card.reconstructed_cells": {
            "value": ours,
            "unit": "cells",
            "peer": f"plain statistics of the same {columns} columns: {peers}",
            "how": f"counts below 11, and single outliers within 10%, that follow from the cards of {what} "
            f"and {GENERATED} generated ones: complements, mean x records, mean and deviation, versions",
        },
        "card.mlcroissant_valid": {
            "value": round(valid / len(real), 3),
            "unit": "share",
            "peer": "cards of version 0.6: 289 of 379, of other tables and not in this run",
            "how": f"cards of {what} that load in mlcroissant",
        },
    }


def _real_tables() -> Iterator[pa.Table]:
    """Small tables of text that our reader takes; those of other formats are not counted."""
    for folder in site.getsitepackages():
        for path in sorted(Path(folder).rglob("*")):
            if path.name.endswith(ENDINGS) and path.stat().st_size < LARGEST:
                table = _read(Source.of(path))
                if table is not None and table.num_rows:
                    yield table


def _read(source: Source) -> pa.Table | None:
    format_ = recognise(source)
    if format_ is None:
        return None
    try:
        for item in format_.read(source, Declared()):
            if isinstance(item, Table):
                return pa.Table.from_batches(item.batches, item.schema)
            if hasattr(item, "source"):
                return _read(item.source)
    except BioDeSciError:
        return None
    return None


def generated(seed: int) -> pa.Table:
    """A cohort with rare values of two-valued columns, one outlier, and rare codes."""
    chance = random.Random(seed)
    rows = chance.choice([30, 60, 137, 303, 1_000])
    rare = chance.randint(1, 10)
    sick = ["1"] * rare + ["0"] * (rows - rare)
    pressure = [f"{chance.gauss(120, 12):.1f}" for _ in range(rows - 1)] + [
        f"{chance.uniform(900, 5_000):.1f}"
    ]
    sex = ["f"] * rare + [chance.choice("mm" + "f" * (seed % 2)) for _ in range(rows - rare)]
    income = [f"{chance.lognormvariate(7, 1.5):.2f}" for _ in range(rows)]
    lacking = ["" if i < rare else str(20 + i % 60) for i in range(rows)]
    columns = {"sick": sick, "pressure": pressure, "sex": sex, "income": income, "age": lacking}
    order = list(range(rows))
    chance.shuffle(order)
    return pa.table({name: [values[i] for i in order] for name, values in columns.items()})


def attacked(table: pa.Table) -> tuple[int, int, int]:
    """How many small counts our cards of two versions give back, how many plain statistics do, and the
    number of columns."""
    ours = peers = 0
    for more in MORE:
        earlier = table.slice(0, max(0, table.num_rows - more))
        first = _card(earlier)
        second = _card(table, (first,))
        for i, name in enumerate(second.columns):
            truth, before = _truth(table, name, second), _truth(earlier, name, second)
            view, past = card_attacks.view_of(second, name), card_attacks.view_of(first, name)
            plain = View(card_attacks.plain(truth), truth.people, exact=True)
            was = View(card_attacks.plain(before), before.people, exact=True)
            ours += card_attacks.between(view, past, truth, before)
            peers += card_attacks.between(plain, was, truth, before)
            if not i:
                change = table.num_rows - earlier.num_rows
                ours += card_attacks.growth(view, past, change)
                peers += card_attacks.growth(plain, was, change)
            if more == MORE[0]:
                ours += card_attacks.reconstructed(view, truth)
                peers += card_attacks.reconstructed(plain, truth)
    return ours, peers, len(second.columns)


def _card(table: pa.Table, earlier: Sequence[Release] = ()) -> Release:
    # The most that a steward can confirm: all texts are codes.
    codes = frozenset(name for name in table.schema.names if not _numbers(_present(table, name)))
    summary = Summary("", table.schema, Declared(codes=codes), Rows.PEOPLE)
    for batch in table.to_batches():
        summary.feed(batch)
    released = summary.finish().table.since(earlier)
    return Release(
        released.people, released.rows, {column.name: column.released for column in released.columns}
    )


def _truth(table: pa.Table, name: str, release: Release) -> Truth:
    """The column as it is, in the bars that the card has, else in those of its values."""
    present = _present(table, name)
    missing, numbers = table.num_rows - len(present), _numbers(present)
    released = release.columns[name].bars
    edges = [(bar.low, bar.high) for bar in released if bar.low is not None and bar.high is not None]
    if numbers and edges:
        low, high = edges[0][0], edges[-1][1]
        ends = [(min(*numbers, low), low), (high, max(*numbers, high) + 1)]
        spans = [ends[0], *edges, ends[1]]
        bars = [Bar(None, a, b, sum(a - 1e-9 <= x < b - 1e-9 for x in numbers)) for a, b in spans]
        return Truth(tuple(bars), missing, numbers)
    if numbers and len(set(numbers)) == 2:
        least, most = sorted(set(numbers))
        spans = [(least, most), (most, most + 1)]
        bars = [Bar(None, a, b, sum(a <= x < b for x in numbers)) for a, b in spans]
        return Truth(tuple(bars), missing, numbers)
    found = {value: present.count(value) for value in set(present)} if len(set(present)) <= 50 else {}
    return Truth(tuple(Bar(value, None, None, count) for value, count in found.items()), missing, numbers)


def _present(table: pa.Table, name: str) -> list[str]:
    texts = ("" if value is None else str(value).strip() for value in table.column(name).to_pylist())
    return [text for text in texts if not is_missing(text)]


def _numbers(texts: Sequence[str]) -> tuple[float, ...]:
    """The numbers that all of the texts are; none where one is no number."""
    try:
        return tuple(map(float, texts))
    except ValueError:
        return ()


def _is_valid(table: pa.Table) -> bool:
    summary = Summary("", table.schema, Declared(), Rows.PEOPLE)
    for batch in table.to_batches():
        summary.feed(batch)
    inspection = Inspection("text/csv", tables=[summary.finish()])
    card = compose(_META, inspection, b"\x03" * 32, _INFO, Edition(1, date(2026, 1, 1))).to_bytes()
    releases(PublishedCard.read(card))  # and an older program's reader takes it
    try:
        require_valid(card)
    except InputError:
        return False
    return True
