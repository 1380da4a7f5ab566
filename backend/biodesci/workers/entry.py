"""How every worker process starts and ends. SIGTERM or SIGINT ends it within ten seconds, with status 0.

Exit status: 0 ended by a signal, 1 a setting, file or tool is wrong. A service that does not answer ends no
worker: it is waited for.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import Final

from eth_account.signers.local import LocalAccount

from biodesci import config, logs, secret_settings
from biodesci.chain import accounts
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.chain.sending import Sending
from biodesci.config import Chosen
from biodesci.core.about import about
from biodesci.core.errors import BioDeSciError
from biodesci.workers import memory
from biodesci.workers.monitor import served
from biodesci.workers.supervisor import Supervisor, Worker
from biodesci.workers.watch import Watch

# After a signal, before the process ends in the middle of whatever it does. The rest of the ten seconds is
# for a machine so busy that it takes seconds to do that.
GRACE_S: Final = 6.0
Make = Callable[[Chosen, threading.Event], Worker]


def connect(settings: config.Settings, stop: threading.Event, account: LocalAccount | None = None) -> Chain:
    """The chain that the settings name; with an account it sends, and notes that in the work database.

    Raises UnavailableError, or ConfigurationError for another network than that of the deployment file.
    """
    return Chain(
        settings.rpc_url,
        load_deployment(settings.deployment),
        account,
        settings.home,
        reading=Reading(settings.confirmations, stop=stop),
        sending=Sending.chosen(settings.stuck_after, settings.highest_fee_gwei, settings.work_location),
    )


def lease_of(name: str, settings: config.Settings) -> str:
    """The lease of a worker's work: that of one account, on one deployment of the contracts."""
    deployment = load_deployment(settings.deployment)
    where = deployment.contracts["DatasetNFT"].address
    return f"{name} of {accounts.address(settings.account_path)} at {where} on {deployment.chain_id}"


def answer_help(name: str, about: str | None, kind: type[config.Settings]) -> None:
    """Ends the process with the worker's help where its arguments ask for it, or name what is none."""
    lines = []
    for field, info in kind.model_fields.items():
        must = " (must be set)" if info.is_required() else ""
        lines.append(f"  {config.variable(field):<26} {info.description}{must}")
    argparse.ArgumentParser(
        prog=f"python -m biodesci.workers.{name}",
        description=about,
        epilog="It takes no arguments; its settings are environment variables:\n\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()


def run(name: str, make: Make[Chosen], settings: Chosen, stop: threading.Event) -> None:
    """Until `stop` is set. Raises ConfigurationError."""
    watch = Watch(name)
    with served(watch, settings.metrics_port), about(network=load_deployment(settings.deployment).chain_id):
        Supervisor(make(settings, stop), settings, watch, stop).run()


def enter(name: str, make: Make[Chosen], kind: type[Chosen], about_it: str | None) -> int:
    """Runs the worker that `make(settings, stop)` makes until a signal ends it; the exit status."""
    answer_help(name, about_it, kind)
    memory.bound()
    logs.begin(name)
    stop = threading.Event()
    _heed_signals(name, stop)
    try:
        settings = config.load(kind)
        logs.begin(name, settings.log_format, secret_settings.of(settings))
        run(name, make, settings, stop)
    except BioDeSciError as exc:
        logging.getLogger(name).error("%s", exc)
        return 1
    return 0


def _heed_signals(name: str, stop: threading.Event) -> None:
    """SIGTERM and SIGINT set `stop`; who does not end in time after it is ended.

    What was begun is on disk and on chain, so that it may be ended anywhere, as by a power cut. A thread of
    its own does it, since the main thread may be inside a computation that no signal interrupts.
    """
    heard, wake = socket.socketpair()
    wake.setblocking(False)

    def heed() -> None:
        heard.recv(1)
        stop.set()
        threading.Event().wait(GRACE_S)
        logging.getLogger(name).warning("ended in the middle of its work; the next start goes on with it")
        os._exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    _kept.append(wake)
    threading.Thread(target=heed, name="signals", daemon=True).start()


_kept: Final[list[socket.socket]] = []  # a socket that is forgotten is closed
