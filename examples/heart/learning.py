"""Step 4: federated fine-tuning under encryption, and how it compares with training alone and pooled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biodesci.core.documents.result import StatisticsResult, TrainingResult
from biodesci.core.features import Normalization
from biodesci.core.patience import persist
from biodesci.ee import runtime
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.localnet.narrator import Narrator
from biodesci.localnet.stack import Stack
from biodesci.models import registration
from biodesci.rounds.owner import Conditions, RoundOwner
from examples.heart import baselines, cohorts
from examples.heart.baselines import Score
from examples.heart.cast import Cast


@dataclass(frozen=True)
class Trained:
    """The trained model, and what the storyteller alone has of it: plaintext weights, held-out patients."""

    model_id: int
    version: int
    config: TabularConfig
    plaintext: dict[str, NDArray[np.float64]]
    test_x: NDArray[np.float64]  # (n, F), normalized


def train(stack: Stack, cast: Cast, narrator: Narrator, rounds: int, *, references: bool) -> Trained:
    """One Statistics round, then `rounds` Training rounds; four nodes and the aggregator are processes.

    With `references` the same training is run in the clear too, and its figures are told beside.
    """
    owner = cast.model_owner
    chain = cast.chain(owner)
    config, plan = baselines.CONFIG, baselines.TRAINING
    created = persist(
        lambda: registration.create_model(
            cast.member(owner),
            registration.NewModel(
                config, "Heart disease classifier", "Angiographic heart disease from routine findings."
            ),
        )
    )  # fmt: skip
    narrator.fact(
        f"model {created.model_id}: weights encrypted under a fresh EE key, root and card on chain "
        f"({created.gas:,} gas)",
        gas=created.gas,
    )
    _start_nodes(stack, cast, created.model_id)
    narrator.fact(
        "four training nodes hold codecs sealed to them; none has the EE key, the aggregator nothing"
    )

    with narrator.progress("rounds on chain", rounds + 1) as advance:
        conditions = Conditions(cast.aggregator.address, cohort=len(cast.sites), invited=cast.site_accounts)
        rounds_of = RoundOwner(chain, stack.ipfs, created.model_id, cohorts.PLAN, conditions)
        results = rounds_of.run(plan, rounds, progress=lambda _result: advance(1))
    statistics, first, last = results[0].document, results[1].document, results[-1].document
    sites = results[-1].round
    assert isinstance(statistics, StatisticsResult)
    assert isinstance(first, TrainingResult)
    assert isinstance(last, TrainingResult)
    narrator.fact(
        f"normalization from masked sums over {statistics.records} patients; "
        f"{rounds} training rounds finalized on chain, {sites.committed} of {sites.enrolled} sites "
        "in the last sum",
        rounds=rounds,
        records=statistics.records,
    )
    narrator.fact(
        f"each site's own model, on its own held-out patients ({last.validated} in all, under masks): "
        f"accuracy {first.before.accuracy:.3f} before the first round, {last.after.accuracy:.3f} after its "
        "training in the last, before they were added",
        masked_accuracy=round(last.after.accuracy, 4),
    )
    normalization = statistics.normalization
    trained, scores = _evaluate(stack, cast, created.model_id, normalization)
    if references:
        with narrator.progress("references in the clear", None):
            scores |= _named(baselines.run(rounds))
    for name, score in scores.items():
        narrator.fact(
            f"{name:<28} accuracy {score.accuracy:.3f}  AUC {score.auc:.3f}",
            **{f"{_key(name)}_accuracy": round(score.accuracy, 4), f"{_key(name)}_auc": round(score.auc, 4)},
        )
    return trained


def _start_nodes(stack: Stack, cast: Cast, model_id: int) -> None:
    owner = cast.model_owner
    for site in cast.sites:
        cast.register_key(site.owner)
        persist(
            lambda address=site.owner.address: registration.grant_codec(  # type: ignore[misc]
                cast.member(owner),
                registration.Grantee(model_id, address, "training"),
            )
        )
    stack.start_aggregator(cast.aggregator, owner)
    for site in cast.sites:
        stack.worker(
            f"node-{site.slug}",
            "biodesci.workers.training_node",
            site.owner,
            BIODESCI_MODEL_ID=str(model_id),
            BIODESCI_DATASET_ID=str(site.dataset_id),
            BIODESCI_DATA=str(site.table),
            BIODESCI_HELD_OUT=str(site.held_out),
            BIODESCI_APPROVE_ANY="1",
            BIODESCI_ROSTER=",".join(cast.site_accounts),
        )


def _evaluate(
    stack: Stack, cast: Cast, model_id: int, normalization: Normalization
) -> tuple[Trained, dict[str, Score]]:
    """The trained model, and its score on patients that no site trained on.

    The storyteller has all four files and the owner's key; no party of the network has.
    """
    owner, config = cast.model_owner, baselines.CONFIG
    chain = cast.chain(owner)
    version = int(chain.call(chain.models.functions.latestVersion(model_id)))
    plaintext = persist(lambda: registration.decrypt_model(cast.member(owner), model_id, version))
    members = baselines.sites()
    logits = [runtime.infer(config, plaintext, normalization.apply(s.test_x)) for s in members]
    test_x = np.concatenate([normalization.apply(s.test_x) for s in members])
    trained = Trained(model_id, version, config, plaintext, test_x)
    return trained, {"under encryption, together": baselines.score(logits, members)}


def _named(references: dict[str, Score]) -> dict[str, Score]:
    return {
        "in the clear, together": references["federated"],
        "in the clear, pooled": references["pooled"],
        "in the clear, each alone": references["alone"],
    }


def _key(name: str) -> str:
    return {
        "under encryption, together": "federated",
        "in the clear, together": "plaintext_federated",
        "in the clear, pooled": "pooled",
        "in the clear, each alone": "alone",
    }[name]
