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
from biodesci.core.errors import BioDeSciError, UnavailableError
from biodesci.inference.policy import Policy
from biodesci.inference.worker import Server
from biodesci.ipfs.client import Ipfs
from biodesci.party import keys
from biodesci.party.allowance import Bounds
from biodesci.workers.entry import connect, enter

log = logging.getLogger("biodesci.inference_worker")
_PATIENCE = 5.0  # seconds between attempts while chain or IPFS do not answer


def run(settings: config.InferenceSettings, stop: threading.Event) -> None:
    """Until `stop` is set; whatever one request brings about stops no other."""
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
    account = accounts.load(settings.account_path, settings.secret())
    chain = connect(settings, account)
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization())
    ipfs.ready()
    keys.register(chain, settings.home, settings.secret())
    server = Server(chain, ipfs, settings.home, keys.load_seed(settings.home, settings.secret()), policy)
    log.info("serving inferences for %s", chain.address)
    while not stop.is_set():
        wait = settings.poll_interval
        try:
            server.serve_pending()
        except (BioDeSciError, OSError) as exc:
            # Every step is repeated from chain and journal, so nothing is lost by trying again.
            log.warning("%s", exc)
            wait = max(wait, _PATIENCE if isinstance(exc, UnavailableError) else 1.0)
        except Exception:
            log.exception("Unexpected error; trying again.")
            wait = max(wait, _PATIENCE)
        stop.wait(wait)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter("inference_worker", run, config.InferenceSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
