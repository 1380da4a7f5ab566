"""How every worker process starts and ends: plain log lines on stderr, SIGTERM or SIGINT ends it cleanly."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable

from biodesci import config
from biodesci.core.errors import BioDeSciError, UnavailableError


def enter(name: str, run: Callable[[config.Settings, threading.Event], None]) -> int:
    """Run `run(settings, stop)` until it returns; the exit status. `stop` is set by a signal.

    An error of ours ends the process with its message: 3 where a service does not answer, else 1.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        run(config.load(), stop)
    except BioDeSciError as exc:
        logging.getLogger(name).error("%s", exc)
        return 3 if isinstance(exc, UnavailableError) else 1
    return 0
