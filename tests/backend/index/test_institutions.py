"""Who is behind an account, in the index: domains are asked seldom, few at once, once for all cards."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from biodesci.core import cid
from biodesci.core.documents.institution import Asked, Proven
from biodesci.core.errors import ChainError
from biodesci.index import elsewhere, queries
from biodesci.index.database import Block, Event, Store
from biodesci.index.institutions import A_STEP, OF_ONE_ACCOUNT
from biodesci.index.queries import institutions as behind_now

OWNER, OTHER = (str(to_checksum_address("0x" + byte * 20)) for byte in ("a1", "b2"))
NOW = 1_790_000_000
IDLE: Any = SimpleNamespace(stop=SimpleNamespace(is_set=lambda: False))


def published(dataset: int, owner: str = OWNER) -> Event:
    block = Block(dataset, f"0x{dataset:064x}", 1_000 + dataset)
    args = {
        "datasetId": dataset, "owner": owner, "card": f"0x{dataset:064x}", "contentRoot": "0x" + "02" * 32,
        "keyCommitment": "0x" + "03" * 32, "terms": 1, "diseases": "0x" + "0" * 64, "parents": [],
    }  # fmt: skip
    return Event(block, 0, "0x" + "04" * 32, "DatasetNFT", "DatasetPublished", args)


class Indexed:
    """An index whose cards are put in by hand. `says` is what a domain proves; the others prove nothing."""

    def __init__(self, store: Store) -> None:
        self.store, self.count = store, 0
        self.says: dict[str, Proven | Exception] = {}
        self.asked: list[str] = []

    def card(self, domain: str | None, owner: str = OWNER) -> None:
        self.count += 1
        event = published(self.count, owner)
        self.store.apply([event], event.block)
        creator = {} if domain is None else {"creator": {"url": f"https://{domain}"}}
        self.store.put_document(event.args["card"], "card", {"name": "A", **creator})

    def proves(self, domain: str, account: str = OWNER, until: int = NOW + 100) -> None:
        self.says[domain] = Proven(
            domain=domain, account=account, name=domain.title(), ror=None, proven_at=NOW, until=until
        )

    def ask(self, domain: str, now: int, before: Asked | None) -> Asked:
        self.asked.append(domain)
        said = self.says.get(domain)
        if isinstance(said, Exception):
            raise said
        if said is None:
            attempts = before.attempts + 1 if before else 1
            return Asked(domain=domain, why="nothing", attempts=attempts, retry_at=now + 10)
        return Asked(domain=domain, proven=said, attempts=0, retry_at=now + 1_000)

    def step(self, now: int = NOW) -> None:
        elsewhere.ask_institutions(IDLE, self.store, self.ask, now, float("inf"))

    def behind(self, *accounts: str) -> dict[str, str]:
        return {account: proven.domain for account, proven in queries.behind(self.store, accounts).items()}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """In SQLite; `on_each_engine` is in PostgreSQL, too."""
    monkeypatch.setattr(behind_now, "time", SimpleNamespace(time=lambda: NOW))
    with Store(tmp_path / "index.sqlite") as store:
        yield Indexed(store)


@pytest.fixture
def on_each_engine(location: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(behind_now, "time", SimpleNamespace(time=lambda: NOW))
    with Store(location) as store:
        yield Indexed(store)


def test_an_account_is_proven_by_the_domain_that_its_card_announces(on_each_engine):
    index = on_each_engine
    index.card("hospital.example")
    index.card(None)
    index.proves("hospital.example")
    assert index.behind(OWNER) == {}
    index.step()
    assert index.behind(OWNER, OTHER) == {OWNER: "hospital.example"}
    (proven,) = queries.behind(index.store, [OWNER]).values()
    assert proven == index.says["hospital.example"]


def test_a_domain_that_names_another_account_proves_that_one_alone(index):
    """Whoever names a hospital's domain in a card has it asked, and no more."""
    index.card("hospital.example", OTHER)
    index.proves("hospital.example", OWNER)
    index.step()
    assert index.behind(OWNER, OTHER) == {OWNER: "hospital.example"}


