"""Two datasets of one owner that are of the same people, but for a few: their cards together name nobody.

The attack knows which dataset has one person more. It lays the cards' cells side by side, whatever the
columns are called, and where one cell of two grew it has that person's value.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from biodesci.core import cid
from biodesci.core.airlock.overlap import may_share_people
from biodesci.core.croissant import Earlier, Edition
from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.core.documents.published_card import PublishedCard
from biodesci.inspection.content import Declared
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.ipfs.client import Ipfs
from biodesci.market import publish as publishing
from biodesci.market.card import DatasetMeta, compose
from biodesci.market.edition import upcoming
from biodesci.market.publish import Published, publish
from biodesci.party import disclosures
from tests.backend.acting import acting
from tests.backend.market.test_card import CONTENT, INFO

KEY = b"\x05" * 32
META = DatasetMeta("Cohort", "Heart disease in one hospital", 1 << 2, confirmed=True)
OURS = replace(
    META,
    declared=Declared(codes=frozenset({"sick"}), pseudonyms=frozenset({"patient_id"}), rows_are_people=True),
    accept_risk="The ids are ours.",
)
FIRST = Edition(1, date(2026, 11, 30))
Change = Callable[[pd.DataFrame], pd.DataFrame]


def cohort(people: int, sick: int, seed: int = 1) -> pd.DataFrame:
    """So many people, the first of whom are sick, with measurements that tell one from the other."""
    draw = random.Random(seed)
    return pd.DataFrame(
        {
            "patient_id": [f"P{draw.getrandbits(40):010x}" for _ in range(people)],
            "chol": [round(draw.gauss(220, 40)) for _ in range(people)],
            "crp": [round(draw.expovariate(0.5), 2) for _ in range(people)],
            "bmi": [round(draw.gauss(26, 4), 1) for _ in range(people)],
            "sick": ["yes" if i < sick else "no" for i in range(people)],
        }
    )


def looked_at(frame: pd.DataFrame, file: Path, key: bytes | None = KEY) -> Inspection:
    frame.to_parquet(file) if file.suffix == ".parquet" else frame.to_csv(file, index=False)
    names = frozenset(name for name in frame.columns if frame[name].nunique() < 5)
    return inspect(file, Declared(codes=names, rows_are_people=True), sketch_key=key)


def composed(inspection: Inspection, *previous: Earlier) -> DatasetCard:
    return compose(META, inspection, CONTENT, INFO, Edition(1, FIRST.published, previous))


def earlier(inspection: Inspection, card: DatasetCard) -> Earlier:
    sketches = tuple(table.table.sketch for table in inspection.tables if table.table.sketch is not None)
    read = PublishedCard.read(card.to_bytes())
    return Earlier(read, is_same_dataset=False, sketches=sketches or None)


def cells(card: DatasetCard) -> list[list[Any]]:
    assert card.record_set is not None
    told = [column.statistics for column in card.record_set[0].field]
    return [[bar.count for bar in one.histogram] for one in told if one is not None and one.histogram]


def attacked(first: DatasetCard, second: DatasetCard) -> list[tuple[int, int]]:
    """The cells of columns of two values of which one grew by ten, as rounded, and the other did not."""
    grown = []
    for before, after in product(cells(first), cells(second)):
        if len(before) == len(after) == 2 and None not in (*before, *after):
            for same in (after, after[::-1]):
                changed = [(old, new) for old, new in zip(before, same, strict=True) if old != new]
                grown += [(old, new) for old, new in changed if len(changed) == 1 and abs(old - new) == 10]
    return grown


def renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={name: f"column {i}" for i, name in enumerate(frame)})


def repseudonymised(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(patient_id=[f"X{i * 7919 % 10_007:06d}" for i in range(len(frame))])


def recoded(frame: pd.DataFrame) -> pd.DataFrame:
    return renamed(frame.assign(sick=(frame["sick"] == "yes").astype(int)))


CHANGES: dict[str, Change] = {
    "nothing": lambda frame: frame,
    "names of columns": renamed,
    "order of columns": lambda frame: frame[["sick", "bmi", "patient_id", "crp", "chol"]],
    "order of rows": lambda frame: frame.sample(frac=1, random_state=3),
    "pseudonyms": repseudonymised,
    "pseudonyms and names": lambda frame: renamed(repseudonymised(frame)),
    "codes and names": recoded,
    "no measurement": lambda frame: frame[["patient_id", "sick"]],
    "one measurement and other names": lambda frame: renamed(frame[["crp", "sick"]]),
    "other measurements": lambda frame: repseudonymised(frame).assign(
        chol=frame["chol"] * 0.0259, crp=range(len(frame)), bmi=frame["bmi"] + 1
    )[["patient_id", "sick"]],
}


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("name", CHANGES)
def test_one_person_more_in_another_dataset_shows_nowhere(name: str, ending: str, tmp_path: Path) -> None:
    more = cohort(301, 145)
    one = looked_at(more.iloc[1:], tmp_path / "one.csv")
    other = looked_at(CHANGES[name](more), tmp_path / f"other{ending}")
    first = composed(one)
    assert attacked(first, composed(other)), "without what the first released the attack has the person"
    assert not attacked(first, composed(other, earlier(one, first)))


@pytest.mark.parametrize("name", ["nothing", "names of columns", "codes and names"])
def test_without_sketches_tables_of_as_many_people_are_compared(name: str, tmp_path: Path) -> None:
    more = cohort(301, 145)
    one = looked_at(more.iloc[1:], tmp_path / "one.csv", None)
    other = looked_at(CHANGES[name](more), tmp_path / "other.csv")
    first = composed(one)
    assert attacked(first, composed(other))
    assert not attacked(first, composed(other, earlier(one, first)))


def test_a_cohort_of_other_people_is_told_in_full(tmp_path: Path) -> None:
    one = looked_at(cohort(300, 144), tmp_path / "one.csv")
    for seed, people in ((2, 301), (3, 300), (4, 410)):
        other = looked_at(cohort(people, 145, seed), tmp_path / "other.csv")
        assert composed(other, earlier(one, composed(one))) == composed(other)


def test_a_part_of_the_people_is_recognised_and_few_of_them_are_not(tmp_path: Path) -> None:
    everybody = cohort(400, 190)

    def sketch(frame: pd.DataFrame):
        return looked_at(frame, tmp_path / "t.csv").tables[0].table.sketch

    whole = sketch(everybody)
    half = pd.concat([everybody.iloc[:200], cohort(200, 100, seed=5)])
    few = pd.concat([everybody.iloc[:20], cohort(380, 100, seed=6)])
    assert may_share_people(sketch(half), whole)
    assert may_share_people(whole, sketch(renamed(half)))
    assert not may_share_people(sketch(few), whole)


def test_another_homes_key_makes_a_sketch_of_no_use(tmp_path: Path) -> None:
    frame = cohort(300, 144)
    one, other = (
        looked_at(frame, tmp_path / "t.csv", key).tables[0].table.sketch for key in (KEY, b"\x06" * 32)
    )
    hashes = [frozenset[int]().union(*sketch.combinations) for sketch in (one, other)]
    assert len(hashes[0]) > 500
    assert not hashes[0] & hashes[1]


def published(ipfs: Ipfs, done: Published) -> DatasetCard:
    return DatasetCard.parse(ipfs.cat(cid.to_digest(done.card)))


def test_what_was_published_while_a_file_was_encrypted_counts(
    chain_for: Any, ipfs: Ipfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, more = acting(chain_for(), ipfs, tmp_path / "home"), cohort(301, 145)
    first, second, cards = tmp_path / "1.csv", tmp_path / "2.csv", []
    more.iloc[1:].to_csv(first, index=False)
    more.to_csv(second, index=False)
    encrypt = publishing._encrypt

    def slowly(*arguments: Any) -> None:
        encrypt(*arguments)
        with monkeypatch.context() as patch:
            patch.setattr(publishing, "_encrypt", encrypt)
            cards.append(published(ipfs, publish(owner, first, OURS)))

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_encrypt", slowly)
        cards.append(published(ipfs, publish(owner, second, OURS)))
    assert cells(cards[0])
    assert not attacked(*cards)


def test_a_home_remembers_what_it_published_and_without_it_the_chain_does(
    chain_for, ipfs, tmp_path: Path
) -> None:
    chain, file = chain_for(), tmp_path / "cohort.csv"
    owner = acting(chain, ipfs, tmp_path / "home")
    more, cards = cohort(301, 145), []
    for frame, home in ((more.iloc[1:], "home"), (more, "home"), (more, "a new home")):
        frame.to_csv(file, index=False)
        done = publish(acting(chain, ipfs, tmp_path / home), file, OURS)
        cards.append(DatasetCard.parse(ipfs.cat(cid.to_digest(done.card))))
    first, second, third = cards
    assert cells(first)
    assert not attacked(first, second)
    assert not attacked(first, third)

    notes = sorted((tmp_path / "home" / disclosures.FOLDER).rglob("*"))
    files = [path for path in notes if path.is_file()]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    for committed, note in disclosures.of_home(owner.home, chain).items():
        assert note.sketches
        disclosures.forget_sketches(owner.home, chain, committed)
    assert all(one.sketches is None for one in upcoming(owner, None, bytes(32)).previous)
