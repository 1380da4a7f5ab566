"""python -m biodesci.workers.aggregator: HTTP server that relays shares and sums masked updates.

Errors are problem documents (RFC 9457). What counts as acknowledged lies on disk, so the process may be
killed at any time.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from biodesci import config
from biodesci.chain import accounts
from biodesci.core import problems
from biodesci.core.errors import BioDeSciError, ConfigurationError, InputError, UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.rounds import seats, signatures
from biodesci.rounds.aggregator import RoundAggregator
from biodesci.rounds.signatures import MessageKind
from biodesci.serving import bodies, bounds
from biodesci.serving.guard import Policy
from biodesci.serving.server import in_thread, listen, server
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work
from biodesci.workers import entry
from biodesci.workers.supervisor import Client, Worker
from biodesci.workers.watch import Outlook

NAME: Final = "aggregator"
log = logging.getLogger(NAME)
RoundId = Annotated[int, Path(ge=0, lt=1 << 256)]  # what the contract takes


def create_app(aggregator: RoundAggregator) -> FastAPI:
    """The aggregator's HTTP interface."""
    app = FastAPI(title="BioDeSci aggregator", docs_url=None, redoc_url=None, openapi_url=None)
    receiving: set[bytes] = set()  # accounts: each has one message in memory at a time

    @app.exception_handler(BioDeSciError)
    def problem(request: Request, exc: BioDeSciError) -> Response:
        if isinstance(exc, ConfigurationError):
            log.error("%s", exc)
        return _refusal(request, exc)

    @app.exception_handler(RequestValidationError)
    def unknown(request: Request, _exc: RequestValidationError) -> Response:
        no_round = InputError(
            "The path names no round, or no message that a round has.",
            "Rounds have numbers; their messages are shares, masked and unmask.",
        )
        return _refusal(request, no_round)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/rounds/{round_id}")
    def status(round_id: RoundId) -> Response:
        return Response(aggregator.status(round_id).to_bytes(), media_type="application/json")

    @app.get("/rounds/{round_id}/inbox/{address}")
    def inbox(round_id: RoundId, address: str) -> Response:
        body = aggregator.inbox(round_id, address)
        return Response(status_code=204) if body is None else Response(body, media_type="application/json")

    @app.post("/rounds/{round_id}/{kind}")
    async def message(round_id: RoundId, kind: MessageKind, request: Request) -> Response:
        digest = signatures.read_digest(request.headers.get(signatures.DIGEST_HEADER, ""))
        signature = request.headers.get(signatures.SIGNATURE_HEADER, "")
        sender, limit = await run_in_threadpool(aggregator.admit, round_id, kind, digest, signature)
        if sender in receiving:
            raise UnavailableError(
                "Another message of this account is being received.", "Send it again when that is done."
            )
        receiving.add(sender)
        try:
            if (body := await bodies.read(request, limit)) is None:
                too_large = InputError(
                    f"The message is larger than {limit} bytes.", "Send what the round's plan asks for."
                )
                return _refusal(request, too_large, 413)
            await run_in_threadpool(aggregator.accept, round_id, kind, body, signature)
        finally:
            receiving.discard(sender)
        return Response(status_code=204)

    return app


def policy(settings: config.AggregatorSettings) -> Policy:
    """Whom the aggregator answers; how long a message may be depends on its round."""
    return Policy(
        hosts=bounds.hosts([urlsplit(settings.aggregator_url).netloc, *settings.hosts.split()]),
        body=None,
        a_minute=settings.requests_a_minute,
        proxies=bounds.networks(settings.trusted_proxies),
    )


def _refusal(request: Request, exc: BioDeSciError, status: int | None = None) -> Response:
    described = problems.describe(exc, request.url.path, status)
    return Response(described.to_bytes(), described.status, media_type=problems.MEDIA_TYPE)


def address(settings: config.AggregatorSettings) -> tuple[str, int]:
    """Host and port on which it listens: its URL's, if that is http. Where it is https, a proxy speaks it at
    the URL's, and the aggregator stands behind, on 127.0.0.1. Raises ConfigurationError.
    """
    try:
        parts = urlsplit(settings.aggregator_url)
        host, port = parts.hostname, settings.aggregator_port or parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme == "https" and host:
        if settings.aggregator_port is None:
            raise ConfigurationError(
                "BIODESCI_AGGREGATOR_URL is https, and the aggregator speaks no https itself: a proxy does.",
                "Set BIODESCI_AGGREGATOR_PORT to the port of 127.0.0.1 to which the proxy passes on.",
            )
        return "127.0.0.1", settings.aggregator_port
    if parts.scheme != "http" or not host or port is None:
        raise ConfigurationError(
            "BIODESCI_AGGREGATOR_URL names no host and port to listen on.",
            "Set it to http://HOST:PORT, or to the https address of the proxy before the aggregator.",
        )
    return host, port


def _owners(settings: config.AggregatorSettings) -> frozenset[bytes]:
    owners = seats.accounts(settings.model_owners)
    if not owners:
        raise ConfigurationError(
            "This aggregator was not told whose models' rounds it serves, and strangers' it does not.",
            "Set BIODESCI_MODEL_OWNERS to their accounts, parted by commas, or to a file of them.",
        )
    return owners


def worker(settings: config.AggregatorSettings, stop: threading.Event) -> Worker:
    """The aggregator, which serves HTTP while it has the lease. Raises ConfigurationError."""
    host, port = address(settings)
    owners = _owners(settings)
    account = accounts.load(settings.account_path, settings.secret())
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization(), pins=Pins(settings.home))
    answered = policy(settings)

    lease = entry.lease_of(NAME, settings)

    def build(work: Work) -> Client:
        chain = entry.connect(settings, stop, account)
        aggregator = RoundAggregator(chain, ipfs, settings.home, owners, Jobs(work, lease))
        bound = listen(host, port, "BIODESCI_AGGREGATOR_PORT or BIODESCI_AGGREGATOR_URL")
        is_alive, close = in_thread(server(create_app(aggregator), answered), bound)
        log.info("aggregator %s on %s:%d", chain.address, host, port)

        def outlook() -> Outlook:
            return Outlook(queue={"rounds": aggregator.open_rounds})

        return Client(aggregator.step, outlook, chain, close, is_kept=True, is_alive=is_alive)

    return Worker(NAME, lease, settings.work_location, build)


def main() -> int:
    """Serves until a signal ends it; the exit status."""
    return entry.enter(NAME, worker, config.AggregatorSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
