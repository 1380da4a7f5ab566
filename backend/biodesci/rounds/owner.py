"""The model owner's side of rounds: open them, watch them, and read what came of them.

Needs neither the EE key nor any data: a round runs on the encrypted weights that the chain names.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from biodesci.chain.client import Chain
from biodesci.chain.records import Round
from biodesci.core.documents.plan import Plan
from biodesci.core.errors import InputError, NotFoundError, StateError
from biodesci.core.features import FeaturePlan
from biodesci.core.onchain import RoundState
from biodesci.core.patience import persist
from biodesci.ee.training import TrainingPlan, check_combination
from biodesci.fl.protocol import MIN_COHORT, threshold_of
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds, versions
from biodesci.registry.models import load_card
from biodesci.registry.rounds import KINDS
from biodesci.rounds.plan import MAX_RESULT, STATISTICS_SCALE, TRAINING_SCALE, canonical_document

VALIDATION = 0.1


@dataclass(frozen=True)
class Deadlines:
    """Seconds from now until enrolment, commitments and the result are due."""

    enrol: int = 120
    commit: int = 600
    finalize: int = 900


@dataclass(frozen=True)
class Progress:
    """Where a round stands: who is awaited, and until when (a chain timestamp)."""

    round: Round
    awaited: tuple[str, ...]
    until: int
    seconds_left: int

    def __str__(self) -> str:
        what = {
            RoundState.ENROLLING: f"{self.round.enrolled} nodes enrolled",
            RoundState.RUNNING: f"{self.round.committed} of {self.round.enrolled} updates committed",
            RoundState.UNMASKING: f"unmasking the sum of {self.round.committed} updates",
        }.get(self.round.state, self.round.state.name.lower())
        whom = f", waiting for {', '.join(self.awaited)}" if self.awaited else ""
        left = f", {max(0, self.seconds_left)} s left" if not self.round.state.is_over else ""
        return f"round {self.round.id}: {what}{whom}{left}"


@dataclass(frozen=True)
class Result:
    """A finalized round and its result document."""

    round: Round
    document: dict[str, Any]


def open_round(
    chain: Chain,
    ipfs: Ipfs,
    plan: Plan,
    aggregator: str,
    *,
    min_nodes: int = 0,
    deadlines: Deadlines | None = None,
) -> int:
    """Publish the plan and open the round; its id. `min_nodes` 0: a majority of the cohort."""
    least = max(
        min_nodes, MIN_COHORT, threshold_of(plan.cohort, plan.threshold) if plan.cohort else plan.threshold
    )
    if plan.kind == "training":
        check_combination(str(plan.training["optimizer"]), str(load_card(chain, ipfs, plan.model_id)["mode"]))
    data = plan.to_bytes()
    Plan.parse(data)  # what nodes would refuse is refused here
    digest = ipfs.add(data)
    times = deadlines or Deadlines()
    now = max(chain.now(), int(time.time()))
    receipt = chain.send(
        chain.models.functions.openRound(
            plan.model_id,
            KINDS.index(plan.kind),
            digest,
            aggregator,
            least,
            now + times.enrol,
            now + times.commit,
            now + times.finalize,
        )
    )
    return int(chain.event(receipt, chain.models, "RoundOpened")["roundId"])


def new_plan(
    chain: Chain,
    ipfs: Ipfs,
    model_id: int,
    features: FeaturePlan,
    training: TrainingPlan | None,
    *,
    statistics: int = 0,
    cohort: int = 0,
    threshold: int = 0,
    scale: int | None = None,
    validation: float = VALIDATION,
) -> Plan:
    """The plan of a round on the model's latest version; without `training`, of a Statistics round."""
    if (training is None) != (statistics == 0):
        raise InputError("A training round needs a finished statistics round.", "Run that one first.")
    return Plan(
        kind="statistics" if training is None else "training",
        model_id=model_id,
        base_version=int(chain.call(chain.models.functions.latestVersion(model_id))),
        architecture=load_card(chain, ipfs, model_id)["architecture"],
        features=features,
        label=features.label.name,
        **({"seed": ""} if training is None else asdict(training)),
        scale=scale if scale is not None else (STATISTICS_SCALE if training is None else TRAINING_SCALE),
        threshold=threshold,
        statistics=statistics,
        cohort=cohort,
        validation=validation,
    )


