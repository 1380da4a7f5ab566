"""python -m biodesci.workers.training_node: takes part in the rounds of one model, with this site's data."""

from __future__ import annotations

import logging
import sys
import threading

import torch

from biodesci.chain import accounts
from biodesci.chain.client import Chain
from biodesci.config import NodeSettings
from biodesci.core.errors import AccessDeniedError, BioDeSciError, ConfigurationError, UnavailableError
from biodesci.ee.codec import Codec
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.party import keys
from biodesci.registry.codecs import load_codec
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.node import Operator, Site, TrainingNode
from biodesci.rounds.seats import Seats
from biodesci.rounds.transport.http import AggregatorClient
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work
from biodesci.workers.entry import connect, enter, lease_of
from biodesci.workers.supervisor import Client, Worker

NAME = "training_node"
JOB = "rounds-of-model"
_log = logging.getLogger(NAME)


def build(settings: NodeSettings, stop: threading.Event) -> tuple[Chain, TrainingNode]:
    """The chain, and the node that the settings describe. Raises UnavailableError."""
    passphrase = settings.secret()
    account = accounts.load(settings.account_path, passphrase)
    chain = connect(settings, stop, account)
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization(), pins=Pins(settings.home))

    def codec() -> Codec:
        return load_codec(
            chain, ipfs, keys.load_seed(settings.home, passphrase), settings.model_id, "training"
        )

    node = TrainingNode(
        chain,
        ipfs,
        Site(
            settings.home,
            settings.model_id,
            settings.dataset_id,
            settings.data,
            settings.held_out,
            settings.license_id,
        ),
        AggregatorClient(settings.aggregator_url, account),
        Operator(
            Approvals(settings.home, approve_any=settings.approve_any),
            Seats.read(settings.roster, settings.issuers, settings.visas),
            codec,
            same_sites=settings.same_sites,
        ),
    )
    return chain, node


def worker(settings: NodeSettings, stop: threading.Event) -> Worker:
    """The node of one site and one model; says what it waits for whenever that changes."""
    torch.set_num_threads(settings.threads)
    said: list[str] = []

    lease = lease_of(f"{NAME} of model {settings.model_id}", settings)

    def open_client(work: Work) -> Client:
        chain, node = build(settings, stop)
        jobs = Jobs(work, lease)

        def step() -> bool:
            error: BioDeSciError | None = None
            try:
                now = node.step()
            except (UnavailableError, ConfigurationError):
                raise
            except BioDeSciError as exc:
                error, now = exc, str(exc)
            is_news = said != [now]
            if is_news:
                said[:] = [now]
                _log.info("%s", now)
            _note(jobs, settings.model_id, error, is_news=is_news)
            return is_news

        return Client(step, chain=chain)

    return Worker(NAME, lease, settings.work_location, open_client)


def _note(jobs: Jobs, model_id: int, error: BioDeSciError | None, *, is_news: bool) -> None:
    """What keeps the site from its part, in the work database; each look tries it, whatever stands there.

    A right that is missing waits for a person: to approve the plan, to name the other sites, to give consent.
    """
    if error is None:
        if is_news:
            jobs.done(JOB, model_id)
    elif is_news or str(model_id) in jobs.schedule(JOB).due:
        jobs.failed(JOB, model_id, str(error), again=not isinstance(error, AccessDeniedError))


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter(NAME, worker, NodeSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
