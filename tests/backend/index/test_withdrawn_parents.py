"""What is proven to descend from a withdrawn version is withdrawn with it, as in the contract."""

from __future__ import annotations

import pytest

from biodesci.index import queries
from biodesci.index.database import Block, Event, Store

OWNER, NONE = "0x" + "a1" * 20, "0x" + "0" * 64
Parents = list[tuple[int, int, bool]]


class Log:
    """Events, a block each."""

    def __init__(self, store: Store) -> None:
        self._store, self._number = store, 0

    def _apply(self, name: str, args: dict) -> int:
        self._number += 1
        block = Block(self._number, f"0x{self._number:064x}", 1_000 + self._number)
        event = Event(block, 0, "0x" + "04" * 32, "DatasetNFT", name, args)
        self._store.apply([event], block)
        return block.time

    def publish(self, dataset: int, parents: Parents) -> None:
        named = [dict(zip(("datasetId", "version", "proven"), one, strict=True)) for one in parents]
        whose = {"datasetId": dataset, "owner": OWNER, "parents": named}
        self._apply("DatasetPublished", whose | self._content())

    def revise(self, dataset: int, version: int) -> None:
        whose = {"datasetId": dataset, "version": version, "publisher": OWNER}
        self._apply("VersionPublished", whose | self._content())

    def withdraw(self, dataset: int, version: int) -> int:
        return self._apply("VersionWithdrawn", {"datasetId": dataset, "version": version, "by": OWNER})

    def _content(self) -> dict:
        word = "0x" + "02" * 32
        return {"card": word, "contentRoot": word, "keyCommitment": word, "terms": 1, "diseases": NONE}


@pytest.fixture
def store(location):
    with Store(location) as opened:
        yield opened


def withdrawn(store: Store, dataset: int) -> dict[int, tuple[int | None, int | None]]:
    rows = queries.versions(store, dataset)
    return {row["version"]: (row["withdrawn_at"], row["withdrawn_with"]) for row in rows}


STANDS = (None, None)


def test_all_versions_of_what_is_proven_to_descend_at_any_distance(store):
    log = Log(store)
    log.publish(1, [])
    log.publish(2, [(1, 1, True)])
    log.publish(3, [(2, 1, True), (1, 1, False)])
    log.publish(4, [(1, 1, False)])
    log.publish(5, [(4, 1, True)])
    log.revise(3, 2)
    log.revise(1, 2)
    log.publish(6, [(1, 2, True)])
    at = log.withdraw(1, 1)
    assert withdrawn(store, 1) == {2: STANDS, 1: (at, None)}
    assert withdrawn(store, 2) == {1: (at, 1)}
    assert withdrawn(store, 3) == {2: (at, 1), 1: (at, 1)}
    for other in (4, 5, 6):
        assert withdrawn(store, other) == {1: STANDS}
    row = queries.dataset(store, 3)
    assert row is not None
    assert (row["withdrawn_at"], row["withdrawn_with"]) == (at, 1)


def test_the_first_withdrawal_counts(store):
    log = Log(store)
    log.publish(1, [])
    log.publish(2, [(1, 1, True)])
    log.publish(3, [(2, 1, True)])
    own = log.withdraw(3, 1)
    at = log.withdraw(1, 1)
    log.withdraw(2, 1)
    assert withdrawn(store, 3) == {1: (own, None)}
    assert withdrawn(store, 2) == {1: (at, 1)}


def test_a_parent_that_is_named_in_two_versions(store):
    log = Log(store)
    log.publish(1, [])
    log.revise(1, 2)
    log.publish(2, [(1, 1, True), (1, 2, False)])
    assert [(one.id, one.proven) for one in queries.related(store, 2).parents] == [(1, True)]
    log.withdraw(1, 2)
    assert withdrawn(store, 2) == {1: STANDS}
    at = log.withdraw(1, 1)
    assert withdrawn(store, 2) == {1: (at, 1)}
