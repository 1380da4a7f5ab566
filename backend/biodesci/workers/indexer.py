"""python -m biodesci.workers.indexer: keeps the index up with the chain."""

from __future__ import annotations

import logging
import sys
import threading

from biodesci import config
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.core.errors import ConfigurationError, UnavailableError
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.workers.entry import enter

_log = logging.getLogger("indexer")


def run(settings: config.Settings, stop: threading.Event) -> None:
    """Until `stop` is set; waits out a chain that does not answer."""
    chain: Chain | None = None
    ipfs = Ipfs(settings.ipfs_api, timeout=3.0, authorization=settings.ipfs_authorization())
    with Store(settings.index_location) as store:
        while not stop.is_set():
            pause = settings.poll_interval
            try:
                if chain is None:
                    deployment = load_deployment(settings.deployment)
                    chain = Chain(settings.rpc_url, deployment, reading=Reading(settings.confirmations))
                    _log.info("indexing chain %d from block %d", chain.chain_id, deployment.first_block)
                result = sync(chain, ipfs, store)
                if result.events or result.rolled_back:
                    _log.info(
                        "block %d: %d new events, %d taken back",
                        result.block, result.events, result.rolled_back,
                    )  # fmt: skip
            except UnavailableError as exc:
                _log.warning("%s", exc)
                chain, pause = None, max(pause, 2.0)
            except ConfigurationError:
                raise
            except Exception:  # noqa: BLE001
                _log.exception("Unexpected error; trying again.")
                chain, pause = None, max(pause, 5.0)
            stop.wait(pause)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter("indexer", run, config.Settings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
