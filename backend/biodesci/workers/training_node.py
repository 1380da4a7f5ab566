"""python -m biodesci.workers.training_node: takes part in the rounds of one model, with this site's data."""

from __future__ import annotations

import logging
import sys
import threading

import torch

from biodesci.chain import accounts
from biodesci.config import NodeSettings
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from biodesci.ee.codec import Codec
from biodesci.ipfs.client import Ipfs
from biodesci.party import keys
from biodesci.registry.codecs import load_codec
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.node import Operator, Site, TrainingNode
from biodesci.rounds.seats import Seats
from biodesci.rounds.transport.http import AggregatorClient
from biodesci.workers.entry import connect, enter

log = logging.getLogger("training_node")


def build(settings: NodeSettings) -> TrainingNode:
    """The node that the environment describes. Raises UnavailableError while chain or IPFS do not answer."""
    passphrase = settings.secret()
    account = accounts.load(settings.account_path, passphrase)
    chain = connect(settings, account)
    ipfs = Ipfs(settings.ipfs_api, authorization=settings.ipfs_authorization())

    def codec() -> Codec:
        return load_codec(
            chain, ipfs, keys.load_seed(settings.home, passphrase), settings.model_id, "training"
        )

    return TrainingNode(
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


def run(settings: NodeSettings, stop: threading.Event) -> None:
    """Until `stop` is set; says what it waits for whenever that changes."""
    torch.set_num_threads(settings.threads)
    node: TrainingNode | None = None
    logged = ""
    while not stop.is_set():
        pause = settings.poll_interval
        try:
            node = node or build(settings)
            now = node.step()
        except ConfigurationError:
            raise
        except BioDeSciError as exc:
            now = str(exc)
            pause = max(pause, 2.0 if isinstance(exc, UnavailableError) else 0.5)
        except Exception as exc:  # noqa: BLE001
            # The type alone: a message from csv or numpy may quote a record.
            now = f"unexpected {type(exc).__name__}; trying again"
            pause = max(pause, 5.0)
        if now != logged:
            log.info("%s", now)
            logged = now
        stop.wait(pause)


def main() -> int:
    """Runs until a signal ends it; the exit status."""
    return enter("training_node", run, NodeSettings, __doc__)


if __name__ == "__main__":
    sys.exit(main())
