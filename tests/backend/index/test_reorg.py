"""A reorg at the worst moment: after the index has looked for one, and before it reads on."""

from __future__ import annotations

import os

import pytest

from biodesci.chain.records import DatasetVersion
from biodesci.core.errors import UnavailableError
from biodesci.index import queries
from biodesci.index import sync as index
from biodesci.index.database import Store
from biodesci.ipfs.client import Ipfs


def publish(chain) -> int:
    publication = (os.urandom(32), os.urandom(32), os.urandom(32), 2, bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, []))
    return chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"]


def test_what_is_read_follows_what_is_known(chain_for, tmp_path, localnet, monkeypatch):
    chain, ipfs = chain_for(), Ipfs("http://127.0.0.1:9")
    with Store(tmp_path / "i.sqlite") as store:
        index.sync(chain, ipfs, store)
        snapshot = localnet.rpc("evm_snapshot")
        lost = publish(chain)
        index.sync(chain, ipfs, store)
        publish(chain)

        def then_a_reorg(chain, store):
            found = follow(chain, store)
            monkeypatch.undo()
            localnet.rpc("evm_revert", snapshot)
            came.extend(publish(chain) for _ in range(3))
            return found

        follow, came = index._follow_reorg, []
        monkeypatch.setattr(index, "_follow_reorg", then_a_reorg)
        with pytest.raises(UnavailableError, match="reorganising"):
            index.sync(chain, ipfs, store)
        assert came[0] == lost
        assert index.sync(chain, ipfs, store).rolled_back > 0
        for dataset in came:
            row = queries.dataset(store, dataset)
            on_chain = chain.read(DatasetVersion, dataset, 1)
            assert row["card"] == "0x" + on_chain.card.hex()


def test_where_our_ipfs_node_is_stays_our_business(chain_for, tmp_path):
    chain = chain_for()
    dataset = publish(chain)
    with Store(tmp_path / "i.sqlite") as store:
        index.sync(chain, Ipfs("http://127.0.0.1:9"), store)
        assert store.unreadable()
        assert not [one for one in store.unreadable() if "127.0.0.1" in one.reason]
        assert queries.dataset(store, dataset)["id"] == dataset
