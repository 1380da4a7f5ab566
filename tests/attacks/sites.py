"""A model owner, an aggregator behind HTTP and the sites of its rounds: the real workers, in one process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn

from biodesci.chain.client import Chain
from biodesci.core import checkpoint, commitment, duo
from biodesci.core.documents.plan import Plan
from biodesci.core.documents.result import RoundResult
from biodesci.core.features import FeaturePlan, LabelColumn, NumericColumn
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.codec import Codec
from biodesci.ee.training import TrainingPlan
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.processes import free_port
from biodesci.models.registration import Grantee, NewModel, create_model, grant_codec
from biodesci.party import keys
from biodesci.registry import rounds, versions
from biodesci.registry.codecs import load_codec
from biodesci.rounds.aggregator import RoundAggregator
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.node import Operator, Site, TrainingNode
from biodesci.rounds.owner import Conditions, Deadlines, RoundOwner
from biodesci.rounds.progress import result_of
from biodesci.rounds.seats import Seats
from biodesci.rounds.transport.http import AggregatorClient
from biodesci.workers.aggregator import create_app
from tests.backend.acting import PASSPHRASE, acting
from tests.waiting import wait_for

PLAN = FeaturePlan(
    numeric=(NumericColumn(name="age", low=0, high=100),),
    categorical=(),
    label=LabelColumn(name="sick", threshold=0),
)
TRAINING = TrainingPlan(epochs=1, batch_size=2, learning_rate=0.02, seed="attacks")
Kind = type[RoundAggregator]


def publish(chain: Chain) -> int:
    """A dataset to enrol with; its container plays no part in a round."""
    publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, duo.parse_terms(["HMB"]), bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, []))
    return int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])


class Sites:
    """`records[i]` is what site i has: site i counts i + 2 of them, so that every sum says who is in it."""

    def __init__(self, chain_for: Callable[..., Chain], ipfs: Ipfs, home: Path, count: int) -> None:
        self._chain_for, self.ipfs, self.home = chain_for, ipfs, home
        self.owner, self.aggregating = chain_for(), chain_for()
        keys.register(self.owner, home / "owner", PASSPHRASE)
        self.model_id = self.model()
        self.chains = [chain_for() for _ in range(count)]
        self.datasets = [publish(chain) for chain in self.chains]
        self.url = f"http://127.0.0.1:{free_port()}"
        self.nodes = [self.node(i, self.known()) for i in range(count)]

    def known(self, *others: Chain) -> Seats:
        """The seats of these sites, and of others that a site's operator named."""
        return Seats(frozenset(rounds.raw(chain.address) for chain in (*self.chains, *others)))

    def node(
        self,
        index: int,
        seats: Seats,
        *,
        license_id: int = 0,
        model_id: int = 0,
        dataset_id: int = 0,
        same_sites: bool = False,
    ) -> TrainingNode:
        """The training node of a site; for another model, or with another dataset, where one is named."""
        chain, home = self.chains[index], self.home / f"site-{index}"
        home.mkdir(exist_ok=True)
        table = home / "table.csv"
        if not table.exists():
            rows = "".join(f"{30 + i},{60 + index},{i % 2}\n" for i in range(index + 2))
            table.write_text(f"age,weight,sick\n{rows}")

        def codec() -> Codec:
            seed = keys.load_seed(home, PASSPHRASE)
            return load_codec(chain, self.ipfs, seed, model_id or self.model_id, "training")

        return TrainingNode(
            chain,
            self.ipfs,
            Site(
                home,
                model_id or self.model_id,
                dataset_id or self.datasets[index],
                table,
                license_id=license_id,
            ),
            AggregatorClient(self.url, chain.signer()),
            Operator(Approvals(home, approve_any=True), seats, codec, same_sites),
        )

    def conditions(self, **more: Any) -> Conditions:
        """What the owner asks of a round of all these sites."""
        wanted = {"cohort": len(self.chains), "deadlines": Deadlines(600, 1_200, 2_400), **more}
        return Conditions(self.aggregating.address, **wanted)

    def open(self, *, model_id: int = 0, plan: FeaturePlan = PLAN, **more: Any) -> int:
        """A statistics round, which needs neither codec nor training."""
        owner = RoundOwner(self.owner, self.ipfs, model_id or self.model_id, plan, self.conditions(**more))
        return owner.open(owner.statistics_plan())

    def teach(self) -> None:
        """Every site gets what it needs for training rounds, too."""
        member = acting(self.owner, self.ipfs, self.home / "owner")
        for index, chain in enumerate(self.chains):
            keys.register(chain, self.home / f"site-{index}", PASSPHRASE)
            grant_codec(member, Grantee(self.model_id, chain.address, "training"))

    def open_training(self, statistics: int, **more: Any) -> int:
        """A training round on the latest version, normalized by a finished statistics round."""
        return RoundOwner(self.owner, self.ipfs, self.model_id, PLAN, self.conditions(**more)).open(
            self.training_plan(statistics, **more)
        )

    def training_plan(self, statistics: int, **more: Any) -> Plan:
        """The plan of such a round."""
        owner = RoundOwner(self.owner, self.ipfs, self.model_id, PLAN, self.conditions(**more))
        return owner.training_plan(TRAINING, statistics)

    def model(self, plan: FeaturePlan = PLAN) -> int:
        """Another model of the same owner."""
        config = TabularConfig(plan.width, tokens=4, width=16, heads=2, layers=1, hidden=24, classes=2)
        member = acting(self.owner, self.ipfs, self.home / "owner")
        return create_model(member, NewModel(config, "another")).model_id

    def publish_other_weights(self) -> None:
        """A version of the model with weights that are hardly others."""
        latest = int(self.owner.call(self.owner.models.functions.latestVersion(self.model_id)))
        base = versions.fetch_weights(self.owner, self.ipfs, self.model_id, latest)
        nudged = {name: tensor * np.float32(1 + 1e-6) for name, tensor in base.items()}
        words = checkpoint.root(nudged), self.ipfs.add(checkpoint.dump(nudged))
        self.owner.send(self.owner.models.functions.publishVersion(self.model_id, *words))

    @contextmanager
    def aggregator(self, kind: Kind = RoundAggregator) -> Iterator[RoundAggregator]:
        """An aggregator of this kind, that sites reach by HTTP."""
        served = frozenset({commitment.address(self.owner.address)})
        made = kind(self.aggregating, self.ipfs, self.home / "aggregator", served)
        port = int(self.url.rpartition(":")[2])
        server = uvicorn.Server(
            uvicorn.Config(create_app(made), port=port, log_config=None, access_log=False)
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            wait_for(lambda: server.started or not thread.is_alive(), pause=0.02)
            assert server.started
            yield made
        finally:
            server.should_exit = True
            thread.join()

    def enrol(self, aggregator: RoundAggregator, *nodes: TrainingNode) -> None:
        """These nodes (all, if none is named) enrol; the round runs."""
        for node in nodes or self.nodes:
            node.step()
        aggregator.step()

    def summed(self, aggregator: RoundAggregator, round_id: int, *nodes: TrainingNode) -> RoundResult:
        """What a round of these nodes comes to."""
        self.deal(aggregator, *nodes)
        for _ in range(2):
            for node in nodes or self.nodes:
                node.step()
            aggregator.step()
        return result_of(self.owner, self.ipfs, round_id).document

    def deal(self, aggregator: RoundAggregator, *nodes: TrainingNode) -> None:
        """As `enrol`, then they deal their shares; the chain says who dealt."""
        self.enrol(aggregator, *nodes)
        for node in nodes or self.nodes:
            node.step()
        aggregator.step()


def wait_past(localnet: Any, sites: Sites, deadline: int) -> None:
    """The chain's clock, which may lag behind that of the machine, goes past a deadline (Unix seconds)."""
    localnet.pass_time(max(0, deadline - sites.owner.now()) + 1)


SitesOf = Callable[[int], Sites]


def masked(sites: Sites, round_id: int) -> list[str]:
    """The accounts whose masked vectors an aggregator has."""
    where = rounds.context(sites.aggregating, round_id)
    folder = sites.home / "aggregator/aggregator" / f"{where.chain_id}-{where.registry.hex()}" / str(round_id)
    return sorted(path.name.partition("-")[2] for path in folder.glob("masked-*"))
