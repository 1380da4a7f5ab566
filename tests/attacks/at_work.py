"""The unmodified custodian worker at work for a sale, as a hospital runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from biodesci import config
from biodesci.chain import accounts
from biodesci.core.errors import NotFoundError
from biodesci.core.onchain import LicenseState
from biodesci.market import license
from biodesci.workers import custodian as worker
from biodesci.workers import entry
from tests.backend.acting import PASSPHRASE
from tests.waiting import LATE_S


@contextmanager
def custodian_of(sale: Any, localnet: Any, **more: Any) -> Iterator[None]:
    """The worker runs with the account and home of the sale's owner until the `with` is left. What it is set
    to beside that comes by name."""
    account = sale.home / "account.json"
    if not account.exists():
        key = bytes(sale.owner.account.key)
        accounts.create(account, PASSPHRASE, private_key=key, work_factor=1 << 12)
    settings = config.CustodianSettings(
        rpc_url=localnet.rpc_url,
        deployment=localnet.deployment_file,
        ipfs_api=sale.ipfs.api,
        home=sale.home,
        passphrase=PASSPHRASE,
        poll_interval=0.1,
        idle_interval=0.3,
        **more,
    )
    stop = threading.Event()
    thread = threading.Thread(target=entry.run, args=(worker.NAME, worker.worker, settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(LATE_S)


def there(sale: Any, license_id: int) -> bool:
    """Whether it was delivered, and its envelope, if it has one, is on IPFS: it comes there afterwards."""
    if license.get(sale.owner, license_id).state is not LicenseState.DELIVERED:
        return False
    digest = license.envelope_of(sale.owner, license_id)
    try:
        return not any(digest) or sale.ipfs.size(digest) > 0
    except NotFoundError:
        return False


def delivered(sale: Any, license_id: int) -> None:
    """Returns once the worker has delivered a licence."""
    deadline = time.monotonic() + 2 * LATE_S
    while not there(sale, license_id):
        assert time.monotonic() < deadline, "the custodian did not deliver"
        time.sleep(0.05)
