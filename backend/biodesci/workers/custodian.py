"""python -m biodesci.workers.custodian: delivers keys for the datasets whose keys are in this home."""

from __future__ import annotations

import logging
import sys
import threading

from biodesci import config
from biodesci.chain import accounts
from biodesci.core.errors import BioDeSciError, ConfigurationError, FundsError, UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.market.custody import Custodian, Terms
from biodesci.party.member import Member
from biodesci.workers.entry import connect, enter

_log = logging.getLogger("custodian")


def run(settings: config.CustodianSettings, stop: threading.Event) -> None:
    """Until `stop` is set; waits out a chain or an IPFS node that does not answer."""
    passphrase = settings.secret()
    account = accounts.load(settings.account_path, passphrase)
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization())
    terms = Terms.chosen(
        settings.deliveries_a_day, settings.unpaid_a_day, settings.unpaid_each, settings.paying_wei
    )
    custodian: Custodian | None = None
    while not stop.is_set():
        pause = settings.poll_interval
        try:
            if custodian is None:
                chain = connect(settings, account)
                custodian = Custodian(Member(chain, ipfs, settings.home, passphrase), terms)
                _log.info("custodian %s on chain %d", chain.address, chain.chain_id)
            custodian.poll()
        except (UnavailableError, FundsError) as exc:
            _log.warning("%s", exc)
            custodian, pause = None, max(pause, 2.0)
        except ConfigurationError:
            raise
        except BioDeSciError as exc:
            _log.warning("%s", exc)
            pause = max(pause, 2.0)
        except Exception:  # noqa: BLE001
            _log.exception("Unexpected error; trying again.")
            custodian, pause = None, max(pause, 5.0)
        stop.wait(pause)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter("custodian", run, config.CustodianSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
