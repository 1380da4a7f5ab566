"""python -m biodesci.workers.containers: serves the private containers of this home to those entitled.

It needs no account and no passphrase, so that the process that strangers reach holds no key. It speaks HTTP
without TLS, behind a server that does (docs/private.md). SIGTERM or SIGINT ends it, with status 0.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
from typing import Final
from urllib.parse import urlsplit

from eth_utils.address import is_address, to_checksum_address

from biodesci import config, logs, secret_settings
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.core.documents.content_request import origin
from biodesci.core.errors import BioDeSciError, ConfigurationError, InputError, UnavailableError
from biodesci.market.container_server import ContainerServer, create_app
from biodesci.party.containers import Containers
from biodesci.serving import bounds
from biodesci.serving.guard import Policy
from biodesci.serving.server import listen, serve
from biodesci.workers.entry import answer_help

NAME: Final = "containers"
_log = logging.getLogger(NAME)
_PAUSE: Final = 5.0  # seconds between two looks for the chain


def run(settings: config.Settings) -> None:
    """Until a signal; a chain that does not answer yet is waited for. Raises ConfigurationError."""
    own, partners = _origin(settings.containers_url), _addresses(settings.containers_partners)
    policy = Policy(
        hosts=bounds.hosts([urlsplit(own).netloc, *settings.hosts.split()]),
        body=0,
        a_minute=settings.requests_a_minute,
        proxies=bounds.networks(settings.trusted_proxies),
    )
    host, _, port = settings.containers_listen.rpartition(":")
    bound = listen(host.strip("[]"), int(port) if port.isdecimal() else -1, "BIODESCI_CONTAINERS_LISTEN")
    server = ContainerServer(_connected(settings), Containers(settings.home), own, partners)
    _log.info("serving on %s as %s", settings.containers_listen, own)
    serve(create_app(server), policy, bound)


def _connected(settings: config.Settings) -> Chain:
    deployment, reading = load_deployment(settings.deployment), Reading(settings.confirmations)
    while True:
        try:
            return Chain(settings.rpc_url, deployment, reading=reading)
        except UnavailableError as exc:
            _log.warning("%s", exc)
            time.sleep(_PAUSE)


def _origin(text: str) -> str:
    try:
        return origin(text)
    except InputError as exc:
        raise ConfigurationError(
            "The server of containers does not know its own address, for which requests are signed.",
            "Set BIODESCI_CONTAINERS_URL to its origin, such as https://data.hospital.example.",
        ) from exc


def _addresses(text: str) -> frozenset[str]:
    named = text.split()
    if not all(map(is_address, named)):
        raise ConfigurationError(
            "BIODESCI_CONTAINERS_PARTNERS should be addresses of accounts, with spaces between them.",
            "Each is 0x and 40 hexadecimal digits.",
        )
    return frozenset(str(to_checksum_address(each)) for each in named)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    answer_help(NAME, __doc__, config.Settings)
    logs.begin(NAME)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        settings = config.load(config.Settings)
        logs.begin(NAME, settings.log_format, secret_settings.of(settings))
        run(settings)
    except BioDeSciError as exc:
        _log.error("%s", exc)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
