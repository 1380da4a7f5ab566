"""A new version's card is made in the light of what the cards of all earlier ones told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from biodesci.core import cid
from biodesci.inspection.content import Declared
from biodesci.market.card import DatasetMeta
from biodesci.market.edition import upcoming
from biodesci.market.publish import publish
from tests.backend.acting import acting

ROWS_ARE_PEOPLE = Declared(rows_are_people=True)
META = DatasetMeta(
    "Cohort", "Heart disease in one hospital", 1 << 2, declared=ROWS_ARE_PEOPLE, confirmed=True
)

NEW = b"\x07" * 32  # the key commitment of a publication that is still to come


def rows(count: int) -> str:
    return "chol,crp\n" + "".join(f"{180 + i % 90},{i % 50 / 10}\n" for i in range(count))


def test_one_more_person_in_a_new_version_shows_nowhere(chain_for, ipfs, tmp_path):
    chain, home, file = chain_for(), tmp_path / "home", tmp_path / "cohort.csv"
    owner = acting(chain, ipfs, home)
    cards = []
    dataset_id = None
    assert upcoming(owner, None, NEW).previous == ()
    for count in (150, 151, 152):
        file.write_text(rows(count))
        done = publish(owner, file, META, dataset_id=dataset_id)
        dataset_id = done.dataset_id
        cards.append(json.loads(ipfs.cat(cid.to_digest(done.card))))
    edition = upcoming(owner, dataset_id, NEW)
    assert (edition.version, edition.published) == (4, datetime.now(UTC).date())
    assert [earlier.card.records for earlier in edition.previous] == [150, 150, 150]
    assert [card["version"] for card in cards] == ["1.0.0", "2.0.0", "3.0.0"]
    file.write_text(rows(158))
    card = json.loads(ipfs.cat(cid.to_digest(publish(owner, file, META, dataset_id=dataset_id).card)))
    # 160 beside 150 would say that fewer than 20 joined, and 8 did.
    assert "biodesci:records" not in card
    statistics = [field.get("biodesci:statistics", {}) for field in card["recordSet"][0]["field"]]
    assert all("mean" not in one for one in statistics)
