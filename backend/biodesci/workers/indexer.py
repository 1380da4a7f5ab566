"""python -m biodesci.workers.indexer: keeps the index up with the chain."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Final

from biodesci import config
from biodesci.asking.public import PublicWeb
from biodesci.chain.deployment import load_deployment
from biodesci.core.files import WORK_FILE
from biodesci.index.database import Store
from biodesci.index.sync import Follower
from biodesci.ipfs.client import Ipfs
from biodesci.registry.institutions import Asker
from biodesci.registry.ror_release import RorRelease
from biodesci.store.work import Work
from biodesci.workers.entry import connect, enter
from biodesci.workers.supervisor import Client, Worker
from biodesci.workers.watch import Outlook

NAME = "indexer"
_ASKED_S: Final = 3.0  # that a domain has to answer in
_log = logging.getLogger(NAME)


def worker(settings: config.Settings, stop: threading.Event) -> Worker:
    """The indexer of the database that the settings name."""
    ipfs = Ipfs(settings.ipfs_api, timeout=3.0, authorization=settings.ipfs_authorization())

    def build(work: Work) -> Client:
        deployment = load_deployment(settings.deployment)
        chain = connect(settings, stop)
        store = Store(settings.index_location)
        release = RorRelease(settings.ror_release) if settings.ror_release else None
        asker = Asker(chain, PublicWeb(_ASKED_S), release)
        follower, seen = Follower(chain, ipfs, store, ask=asker.ask), store.cursor()
        reached, is_behind = None if seen is None else seen.number, False
        _log.info("indexing chain %d from block %d", chain.chain_id, deployment.first_block)

        def step() -> bool:
            result = follower.step()
            nonlocal reached, is_behind
            reached, is_behind = result.block, not result.is_whole
            if result.events or result.rolled_back:
                _log.info(
                    "block %d: %d new events, %d taken back", result.block, result.events, result.rolled_back
                )
            return result.did_something

        return Client(step, lambda: Outlook(reached, is_behind=is_behind), chain, store.close)

    index = settings.index_location
    if isinstance(index, Path):  # all that write this file, from whatever home
        return Worker(NAME, f"{NAME} of {index.name}", index.with_name(WORK_FILE), build)
    return Worker(NAME, NAME, index, build)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter(NAME, worker, config.Settings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
