"""python -m biodesci.workers.guardian: releases shares of dataset keys, and delivers them with others.

It answers the other guardians over HTTP: what it says is sealed to each of them.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable
from typing import Annotated, Final

import httpx
from eth_utils.address import is_checksum_address
from fastapi import FastAPI, Path, Response

from biodesci import config
from biodesci.asking.http import Asker
from biodesci.chain import accounts
from biodesci.core.documents.custody import GuardianAnswer
from biodesci.core.errors import UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.market.fellows import Fellows
from biodesci.market.guarding import Guarding
from biodesci.market.spending import Terms
from biodesci.party.member import Member
from biodesci.serving import bounds
from biodesci.serving.guard import Policy
from biodesci.serving.server import in_thread, listen, server
from biodesci.store.work import Work
from biodesci.workers.entry import connect, enter, lease_of
from biodesci.workers.supervisor import Client, Worker
from biodesci.workers.watch import Outlook

NAME: Final = "guardian"
_ASKED_S: Final = 5.0  # that another guardian has to answer in
_LIMIT: Final = 2 * GuardianAnswer.limit
_log = logging.getLogger(NAME)
LicenceId = Annotated[int, Path(ge=1, lt=1 << 63)]


def create_app(answer: Callable[[int, str], bytes | None]) -> FastAPI:
    """`GET /shares/LICENCE/ACCOUNT`: the share released for a licence, sealed to that guardian; 404 where
    none is."""
    app = FastAPI(title="BioDeSci guardian", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/shares/{license_id}/{account}")
    def share(license_id: LicenceId, account: str) -> Response:
        sealed = answer(license_id, account) if is_checksum_address(account) else None
        if sealed is None:
            return Response(status_code=404, headers={"Cache-Control": "no-store"})
        return Response(sealed, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})

    return app


def fetch(url: str) -> bytes | None:
    """What another guardian answers; None where it has released nothing. Raises UnavailableError where it
    does not answer."""
    try:
        with contextlib.closing(Asker(_ASKED_S, trust_env=False)) as asker:
            answer = asker.ask("GET", url, lambda _: _LIMIT)
    except httpx.HTTPError as exc:
        raise UnavailableError(f"It does not answer ({type(exc).__name__}).", "It is asked again.") from exc
    if answer.status == httpx.codes.NOT_FOUND:
        return None
    if answer.status != httpx.codes.OK or answer.is_cut:
        raise UnavailableError(f"It answers with something else ({answer.status}).", "It is asked again.")
    return answer.body


def worker(settings: config.GuardianSettings, stop: threading.Event) -> Worker:
    """The guardian of the account that the settings name. Raises ConfigurationError."""
    passphrase = settings.secret()
    account = accounts.load(settings.account_path, passphrase)
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization(), pins=Pins(settings.home))
    terms = Terms.chosen(
        settings.deliveries_a_day, settings.unpaid_a_day, settings.unpaid_each, settings.paying_wei
    )
    answered = Policy(
        hosts=None,  # all that it says is sealed
        body=0,
        a_minute=settings.requests_a_minute,
        proxies=bounds.networks(settings.trusted_proxies),
    )

    def build(_work: Work) -> Client:
        chain = connect(settings, stop, account)
        guarding = Guarding(Member(chain, ipfs, settings.home, passphrase), Fellows(fetch), terms)
        bound = listen(settings.guardian_host, settings.guardian_port, "BIODESCI_GUARDIAN_PORT")
        is_alive, end = in_thread(server(create_app(guarding.answer), answered), bound)
        _log.info("guardian %s on chain %d, port %d", chain.address, chain.chain_id, settings.guardian_port)

        def close() -> None:
            end()
            guarding.close()

        def outlook() -> Outlook:
            return Outlook(guarding.seen_block, {"licences": len(guarding.waiting)})

        def step() -> bool:
            return bool(guarding.poll())

        return Client(step, outlook, chain, close, is_kept=True, is_alive=is_alive)

    return Worker(NAME, lease_of(NAME, settings), settings.work_location, build)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter(NAME, worker, config.GuardianSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
