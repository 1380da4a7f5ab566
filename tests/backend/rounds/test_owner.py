"""The owner's side of rounds: what is opened, also when the IPFS node is away for a moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from biodesci.core.errors import InputError, UnavailableError
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.training import TrainingPlan
from biodesci.ipfs.client import Ipfs
from biodesci.models.registration import NewModel, create_model
from biodesci.party import keys
from biodesci.registry import rounds
from biodesci.rounds.owner import Conditions, Deadlines, RoundOwner
from biodesci.rounds.progress import Progress
from examples.heart.cohorts import PLAN
from tests.backend.acting import PASSPHRASE, acting

CONFIG = TabularConfig(PLAN.width, tokens=4, width=16, heads=2, layers=1, hidden=24, classes=2)
TRAINING = TrainingPlan(epochs=1, batch_size=32, learning_rate=0.02, seed="owner")
AGGREGATOR = to_checksum_address("0x" + "a1" * 20)


class Opened(Exception):
    """Ends a run once its first round is open: there are no nodes here that could finish it."""


class Restarting(Ipfs):
    """A node of IPFS that does not answer one of its calls, the `away`-th from now."""

    away = 0

    def add(self, data: bytes, why: str = "") -> bytes:
        self._call_counted()
        return super().add(data, why)

    def cat(self, digest: bytes, *, max_size: int | None = None) -> bytes:
        self._call_counted()
        return super().cat(digest, max_size=max_size)

    def _call_counted(self) -> None:
        self.away -= 1
        if self.away == 0:
            raise UnavailableError("The IPFS node does not answer.", "Start it.")


@pytest.fixture(scope="module")
def ipfs(ipfs_node: Any) -> Restarting:
    return Restarting(ipfs_node.api)


@pytest.fixture
def owner(chain_for: Callable[..., Any], ipfs: Restarting, tmp_path: Path) -> RoundOwner:
    chain = chain_for()
    keys.register(chain, tmp_path, PASSPHRASE)
    model = create_model(acting(chain, ipfs, tmp_path), NewModel(CONFIG, "heart"))
    conditions = Conditions(AGGREGATOR, cohort=5, deadlines=Deadlines(60, 90, 120))
    return RoundOwner(chain, ipfs, model.model_id, PLAN, conditions)


def run(owner: RoundOwner) -> Progress:
    """The progress of the first round that the owner's run opens."""
    seen: list[Progress] = []

    def watch(where: Progress) -> None:
        seen.append(where)
        raise Opened

    with pytest.raises(Opened):
        owner.run(TRAINING, 1, watch=watch)
    return seen[0]


@pytest.mark.parametrize("away", [1, 2])
def test_an_ipfs_node_that_is_restarted_while_a_round_opens(
    owner: RoundOwner, ipfs: Restarting, chain_for: Callable[..., Any], away: int
) -> None:
    before = rounds.count(chain_for())
    ipfs.away = away
    where = run(owner)
    ipfs.away = 0
    assert rounds.count(chain_for()) == before + 1 == where.round.id


def test_a_run_goes_on_with_the_round_that_is_open(owner: RoundOwner) -> None:
    opened = owner.open(owner.statistics_plan())
    assert run(owner).round.id == opened


def test_fewer_than_a_majority_of_the_cohort_is_never_summed(owner: RoundOwner) -> None:
    assert run(owner).round.min_nodes == 4, "of five, one of whom may collude"
    assert Conditions(AGGREGATOR, cohort=5, min_nodes=5).least == 5
    assert Conditions(AGGREGATOR).least >= 2


def test_training_without_statistics_is_refused(owner: RoundOwner) -> None:
    with pytest.raises(InputError, match="needs a finished statistics round"):
        owner.training_plan(TRAINING, 0)
