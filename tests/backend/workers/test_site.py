"""A training site in `biodesci work list` and in the figures: what waits for a person does not fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain import accounts
from biodesci.config import NodeSettings
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds
from biodesci.rounds.approvals import Approvals
from biodesci.store import jobs
from biodesci.store.jobs import Counts, Jobs
from biodesci.store.work import Work
from biodesci.workers import training_node
from biodesci.workers.supervisor import Client
from tests.attacks.sites import Sites
from tests.backend.acting import PASSPHRASE

NONE: dict[str, int] = {}
ONE = {training_node.JOB: 1}


@dataclass
class Worker:
    """The worker of the first of the sites, as its settings make it."""

    sites: Sites
    settings: dict[str, Any]
    work: Work
    opened: list[Client] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return Path(self.settings["home"])

    def start(self, **more: Any) -> Callable[[], bool]:
        """Its step, after a restart with these settings."""
        made = training_node.worker(NodeSettings(**self.settings, **more), threading.Event())
        self.lease = made.lease
        self.opened.append(made.build(self.work))
        return self.opened[-1].step

    def counts(self) -> Counts:
        return Jobs(self.work, self.lease).counts()

    @property
    def job(self) -> jobs.Job:
        (job,) = jobs.listed(self.work)
        return job


@pytest.fixture
def worker(chain_for: Callable[..., Any], ipfs_node: Any, localnet: Any, tmp_path: Path) -> Iterator[Worker]:
    sites = Sites(chain_for, Ipfs(ipfs_node.api, timeout=2.0), tmp_path, 3)
    home = tmp_path / "site-0"
    key = bytes(sites.chains[0].signer().key)
    accounts.create(home / "account.json", PASSPHRASE, private_key=key, work_factor=1 << 12)
    settings = {
        "rpc_url": localnet.rpc_url, "deployment": localnet.deployment_file, "ipfs_api": ipfs_node.api,
        "home": home, "passphrase": PASSPHRASE, "aggregator_url": sites.url, "model_id": sites.model_id,
        "dataset_id": sites.datasets[0], "data": home / "table.csv",
    }  # fmt: skip
    with Work(home / "work.sqlite") as work:
        made = Worker(sites, settings, work)
        yield made
        for client in made.opened:
            assert client.chain is not None
            client.chain.provider.close()


def test_a_site_that_waits_for_a_person_waits_and_does_not_fail(worker: Worker) -> None:
    step = worker.start()
    plan = rounds.read(worker.sites.owner, worker.sites.open()).plan
    assert step()
    assert "has not approved" in worker.job.reason
    assert worker.counts() == Counts(failing=NONE, waiting=ONE)
    assert not step()
    assert worker.job.attempts == 1
    # Who has it tried again without having approved it is told the same.
    jobs.retry(worker.work, [worker.job])
    assert not step()
    assert (worker.job.attempts, worker.job.due) == (2, None)
    assert worker.counts() == Counts(failing=NONE, waiting=ONE)
    Approvals(worker.home).approve(plan)
    assert step()
    assert "was not told with whom" in worker.job.reason
    assert worker.counts() == Counts(failing=NONE, waiting=ONE)
    step = worker.start(roster=",".join(chain.address for chain in worker.sites.chains))
    assert step()
    assert worker.counts() == Counts(failing=NONE, waiting=NONE)


def test_a_site_that_cannot_take_part_fails_until_it_can(worker: Worker) -> None:
    roster = ",".join(chain.address for chain in worker.sites.chains)
    table = (worker.home / "table.csv").read_text()
    (worker.home / "table.csv").write_text(table.replace("age", "height"))
    step = worker.start(roster=roster, approve_any=True)
    worker.sites.open()
    assert step()
    assert worker.counts() == Counts(failing=ONE, waiting=NONE)
    for _ in range(6):
        assert not step()
    assert worker.job.attempts == 4  # three at once, and then it is counted more and more seldom
    jobs.retry(worker.work, [worker.job])
    step()
    assert worker.job.attempts == 5
    (worker.home / "table.csv").write_text(table)
    assert step()
    assert worker.counts() == Counts(failing=NONE, waiting=NONE)
