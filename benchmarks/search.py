"""What a page of search results takes at 10,000 datasets, of CPU, at worst of many questions.

python -m benchmarks.search [--url postgresql://..]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from biodesci.index import queries, search
from biodesci.index.database import Block, Event, Store
from biodesci.index.summary import summarise
from biodesci.index.tables import summaries
from biodesci.store.engine import Location

DATASETS: Final = 10_000
_PAGE: Final = 21  # as the API asks
_ROUNDS: Final = 7
_WORDS: Final = """
    heart lung cohort patients cardiology registry oncology blood pressure imaging tomography children adults
    longitudinal follow-up hospital admission discharge mortality genetics exome sequencing diabetes insulin
    kidney dialysis trial placebo randomised observational smoking history cholesterol echocardiogram angina
    infarction stroke surgery intensive care ventilation sepsis antibiotics culture resistance laboratory
"""


def questions(number: int = DATASETS) -> dict[str, str]:
    """What is asked, by what is special about it."""
    return {
        "found often": "heart",
        "found once": f"cohort-{number // 3} ",
        "found nowhere": "xylophone quartz",
        "one letter": "a",
        "one letter, nowhere": "ж",
        "two letters": "ar",
        "two letters, nowhere": "qq",
        "two letters, seldom": "zq",
        "one in twenty": "rare-word",
        "one in 26": "seldom-word",  # as many as are put in order after they were found, about
        "common parts, nowhere": "heart lung cohort patients heart",
        "200 letters": ("heart lung cohort patients registry " * 6)[:200],
        "wildcards": "%_%",
        "quotes": "\"'; --",
    }


def fill(store: Store, number: int = DATASETS) -> None:
    """So many datasets, each with a card of some 900 letters."""
    draw, vocabulary = random.Random(7), _WORDS.split()
    block = Block(1, "0x1", 1)
    events, cards = [], []
    for dataset in range(1, number + 1):
        digest = f"0x{dataset:064x}"
        args = {
            "datasetId": dataset, "owner": f"0x{dataset % 50:040x}", "card": digest,
            "contentRoot": "0x" + "02" * 32, "keyCommitment": "0x" + "03" * 32, "terms": 1,
            "diseases": "0x" + "0" * 64, "parents": [],
        }  # fmt: skip
        events.append(Event(block, dataset, "0x" + "04" * 32, "DatasetNFT", "DatasetPublished", args))
        words = draw.choices(vocabulary, k=100)
        if dataset % 20 == 0:
            words.append("rare-word")
        if dataset % 26 == 0:
            words.append("seldom-word")
        if dataset % 2_000 == 0:
            words.append("zq")
        body = {
            "name": f"cohort-{dataset} of {words[0]}",
            "description": " ".join(words),
            "keywords": words[:5],
        }
        cards.append((digest, body))
    store.apply(events, block)
    with store.transaction() as connection:  # of all cards, as one after the other takes minutes
        for digest, body in cards:
            summary = summarise(body)
            connection.execute(insert(summaries), {"digest": digest, "kind": "card", **summary.row()})
            search.put(connection, digest, summary.searched)


def measure(store: Store, number: int = DATASETS) -> dict[str, float]:
    """Milliseconds for each question, the median: of our CPU (SQLite), of the clock (PostgreSQL)."""
    clock = time.process_time if isinstance(store.location, Path) else time.perf_counter
    taken = {}
    for name, words in questions(number).items():
        times = []
        for _ in range(_ROUNDS):
            begin = clock()
            queries.datasets(store, before=2**62, limit=_PAGE, text=words, owner="")
            times.append((clock() - begin) * 1000)
        taken[name] = round(statistics.median(times), 2)
    return taken


def run(location: Location) -> dict[str, float]:
    """Milliseconds for each question, on a database that is filled first."""
    with Store(location) as store:
        fill(store)
        with Store(location, read_only=True) as reader:
            return measure(reader)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a PostgreSQL database; without it, SQLite")
    chosen = parser.parse_args().url
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(run(chosen or Path(folder) / "index.sqlite"), indent=2))
