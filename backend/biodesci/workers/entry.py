"""How every worker process starts and ends: plain log lines on stderr, SIGTERM or SIGINT ends it cleanly."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable

from eth_account.signers.local import LocalAccount

from biodesci import config
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.outbox import Sending
from biodesci.chain.reading import Reading
from biodesci.config import Chosen
from biodesci.core.errors import BioDeSciError, UnavailableError


def connect(settings: config.Settings, account: LocalAccount | None = None) -> Chain:
    """The chain that the settings name; with an account it sends, and notes what it sends in the home folder.

    Raises UnavailableError, or ConfigurationError for another network than that of the deployment file.
    """
    return Chain(
        settings.rpc_url,
        load_deployment(settings.deployment),
        account,
        settings.home,
        reading=Reading(settings.confirmations),
        sending=Sending.chosen(settings.stuck_after, settings.highest_fee_gwei),
    )


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


def enter(
    name: str, run: Callable[[Chosen, threading.Event], None], kind: type[Chosen], about: str | None
) -> int:
    """Run `run(settings, stop)` until it returns; the exit status. `stop` is set by a signal.

    An error of ours ends the process with its message: 3 where a service does not answer, else 1.
    """
    answer_help(name, about, kind)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(config.load(kind), stop)
    except BioDeSciError as exc:
        logging.getLogger(name).error("%s", exc)
        return 3 if isinstance(exc, UnavailableError) else 1
    return 0
