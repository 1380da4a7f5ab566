"""python -m biodesci.workers.training_node: takes part in the rounds of one model, with this site's data.

BIODESCI_MODEL_ID, BIODESCI_DATASET_ID and BIODESCI_DATA (a CSV file) say with what; BIODESCI_HELD_OUT may
name a CSV file of records for the metrics, never trained on; BIODESCI_APPROVE_ANY=1 approves every plan
unseen, otherwise each waits for `biodesci round approve`.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

import torch

from biodesci import config
from biodesci.chain import accounts
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError
from biodesci.ee.codec import Codec
from biodesci.ipfs.client import Ipfs
from biodesci.party import keys
from biodesci.registry.codecs import load_codec
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.node import TrainingNode
from biodesci.rounds.transport.http import AggregatorClient
from biodesci.workers.entry import enter

log = logging.getLogger("training_node")
TRUE = frozenset({"1", "true", "yes"})


def _number(name: str) -> int:
    value = os.environ.get(name, "")
    if not value.isdigit():
        raise ConfigurationError(f"{name} is not set to a number.", f"Set {name} to the id on chain.")
    return int(value)


def _table(name: str) -> Path:
    value = os.environ.get(name, "")
    if not value or not Path(value).is_file():
        raise ConfigurationError(f"{name} names no file.", f"Set {name} to the site's CSV file.")
    return Path(value)


def build(settings: config.Settings) -> TrainingNode:
    """The node that the environment describes. Raises UnavailableError while chain or IPFS do not answer."""
    passphrase = settings.secret()
    account = accounts.load(settings.account_path, passphrase)
    deployment = load_deployment(settings.deployment)
    chain = Chain(settings.rpc_url, deployment, account, confirmations=settings.confirmations)
    ipfs = Ipfs(settings.ipfs_api)
    model_id, approve_any = _number("BIODESCI_MODEL_ID"), os.environ.get("BIODESCI_APPROVE_ANY", "").lower()

    def codec() -> Codec:
        return load_codec(chain, ipfs, keys.load_seed(settings.home, passphrase), model_id, "training")

    return TrainingNode(
        chain,
        ipfs,
        settings.home,
        AggregatorClient(settings.aggregator_url, account),
        Approvals(settings.home, approve_any=approve_any in TRUE),
        codec,
        model_id=model_id,
        dataset_id=_number("BIODESCI_DATASET_ID"),
        table=_table("BIODESCI_DATA"),
        held_out=_table("BIODESCI_HELD_OUT") if "BIODESCI_HELD_OUT" in os.environ else None,
    )


def run(settings: config.Settings, stop: threading.Event) -> None:
    """Until `stop` is set; says what it waits for whenever that changes."""
    node: TrainingNode | None = None
    said = ""
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
        if now != said:
            log.info("%s", now)
            said = now
        stop.wait(pause)


def main() -> int:
    torch.set_num_threads(max(1, int(os.environ.get("OMP_NUM_THREADS", "1") or 1)))
    return enter("training_node", run)


if __name__ == "__main__":
    sys.exit(main())
