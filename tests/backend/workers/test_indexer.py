"""The indexer's worker says how far it is while it reads for long, and that it goes on at once."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any

import pytest

from biodesci import config
from biodesci.index.sync import Follower
from biodesci.store.work import Work
from biodesci.workers import indexer
from tests.faults.faults import RangeLimit
from tests.faults.proxy import FaultProxy


def test_it_tells_after_each_step_how_far_it_is_and_whether_there_is_more(
    localnet: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "Follower", functools.partial(Follower, longest=0.0))
    localnet.rpc("anvil_mine", hex(200))
    with FaultProxy(localnet.rpc_url) as proxy, proxy.fault(RangeLimit(40)):
        settings = config.Settings(
            home=tmp_path,
            rpc_url=proxy.url,
            deployment=localnet.deployment_file,
            ipfs_api="http://127.0.0.1:9",
        )
        made = indexer.worker(settings, threading.Event())
        with Work(made.location) as work:
            client = made.build(work)
            told = [client.outlook()]
            while len(told) == 1 or told[-1].is_behind:
                client.step()
                told.append(client.outlook())
            client.close()
            again = made.build(work)  # as after a node was lost
            assert again.outlook().seen == told[-1].seen
            again.close()
    seen = [one.seen for one in told[1:]]
    assert told[0].seen is None
    assert len(seen) > 4
    assert seen == sorted(set(seen))
    assert seen[-1] == int(localnet.rpc("eth_blockNumber"), 16)
