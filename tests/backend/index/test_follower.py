"""The follower: what it asks while nothing happens, nodes that answer short, and what it says of itself.

In SQLite: when it asks nodes, and where it ends a step, no engine decides. What it writes is compared on both
in test_log.py and test_reorg.py.
"""

from __future__ import annotations

import json
import os
import time
from itertools import pairwise

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.core.errors import UnavailableError
from biodesci.index import elsewhere, gaps, queries
from biodesci.index.database import Store
from biodesci.index.sync import Follower, Synced, sync
from biodesci.ipfs.client import Ipfs
from biodesci.market.offers import OfferTerms
from tests.backend.sql import heard
from tests.faults.faults import Dead, RangeLimit
from tests.faults.lies import Cut
from tests.faults.proxy import FaultProxy

from .chains import dump

AWAY = Ipfs("http://127.0.0.1:9", timeout=0.2)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "index.sqlite") as opened:
        yield opened


@pytest.fixture
def proxy(localnet):
    with FaultProxy(localnet.rpc_url) as opened:
        yield opened


@pytest.fixture
def reader(proxy, localnet):
    """A client of the proxy, which is patient for a second."""
    return Chain(proxy.url, load_deployment(localnet.deployment_file), reading=Reading(patience=1.0))


def publish(chain, currency: str | None = None) -> int:
    publication = (os.urandom(32), os.urandom(32), os.urandom(32), 2, bytes(32))
    terms = OfferTerms(price=1000, duration=3600, uses=2, delivery_window=600, dispute_window=600)
    if currency is not None:
        terms = OfferTerms(
            price=1000, duration=3600, uses=2, delivery_window=600, dispute_window=600, currency=currency
        )
    receipt = chain.send(chain.datasets.functions.publishWithOffer(publication, [], terms.tuple()))
    return chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"]


