"""Runs an ASGI application under uvicorn, with deadlines and caps."""

from __future__ import annotations

import functools
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from biodesci.core.errors import ConfigurationError
from biodesci.serving.bounds import Bounds
from biodesci.serving.guard import Guard, Policy
from biodesci.serving.protocol import BoundedProtocol, Watch

_log = logging.getLogger(__name__)
_STOP_S: Final = 5  # for answers that are under way when the server is stopped


def server(app: ASGIApp, policy: Policy, bounds: Bounds | None = None) -> uvicorn.Server:
    """A server of `app` to be run with a socket of `listen`; SIGTERM, Ctrl-C or `should_exit` end it."""
    watch = Watch(bounds or Bounds(), policy.proxies)
    protocol: Any = functools.partial(BoundedProtocol, watch=watch)
    return uvicorn.Server(
        uvicorn.Config(
            Guard(app, policy),
            http=protocol,
            ws="none",
            loop="uvloop",
            log_config=None,  # as the rest of the process logs
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # uvicorn would believe whatever comes from this machine
            timeout_graceful_shutdown=_STOP_S,
        )
    )


def listen(host: str, port: int, hint: str) -> socket.socket:
    """A socket for a server, bound before anything else is done. `hint` says how to choose another port.

    Raises ConfigurationError where the port is none, is taken or not allowed.
    """
    if not 0 <= port < 1 << 16:
        raise ConfigurationError(f"{port} is no port.", f"Choose one from 1 to 65535: {hint}.")
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as exc:
        made.close()
        raise ConfigurationError(
            f"Port {port} on {host} is taken or not allowed ({exc.strerror}).",
            f"Stop what uses it, or choose another: {hint}.",
        ) from exc
    return made


def serve(app: ASGIApp, policy: Policy, bound: socket.socket, bounds: Bounds | None = None) -> None:
    """Until SIGTERM or Ctrl-C."""
    with bound:
        server(app, policy, bounds).run(sockets=[bound])


def in_thread(made: uvicorn.Server, bound: socket.socket) -> tuple[Callable[[], bool], Callable[[], None]]:
    """Answers in a thread of its own; whether it still does, and what ends it."""

    def run() -> None:
        try:
            made.run([bound])
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever ended it, the worker is told
            _log.error("the HTTP server has ended", exc_info=exc)

    thread = threading.Thread(target=run, name="http")
    thread.start()

    def close() -> None:
        made.should_exit = True
        thread.join()
        bound.close()

    return thread.is_alive, close