def run_rounds(
    chain: Chain,
    ipfs: Ipfs,
    model_id: int,
    features: FeaturePlan,
    training: TrainingPlan,
    *,
    rounds: int,
    aggregator: str,
    cohort: int,
    statistics: int = 0,
    min_nodes: int = 0,
    scale: int | None = None,
    validation: float = VALIDATION,
    deadlines: Deadlines | None = None,
    progress: Callable[[Result], None] | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> list[Result]:
    """A Statistics round (unless the id of a finished one is given), then `rounds` Training rounds.

    Goes on with a round of this model that is already open. `progress` is called after each round, `watch`
    whenever the state of the present one changes. Raises StateError when a round aborts.
    """
    done: list[Result] = []

    def finish(plan: Callable[[], Plan]) -> Result:
        current = int(chain.call(chain.models.functions.openRoundOf(model_id)))
        if current == 0:
            current = open_round(
                chain, ipfs, persist(plan), aggregator, min_nodes=min_nodes, deadlines=deadlines
            )
        result = wait(chain, ipfs, current, watch)
        done.append(result)
        if progress is not None:
            progress(result)
        return result

    while statistics == 0:
        result = finish(lambda: new_plan(chain, ipfs, model_id, features, None, cohort=cohort))
        if result.document["kind"] == "statistics":
            statistics = result.round.id
    for number in range(rounds):
        one = replace(training, seed=f"{training.seed}/{number}")
        finish(
            lambda one=one: new_plan(  # type: ignore[misc]
                chain,
                ipfs,
                model_id,
                features,
                one,
                statistics=statistics,
                cohort=cohort,
                scale=scale,
                validation=validation,
            )
        )
    return done


def wait(
    chain: Chain,
    ipfs: Ipfs,
    round_id: int,
    watch: Callable[[Progress], None] | None = None,
    *,
    interval: float = 0.2,
) -> Result:
    """Until the round is finalized. Raises StateError with the reason when it aborts, or cannot go on."""
    shown = ""
    while True:
        where = persist(lambda: progress_of(chain, round_id))
        key = f"{where.round.state} {where.round.enrolled} {where.round.committed}"
        if watch is not None and key != shown:
            watch(where)
            shown = key
        if where.round.state is RoundState.FINALIZED:
            return persist(lambda: result_of(chain, ipfs, round_id))
        if where.round.state is RoundState.ABORTED:
            raise StateError(
                f"Round {round_id} was aborted: {abort_reason(chain, round_id).rstrip('.')}.",
                "Open another round.",
            )
        # Anyone may abort by then; an aggregator that is gone must not leave the owner waiting for ever.
        if where.seconds_left < -60 and chain.now() > where.round.finalize_by + 60:
            raise StateError(
                f"Round {round_id} is past its last deadline, and nobody ended it.",
                f"Abort it: biodesci round abort {round_id}.",
            )
        time.sleep(interval)


def progress_of(chain: Chain, round_id: int) -> Progress:
    """Who has not done its part yet, as the chain shows it."""
    found = rounds.read(chain, round_id)
    until = {RoundState.ENROLLING: found.enrol_by, RoundState.RUNNING: found.commit_by}.get(
        found.state, found.finalize_by
    )
    awaited: list[str] = []
    if found.state is RoundState.RUNNING:
        awaited = [e.node for e in rounds.enrolments(chain, round_id) if not e.committed]
    elif found.state is RoundState.UNMASKING:
        awaited = [found.aggregator]
    return Progress(found, tuple(awaited), until, until - chain.now())


def result_of(chain: Chain, ipfs: Ipfs, round_id: int) -> Result:
    """The result document of a finalized round, checked against the round."""
    found = rounds.read(chain, round_id)
    if found.state is not RoundState.FINALIZED:
        raise NotFoundError(
            f"Round {round_id} has no result: it is {found.state.name.lower()}.", "Wait for it."
        )
    document = canonical_document(ipfs.cat(found.result, max_size=MAX_RESULT), "round's result")
    if document.get("roundId") != round_id or document.get("kind") != KINDS[found.kind]:
        raise StateError(f"The result of round {round_id} is of another round.", "Do not use it.")
    return Result(found, document)


def abort(chain: Chain, round_id: int, reason: str) -> None:
    """End a round; by the model owner, or by anyone once it is stuck."""
    encoded = reason.encode()
    if len(encoded) > 32:
        raise InputError("The reason is longer than 32 bytes.", "Shorten it.")
    rounds.require_open(rounds.read(chain, round_id))
    chain.send(chain.models.functions.abort(round_id, encoded.ljust(32, b"\0")))


def abort_reason(chain: Chain, round_id: int) -> str:
    first = chain.deployment.contracts["ModelRegistry"].block
    found = chain.events(chain.models, "RoundAborted", first, filters={"roundId": round_id})
    reason: bytes = bytes(found[-1]["args"]["reason"]) if found else b""
    return reason.rstrip(b"\0").decode("utf-8", "replace") or "no reason given"


@dataclass(frozen=True)
class Contribution:
    """A model version and the nodes whose updates are summed in it; empty for one published by the owner."""

    version: int
    round_id: int
    nodes: tuple[tuple[str, int], ...]  # account, dataset


def lineage(chain: Chain, model_id: int) -> list[Contribution]:
    """Every version of a model down to the datasets that it was trained on; from the chain alone."""
    latest = int(chain.call(chain.models.functions.latestVersion(model_id)))
    found = []
    for number in range(1, latest + 1):
        round_id = versions.read(chain, model_id, number).round_id
        nodes = [(e.node, e.dataset_id) for e in rounds.survivors(chain, round_id)] if round_id else []
        found.append(Contribution(number, round_id, tuple(nodes)))
    return found


def contributions(chain: Chain, model_id: int) -> Counter[int]:
    """How many versions each dataset took part in. Record counts are masked: rounds are counted."""
    return Counter(dataset for entry in lineage(chain, model_id) for _, dataset in entry.nodes)