def test_while_nothing_happens_one_question_is_asked(chain_for, store, proxy, reader):
    publish(chain_for())
    follower = Follower(reader, AWAY, store)
    first = follower.step()
    assert first.did_something
    for digest, kind in store.wanted_documents(2**33):
        store.put_document(digest, kind, {"name": "x"})
    follower.step()
    before, requests = proxy.calls.copy(), proxy.requests
    with heard() as asked:
        steps = [follower.step() for _ in range(5)]
    assert not any(step.did_something for step in steps)
    assert proxy.calls - before == {"eth_getBlockByNumber": 5}
    assert proxy.requests - requests == 5
    assert not [one for one in asked if one.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_empty_blocks_move_the_index_on(chain_for, store, localnet):
    chain = chain_for()
    follower = Follower(chain, AWAY, store)
    follower.step()
    localnet.rpc("anvil_mine", "0x5")
    follower.step()
    assert queries.as_of(store) == chain.block_number()


def test_no_state_is_asked_for_in_the_path_of_events(chain_for, store, proxy, reader):
    publish(chain_for())
    sync(reader, AWAY, store)
    assert proxy.calls["eth_call"] == 0
    assert proxy.calls["eth_getLogs"] > 0


def test_a_node_that_answers_short_loses_nothing_and_the_gap_is_shown(
    chain_for, store, proxy, reader, localnet, tmp_path
):
    owner = chain_for()
    publish(owner)
    follower = Follower(reader, AWAY, store)
    follower.step()
    reached = queries.as_of(store)
    datasets = [publish(owner) for _ in range(6)]
    with proxy.fault(Cut(0.5)):
        for _ in range(2):
            try:
                follower.step()
            except UnavailableError:
                condition = store.condition()
                assert condition.trouble is not None
                assert condition.trouble.over_at is None
    follower.step()
    assert queries.as_of(store) == owner.block_number() > reached
    assert all(queries.dataset(store, dataset) is not None for dataset in datasets)
    assert store.condition().gaps == ()
    with Store(tmp_path / "honest.sqlite") as honest:
        sync(owner, AWAY, honest)
        assert dump(store) == dump(honest)


def test_what_was_missed_is_found_when_the_gap_is_read_again(chain_for, store, tmp_path):
    """An index that lost a log before, as those of nodes that lied whole blocks: an event shows it."""
    owner = chain_for()
    dataset = publish(owner)
    with store.transaction() as connection:
        gaps.suspect(connection, 10**6, "LicenseDelivered: the log names licenses 1.")
    store.begin(owner.identity)
    follower = Follower(owner, AWAY, store)
    follower.step()
    with store.transaction() as connection:
        for table in ("DatasetNFT", "AccessLicense"):
            connection.exec_driver_sql(f"DELETE FROM events WHERE contract = '{table}'")
        connection.exec_driver_sql("DELETE FROM datasets")
        connection.exec_driver_sql("DELETE FROM offers")
        connection.exec_driver_sql("DELETE FROM versions")
        gaps.suspect(connection, queries.as_of(store), "LicenseDelivered: the log names licenses 1.")
    assert queries.dataset(store, dataset) is None
    assert follower.step().events > 0
    assert queries.dataset(store, dataset) is not None
    assert store.condition().gaps == ()
    with Store(tmp_path / "honest.sqlite") as honest:
        sync(owner, AWAY, honest)
        assert dump(store) == dump(honest)


def test_pieces_that_were_read_stay_read(chain_for, store, proxy, reader, localnet):
    owner = chain_for()
    publish(owner)
    localnet.rpc("anvil_mine", hex(200))
    publish(owner)
    with proxy.fault(RangeLimit(40)):
        assert sync(reader, AWAY, store).block == owner.block_number()
    assert proxy.calls["eth_getLogs"] >= 5


def steps_until_whole(follower: Follower, most: int = 60) -> list[Synced]:
    steps = [follower.step()]
    while not steps[-1].is_whole:
        steps.append(follower.step())
        assert len(steps) < most
    return steps


def test_a_step_that_has_read_for_long_ends_at_a_block_that_is_stored(
    chain_for, store, proxy, reader, localnet, tmp_path
):
    owner = chain_for()
    for _ in range(3):
        publish(owner)
        localnet.rpc("anvil_mine", hex(100))
    with proxy.fault(RangeLimit(40)):
        steps = steps_until_whole(Follower(reader, AWAY, store, longest=0.0))
        assert len(steps) > 7
        assert all(step.did_something for step in steps[:-1])
        assert all(before.block < after.block for before, after in pairwise(steps))
        assert steps[-1].block == queries.as_of(store) == owner.block_number()
        with Store(tmp_path / "at-once.sqlite") as at_once:
            whole = sync(reader, AWAY, at_once)
            assert whole.is_whole
            assert whole.events == sum(step.events for step in steps)
            assert dump(at_once) == dump(store)


def test_reading_a_gap_again_ends_in_time_too_and_goes_on(chain_for, store, proxy, reader, localnet):
    owner = chain_for()
    dataset = publish(owner)
    localnet.rpc("anvil_mine", hex(200))
    sync(owner, AWAY, store)
    with store.transaction() as connection:
        for table in ("events", "datasets", "offers", "versions"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        gaps.suspect(connection, queries.as_of(store), "LicenseDelivered: the log names licenses 1.")
    with proxy.fault(RangeLimit(40)):
        steps = steps_until_whole(Follower(reader, AWAY, store, longest=0.0))
    assert len(steps) > 4
    assert queries.dataset(store, dataset) is not None
    assert store.condition().gaps == ()


def test_a_chain_that_is_too_young_is_waited_for_without_hurry(chain_for, store, localnet):
    """No block counts yet: the next step need not follow at once."""
    deployment = load_deployment(localnet.deployment_file)
    young = Chain(localnet.rpc_url, deployment, reading=Reading(confirmations=100_000))
    follower = Follower(young, AWAY, store)
    for _ in range(2):
        step = follower.step()
        assert (step.block, step.is_whole, step.did_something) == (0, True, False)


def test_trouble_is_noted_once_and_is_over_when_the_reader_goes_on(store, proxy, reader):
    follower = Follower(reader, AWAY, store)
    follower.step()
    with proxy.fault(Dead()):
        for _ in range(2):
            with pytest.raises(UnavailableError):
                follower.step()
        trouble = store.condition().trouble
        assert trouble is not None
        assert trouble.over_at is None
        assert "does not answer" in trouble.message
        assert abs(trouble.at - time.time()) < 60
    follower.step()
    assert store.condition().trouble.over_at is not None


def test_tokens_are_asked_beside_the_events(chain_for, store, dollar):
    chain = chain_for()
    dataset = publish(chain, dollar.address)
    sync(chain, AWAY, store)
    (offer,) = queries.offers(store, dataset)
    assert (offer["symbol"], offer["decimals"]) == (dollar.contract.functions.symbol().call(), 6)
    assert store.wanted_tokens(2**33) == []


def test_a_token_that_cannot_be_asked_is_asked_again(chain_for, store, dollar, monkeypatch):
    chain = chain_for()
    dataset = publish(chain, dollar.address)

    def refuse(*_args: object, **_more: object) -> None:
        raise UnavailableError("The chain node does not answer.")

    begun = int(time.time())
    with monkeypatch.context() as patch:
        patch.setattr(elsewhere.currency, "read", refuse)
        sync(chain, AWAY, store)
    (offer,) = queries.offers(store, dataset)
    assert (offer["currency"], offer["symbol"]) == (dollar.address, None)
    assert store.wanted_tokens(begun) == []
    assert store.wanted_tokens(int(time.time()) + 10) == [dollar.address]


def test_documents_take_a_bounded_time_a_round(chain_for, store, monkeypatch):
    chain = chain_for()
    for _ in range(6):
        publish(chain)

    class Slow:
        def cat(self, digest: bytes, *, max_size: int) -> bytes:
            time.sleep(0.2)
            return json.dumps({"no": digest.hex()}).encode()

    monkeypatch.setattr(elsewhere, "_ROUND_S", 0.3)
    first = sync(chain, Slow(), store)  # type: ignore[arg-type]
    assert 0 < first.read < 6
    assert first.did_something
    assert queries.as_of(store) == chain.block_number()
