"""Reorganisations at the worst moments, and nodes that are only behind."""

from __future__ import annotations

import os
import random

import pytest

from biodesci.chain import logs
from biodesci.chain.records import DatasetVersion
from biodesci.index import queries
from biodesci.index import sync as index
from biodesci.index.database import Store
from biodesci.index.sync import Follower, sync
from biodesci.ipfs.client import Ipfs

from .chains import dump

AWAY = Ipfs("http://127.0.0.1:9")


def publish(chain) -> int:
    publication = (os.urandom(32), os.urandom(32), os.urandom(32), 2, bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, []))
    return chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"]


@pytest.fixture
def store(location):
    with Store(location) as opened:
        yield opened


def rebuilt(chain, folder) -> dict:
    with Store(folder / "rebuilt.sqlite") as other:
        sync(chain, AWAY, other)
        return dump(other)


def test_what_is_read_follows_what_is_known(chain_for, store, localnet, monkeypatch, tmp_path):
    """The fork comes after the head was asked for, and before the logs are."""
    chain = chain_for()
    sync(chain, AWAY, store)
    snapshot = localnet.rpc("evm_snapshot")
    lost = publish(chain)
    sync(chain, AWAY, store)
    publish(chain)
    came: list[int] = []

    def after_a_reorg(*args, **more):
        monkeypatch.undo()
        localnet.rpc("evm_revert", snapshot)
        came.extend(publish(chain) for _ in range(3))
        return logs.pieces(*args, **more)

    monkeypatch.setattr(index, "pieces", after_a_reorg)
    assert sync(chain, AWAY, store).rolled_back > 0
    assert came[0] == lost
    sync(chain, AWAY, store)
    for dataset in came:
        on_chain = chain.read(DatasetVersion, dataset, 1)
        assert queries.dataset(store, dataset)["card"] == "0x" + on_chain.card.hex()
    assert dump(store) == rebuilt(chain, tmp_path)


def test_an_index_that_followed_forks_is_that_of_a_rebuild(chain_for, store, localnet, tmp_path):
    """Step by step behind a live chain, whose last blocks are replaced again and again."""
    dice, chain = random.Random(7), chain_for()
    follower = Follower(chain, AWAY, store, patience=0)
    for _ in range(8):
        for _ in range(dice.randint(0, 3)):
            publish(chain)
            follower.step()
        snapshot = localnet.rpc("evm_snapshot")
        for _ in range(dice.randint(1, 4)):
            chain.send(chain.datasets.functions.withdraw(publish(chain), 1))
            if dice.random() < 0.7:
                follower.step()
        localnet.rpc("evm_mine")
        follower.step()
        assert localnet.rpc("evm_revert", snapshot) is True
        if dice.random() < 0.5:
            publish(chain)
        if dice.random() < 0.5:
            follower.step()
    publish(chain)
    follower.step()
    assert queries.as_of(store) == chain.block_number()
    assert dump(store) == rebuilt(chain, tmp_path)


def test_a_node_that_is_behind_is_waited_for(chain_for, store, localnet, monkeypatch):
    chain = chain_for()
    dataset = publish(chain)
    follower = Follower(chain, AWAY, store, patience=60)
    follower.step()
    head = localnet.rpc("eth_blockNumber")
    back = localnet.rpc("eth_getBlockByNumber", hex(int(head, 16) - 1), False)
    with monkeypatch.context() as patch:
        real = chain.provider.request
        patch.setattr(
            chain.provider,
            "request",
            lambda method, *more: back if more[:1] == ("latest",) else real(method, *more),
        )
        assert follower.step().rolled_back == 0
        assert queries.dataset(store, dataset) is not None
        follower.patience = 0
        assert follower.step().rolled_back > 0
    assert follower.step().events > 0
    assert queries.dataset(store, dataset) is not None


def test_where_our_ipfs_node_is_stays_our_business(chain_for, store):
    chain = chain_for()
    dataset = publish(chain)
    sync(chain, AWAY, store)
    assert store.unreadable()
    assert not [one for one in store.unreadable() if "127.0.0.1" in one.reason]
    assert queries.dataset(store, dataset)["id"] == dataset
