"""python -m biodesci.workers.custodian: delivers keys for the datasets whose keys are in this home."""

from __future__ import annotations

import logging
import sys
import threading

from biodesci import config
from biodesci.chain import accounts
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.market.custody import Custodian
from biodesci.market.minted import Unfinished
from biodesci.market.spending import Terms
from biodesci.party.member import Member
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work
from biodesci.workers.entry import connect, enter, lease_of
from biodesci.workers.supervisor import Client, Worker
from biodesci.workers.watch import Outlook

NAME = "custodian"
_log = logging.getLogger(NAME)


def worker(settings: config.CustodianSettings, stop: threading.Event) -> Worker:
    """The custodian of the account that the settings name. Raises ConfigurationError."""
    passphrase = settings.secret()
    account = accounts.load(settings.account_path, passphrase)
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization(), pins=Pins(settings.home))
    terms = Terms.chosen(
        settings.deliveries_a_day, settings.unpaid_a_day, settings.unpaid_each, settings.paying_wei
    )

    lease = lease_of(NAME, settings)

    def build(work: Work) -> Client:
        chain = connect(settings, stop, account)
        member = Member(chain, ipfs, settings.home, passphrase)
        custodian, unfinished = Custodian(member, terms, Jobs(work, lease)), Unfinished(member)
        _log.info("custodian %s on chain %d", chain.address, chain.chain_id)

        def outlook() -> Outlook:
            return Outlook(custodian.seen_block, {"licences": custodian.undelivered})

        def step() -> bool:
            for one in unfinished.assign():
                _log.info(
                    "the container of dataset %d, version %d, is served now", one.dataset_id, one.version
                )
            return bool(custodian.poll())

        return Client(step, outlook, chain)

    return Worker(NAME, lease, settings.work_location, build)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter(NAME, worker, config.CustodianSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
