"""Runs the API under uvicorn."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from biodesci.api.app import create
from biodesci.api.drs import errors, routes
from biodesci.config import Settings
from biodesci.serving import bounds
from biodesci.serving.guard import Policy
from biodesci.serving.server import listen
from biodesci.serving.server import serve as run

LARGEST: Final = 16 << 10  # bytes of a request's body


def policy(settings: Settings) -> Policy:
    """Whom the API answers: who asks for one of its names, and not more often than it may."""
    return Policy(
        hosts=bounds.hosts([urlsplit(settings.api_url).netloc, *settings.hosts.split()]),
        body=LARGEST,
        a_minute=settings.requests_a_minute,
        proxies=bounds.networks(settings.trusted_proxies),
        larger=((errors.PREFIX, routes.LARGEST),),
    )


def serve(settings: Settings, port: int) -> None:
    """Until SIGTERM or Ctrl-C. Raises ConfigurationError for a port that cannot be used."""
    answered = policy(settings)
    bound = listen(settings.api_host, port, "--port or BIODESCI_API_PORT")
    run(create(settings), answered, bound)