def test_a_domain_is_asked_once_for_all_cards_that_name_it(index):
    for owner in (OWNER, OTHER) * 20:
        index.card("victim.example", owner)
    for second in range(9):
        index.step(NOW + second)
    assert index.asked == ["victim.example"]
    index.step(NOW + 10)
    assert len(index.asked) == 2


def test_of_one_account_few_domains_are_asked_and_few_in_a_step(index):
    for number in range(OF_ONE_ACCOUNT + 15):
        index.card(f"site{number}.example")
    index.card("hospital.example", OTHER)  # another's are not crowded out
    for step in range(1, 30):
        index.step()
        assert len(index.asked) <= step * A_STEP
    assert len(set(index.asked)) == len(index.asked) == OF_ONE_ACCOUNT + 1
    assert "hospital.example" in index.asked


def test_a_proof_ends_at_its_time_although_nobody_looks(index, monkeypatch):
    index.card("hospital.example")
    index.proves("hospital.example", until=NOW + 1)
    index.step()
    assert index.behind(OWNER) == {OWNER: "hospital.example"}
    monkeypatch.setattr(behind_now, "time", SimpleNamespace(time=lambda: NOW + 1))
    assert index.behind(OWNER) == {}


def test_a_domain_that_proves_nothing_any_more_ends_it(index):
    index.card("hospital.example")
    index.proves("hospital.example")
    index.step()
    del index.says["hospital.example"]
    index.step(NOW + 1_000)
    assert index.behind(OWNER) == {}


def test_what_was_made_of_the_index_holds_until_another_thing_is_proven(index):
    index.card("hospital.example")
    before = index.store.standing().content
    index.step()  # a failure changes no answer
    assert index.store.standing().content == before
    index.proves("hospital.example")
    index.step(NOW + 10)
    assert index.store.standing().content != before


def test_a_chain_that_cannot_be_asked_holds_up_nothing_and_says_nothing_of_the_domain(index):
    index.card("hospital.example")
    index.proves("hospital.example")
    index.step()
    index.card("clinic.example")
    index.says["hospital.example"] = ChainError("The chain could not answer.")
    index.proves("clinic.example", OTHER)
    index.step(NOW + 1_000)
    assert index.behind(OWNER, OTHER) == {OWNER: "hospital.example", OTHER: "clinic.example"}
    index.step(NOW + 1_001)
    assert index.asked.count("hospital.example") == 2


def test_other_contracts_have_it_asked_anew(on_each_engine):
    index = on_each_engine
    index.card("hospital.example")
    index.proves("hospital.example")
    index.step()
    index.store.begin("another network")
    assert index.behind(OWNER) == {}
    index.step()
    assert index.asked == ["hospital.example"] * 2


def test_a_card_as_it_comes_from_ipfs_announces(index):
    """Read by the index's own way, from a node that serves it."""
    index.count += 1
    event = published(index.count)
    index.store.apply([event], event.block)
    raw = json.dumps(
        {
            "conformsTo": "http://mlcommons.org/croissant/1.0", "name": "A", "usageInfo": ["DUO:0000042"],
            "creator": {"@type": "sc:Organization", "name": "A", "url": "https://hospital.example"},
            "distribution": [
                {
                    "contentUrl": f"ipfs://{cid.from_digest(bytes(32))}", "name": "a", "contentSize": "1 B",
                    "encodingFormat": "text/csv", "sha256": "0" * 64, "biodesci:contentRoot": "0" * 64,
                    "biodesci:plaintextSize": 1, "biodesci:segmentSize": 65536,
                }
            ],
        }
    ).encode()  # fmt: skip
    ipfs: Any = SimpleNamespace(cat=lambda _digest, max_size: raw)
    assert elsewhere.read_documents(ipfs, index.store, NOW * 2, float("inf")) == (1, True)
    index.step()
    assert index.asked == ["hospital.example"]


def test_a_card_that_breaks_a_rule_announces_nothing(index):
    for domain in ("127.0.0.1", "localhost", "user@hospital.example", "hospital.example:22"):
        index.card(domain)
    index.step()
    assert index.asked == []
