"""The inference worker: serves the encrypted inferences that are requested from its account, until SIGTERM.

It serves paid requests whose arbiter it accepts (BIODESCI_ARBITERS), and unpaid ones only if told to
(BIODESCI_UNPAID): with neither it would serve nobody, and ends.

`python -m biodesci.workers.inference_worker`. Registers its encryption key first if the chain has none of
it. What it needs after a crash lies in its home folder, on chain and on IPFS.
"""

from __future__ import annotations

import logging
import sys
import threading

from biodesci import config
from biodesci.chain import accounts
from biodesci.inference.policy import Policy
from biodesci.inference.worker import Server
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.party import keys
from biodesci.party.allowance import Bounds
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work
from biodesci.workers.entry import connect, enter, lease_of
from biodesci.workers.supervisor import Client, Worker
from biodesci.workers.watch import Outlook

NAME = "inference_worker"
_log = logging.getLogger(NAME)


def worker(settings: config.InferenceSettings, stop: threading.Event) -> Worker:
    """The inference worker of the account that the settings name; whatever one request brings about stops no
    other. Raises ConfigurationError, as where it would serve nobody.
    """
    policy = Policy(
        arbiters=frozenset(settings.arbiters),
        minimum_fee=settings.minimum_fee_wei,
        unpaid=settings.unpaid,
        requesters=frozenset(settings.requesters),
        models=frozenset(settings.models),
        least_time=settings.least_time,
        bounds=Bounds(None, settings.unpaid_a_day, settings.unpaid_each),
    )
    policy.require_any()
    passphrase = settings.secret()
    account = accounts.load(settings.account_path, passphrase)
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization(), pins=Pins(settings.home))

    lease = lease_of(NAME, settings)

    def build(work: Work) -> Client:
        chain = connect(settings, stop, account)
        ipfs.ready()
        keys.register(chain, settings.home, passphrase)
        seed = keys.load_seed(settings.home, passphrase)
        server = Server(chain, ipfs, settings.home, seed, policy, Jobs(work, lease))
        _log.info("serving inferences for %s", chain.address)

        def outlook() -> Outlook:
            return Outlook(server.seen_block, {"requests": server.unanswered})

        return Client(lambda: bool(server.serve_pending()), outlook, chain)

    return Worker(NAME, lease, settings.work_location, build)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter(NAME, worker, config.InferenceSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
