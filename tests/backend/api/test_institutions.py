"""Who is behind a dataset's owner, by the HTTP API: proven by a domain, while that holds, or null."""

from __future__ import annotations

import time
from typing import Any

import pytest

from biodesci.core.documents.institution import Asked, Proven
from biodesci.core.onchain import utc
from biodesci.index.database import Block, Event
from tests.backend.api.test_bounds import CARD, PUBLISHED, WORD, world  # noqa: F401 - a fixture

DOMAIN = "hospital.example"
OWNER, OTHER = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CARD_2 = "0x" + "07" * 32


@pytest.fixture
def named(world: Any) -> Any:  # noqa: F811
    """Beside the dataset of a card that names no domain one whose card names it."""
    store, client = world
    block = Block(2, "0x" + "03" * 32, 1_012)
    args = {**PUBLISHED, "datasetId": 2, "owner": OWNER, "card": CARD_2}
    store.apply([Event(block, 0, WORD, "DatasetNFT", "DatasetPublished", args)], block)
    store.put_document(CARD_2, "card", {**CARD, "creator": {"url": f"https://{DOMAIN}"}})
    return store, client


def shown(client: Any) -> list[Any]:
    listed = client.get("/v1/datasets").json()["items"]
    return [*(one["institution"] for one in listed), client.get("/v1/datasets/2").json()["institution"]]


def asked(account: str, until: int, now: int) -> Asked:
    proven = Proven(
        domain=DOMAIN,
        account=account,
        name="Example Hospital",
        ror="https://ror.org/05gq02987",
        ror_listed=True,
        proven_at=now,
        until=until,
    )
    return Asked(domain=DOMAIN, proven=proven, attempts=0, retry_at=until)


def test_a_proven_institution_is_shown_until_it_ends(named: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store, client = named
    assert shown(client) == [None, None, None]  # a card proves nothing
    now = int(time.time())
    monkeypatch.setattr(time, "time", lambda: now + 2.9)
    store.put_institution(asked(OWNER, now + 3, now))
    proven = {
        "domain": DOMAIN,
        "name": "Example Hospital",
        "ror": "https://ror.org/05gq02987",
        "rorListed": True,
        "provenAt": utc(now).isoformat().replace("+00:00", "Z"),
        "until": utc(now + 3).isoformat().replace("+00:00", "Z"),
    }
    assert shown(client) == [proven, None, proven]
    # Of what is remembered, too, which was made while it counted.
    monkeypatch.setattr(time, "time", lambda: now + 3.1)
    assert shown(client) == [None, None, None]


def test_another_owner_is_not_who_the_domain_names(named: Any) -> None:
    store, client = named
    now = int(time.time())
    store.put_institution(asked(OTHER, now + 600, now))
    assert shown(client) == [None, None, None]
