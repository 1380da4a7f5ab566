"""The model owner's side of rounds: write their plans, open them, and follow them to their results.

Needs neither the EE key nor any data: a round runs on the encrypted weights that the chain names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from biodesci.chain.client import Chain
from biodesci.core import invitations
from biodesci.core.documents.plan import Plan
from biodesci.core.errors import InputError
from biodesci.core.features import FeaturePlan
from biodesci.core.patience import persist
from biodesci.ee.training import TrainingPlan, check_combination
from biodesci.fl.roster import COLLUDERS, MIN_COHORT, threshold_of
from biodesci.ipfs.client import Ipfs
from biodesci.registry.models import load_card
from biodesci.registry.rounds import KINDS
from biodesci.rounds.plan import STATISTICS_SCALE, TRAINING_SCALE
from biodesci.rounds.progress import Progress, Result, wait


@dataclass(frozen=True)
class Deadlines:
    """Seconds from now until enrolment, commitments and the result are due."""

    enrol: int = 120
    commit: int = 600
    finalize: int = 900


@dataclass(frozen=True)
class Conditions:
    """What the owner asks of every round of a model.

    `aggregator` is the account that sums; `cohort` the number of nodes at which a round starts (0: when
    enrolment ends); no fewer than `min_nodes` are summed (0: a majority of the cohort); so many as
    `threshold` unmask (0: as few as the `colluders` allow, who are the sites that may work with the
    aggregator). Where accounts are `invited`, nobody else can enrol. `scale` is the number of fractional bits
    of a training update, `validation` the share of records that a node keeps for metrics.
    """

    aggregator: str
    cohort: int = 0
    min_nodes: int = 0
    threshold: int = 0
    colluders: int = COLLUDERS
    invited: tuple[str, ...] = ()
    scale: int = TRAINING_SCALE
    validation: float = 0.1
    deadlines: Deadlines = field(default_factory=Deadlines)

    @property
    def least(self) -> int:
        """The number of nodes below which nothing is summed, as the contract gets it."""
        asked = self.colluders, self.threshold
        majority = threshold_of(self.cohort, *asked) if self.cohort else self.threshold
        return max(self.min_nodes, MIN_COHORT, majority)


class RoundOwner:
    """Opens the rounds of one model, one after the other."""

    def __init__(
        self, chain: Chain, ipfs: Ipfs, model_id: int, features: FeaturePlan, conditions: Conditions
    ) -> None:
        self._chain, self._ipfs = chain, ipfs
        self._model_id, self._features, self._conditions = model_id, features, conditions

    def run(
        self,
        training: TrainingPlan,
        rounds: int,
        *,
        statistics: int = 0,
        progress: Callable[[Result], None] | None = None,
        watch: Callable[[Progress], None] | None = None,
    ) -> list[Result]:
        """A Statistics round (unless the id of a finished one is given), then so many Training rounds.

        Goes on with a round of this model that is already open, and waits out a chain or IPFS node that is
        being restarted. `progress` is called after each round, `watch` whenever the present one moves.

        Raises:
            StateError: a round aborted.
            UnavailableError: chain or IPFS node were away for a minute.
        """
        results: list[Result] = []

        def finish(plan: Callable[[], Plan]) -> Result:
            result = wait(self._chain, self._ipfs, persist(partial(self._present_or_new, plan)), watch)
            results.append(result)
            if progress is not None:
                progress(result)
            return result

        while statistics == 0:
            # One that was open already may be a training round: statistics follow it.
            result = finish(self.statistics_plan)
            if result.document.kind == "statistics":
                statistics = result.round.id
        for number in range(rounds):
            of_round = replace(training, seed=f"{training.seed}/{number}")
            finish(partial(self.training_plan, of_round, statistics))
        return results

    def statistics_plan(self) -> Plan:
        """The plan of a Statistics round on the model's latest version."""
        return self._plan(kind="statistics", scale=STATISTICS_SCALE, statistics=0, seed="")

    def training_plan(self, training: TrainingPlan, statistics: int) -> Plan:
        """The plan of a Training round on the latest version; `statistics` is the round that normalizes it.

        Raises:
            InputError: there is no such round, or the optimizer does not fit the model's key.
        """
        if statistics == 0:
            raise InputError("A training round needs a finished statistics round.", "Run that one first.")
        mode = load_card(self._chain, self._ipfs, self._model_id).mode
        check_combination(training.optimizer, mode)
        scale = self._conditions.scale
        return self._plan(kind="training", scale=scale, statistics=statistics, **asdict(training))

    def open(self, plan: Plan) -> int:
        """Publish the plan on IPFS and open the round on chain; its id."""
        terms = self._conditions
        data = plan.to_bytes()
        Plan.parse(data)  # what nodes would refuse is refused here
        digest = self._ipfs.add(data, "plan of a round")
        now = max(self._chain.now(), int(time.time()))
        receipt = self._chain.send(
            self._chain.models.functions.openRound(
                plan.model_id,
                (
                    KINDS.index(plan.kind),
                    digest,
                    invitations.root(plan.invited),
                    terms.aggregator,
                    terms.least,
                    plan.colluders,
                    now + terms.deadlines.enrol,
                    now + terms.deadlines.commit,
                    now + terms.deadlines.finalize,
                ),
            )
        )
        return int(self._chain.event(receipt, self._chain.models, "RoundOpened")["roundId"])

    def _present_or_new(self, plan: Callable[[], Plan]) -> int:
        """The model's open round, else a new one. Safe to repeat: the contract keeps one open at a time."""
        present = int(self._chain.call(self._chain.models.functions.openRoundOf(self._model_id)))
        return present or self.open(plan())

    def _plan(self, **fields: Any) -> Plan:
        terms = self._conditions
        latest = int(self._chain.call(self._chain.models.functions.latestVersion(self._model_id)))
        return Plan(
            model_id=self._model_id,
            base_version=latest,
            architecture=load_card(self._chain, self._ipfs, self._model_id).architecture,
            features=self._features,
            label=self._features.label.name,
            threshold=terms.threshold,
            colluders=terms.colluders,
            invited=terms.invited,
            cohort=terms.cohort,
            validation=terms.validation,
            attempt=1 + self._opened_on(latest),
            **fields,
        )

    def _opened_on(self, base: int) -> int:
        """How many rounds were opened on a base version: each has a plan of its own, which runs once."""
        first = self._chain.deployment.contracts["ModelRegistry"].block
        models = self._chain.models
        opened = self._chain.events(models, "RoundOpened", first, filters={"modelId": self._model_id})
        return sum(event["args"]["baseVersion"] == base for event in opened)
