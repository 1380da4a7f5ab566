"""Reads a round's plan (core/documents/plan.py), and lays out the vectors that it asks for.

A node approves the plan's digest, as it stands on chain, before anything runs. No code travels in a round.

Vector of a Statistics round: `[rows, *FeaturePlan.sums]`, wide fixed point.
Vector of a Training round: counts (narrow, scale 0) `[records trained, records validated, then for the base
model and the locally trained one: right answers, histogram of scores of class 1 and of the others]`, then the
parameters' `records trained · (local - base)`, narrow fixed point, in the encrypted basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from biodesci.chain.client import Chain
from biodesci.chain.records import Round
from biodesci.core import canonical, commitment, invitations
from biodesci.core.documents.plan import Plan
from biodesci.core.documents.result import Metrics
from biodesci.core.errors import IntegrityError
from biodesci.fl import quantize
from biodesci.fl.quantize import Reals, Ring
from biodesci.ipfs.client import Ipfs
from biodesci.registry.rounds import KINDS

BINS: Final = 32
COUNTS: Final = 2 + 2 * (1 + 2 * BINS)
STATISTICS_SCALE: Final = 24
TRAINING_SCALE: Final = 18


def size(plan: Plan, parameters: int) -> int:
    """Ring elements of this round's vectors, for a model of so many parameters."""
    if plan.kind == "statistics":
        return quantize.LIMBS * (1 + 3 * len(plan.features.numeric))
    return COUNTS + parameters


def fetch(chain: Chain, ipfs: Ipfs, round_: Round) -> Plan:
    """The round's plan, checked against what the chain says of the round, of who may enrol, and its model.

    Raises IntegrityError where it differs.
    """
    plan = Plan.parse(ipfs.cat(round_.plan, max_size=Plan.limit))
    if (plan.model_id, plan.base_version, KINDS.index(plan.kind)) != (
        round_.model_id,
        round_.base_version,
        round_.kind,
    ):
        raise IntegrityError(
            f"The plan of round {round_.id} is for another model, version or kind than the round itself.",
            "Do not take part; tell the model owner.",
        )
    if (plan.colluders, invitations.root(plan.invited)) != (round_.colluders, round_.invited):
        raise IntegrityError(
            f"The plan of round {round_.id} counts other colluders, or invites other sites, than the round.",
            "Do not take part; tell the model owner.",
        )
    architecture = chain.call(chain.models.functions.architectureOf(round_.model_id))
    commitment.check(architecture, canonical.sha256(plan.architecture), "plan's architecture")
    return plan


@dataclass(frozen=True, eq=False)
class Scores:
    """How one model did on validation records: right answers, histograms of the score of class 1."""

    right: int
    positive: NDArray[np.int64]  # (BINS,) records of class 1 by score
    negative: NDArray[np.int64]  # (BINS,) the others

    @classmethod
    def of(cls, right: int, score: Reals, label: NDArray[np.int64]) -> Scores:
        """From scores in [0, 1] (n,) and labels (n,), 1 for class 1."""
        bins = np.clip((score * BINS).astype(np.int64), 0, BINS - 1)
        return cls(
            right,
            np.bincount(bins[label == 1], minlength=BINS),
            np.bincount(bins[label != 1], minlength=BINS),
        )

    def vector(self) -> list[float]:
        """The 1 + 2·BINS counts in a row: right answers, histogram of class 1, histogram of the others."""
        return [float(self.right), *map(float, self.positive), *map(float, self.negative)]

    @classmethod
    def from_vector(cls, vector: Reals) -> Scores:
        """The counts that `vector` laid out (1 + 2·BINS,), or their sum over nodes."""
        whole = np.rint(vector).astype(np.int64)
        return cls(int(whole[0]), whole[1 : 1 + BINS], whole[1 + BINS :])

    def metrics(self) -> Metrics:
        """Accuracy, and AUC as Mann-Whitney statistic over the bins (ties within a bin count one half)."""
        n1, n0 = int(self.positive.sum()), int(self.negative.sum())
        below = np.cumsum(self.negative) - self.negative
        wins = float(np.sum(self.positive * (below + self.negative / 2)))
        return Metrics(
            accuracy=self.right / (n1 + n0) if n1 + n0 else 0.0,
            auc=wins / (n1 * n0) if n1 and n0 else 0.5,
        )


@dataclass(frozen=True, eq=False)
class Update:
    """One node's training, or the sum over all: `delta` (P,) is weighted by the records trained on."""

    records: int
    validated: int
    before: Scores
    after: Scores
    delta: Reals

    def encode(self, scale: int, nodes: int) -> Ring:
        """The ring vector (COUNTS + P,) of a Training round, for a sum over `nodes` nodes.

        The counts have scale 0, `delta` has `scale` bits after the point. Raises InputError when the sum
        could overflow, or a value is NaN or infinite.
        """
        counts = [float(self.records), float(self.validated), *self.before.vector(), *self.after.vector()]
        return np.concatenate([quantize.encode(counts, 0, nodes), quantize.encode(self.delta, scale, nodes)])

    @classmethod
    def decode(cls, total: Ring, scale: int) -> Update:
        """The update that a summed ring vector (COUNTS + P,) stands for.

        Raises IntegrityError when it counts no records or a negative number of anything.
        """
        counts = quantize.decode(total[:COUNTS], 0)
        half = 1 + 2 * BINS
        update = cls(
            int(counts[0]),
            int(counts[1]),
            Scores.from_vector(counts[2 : 2 + half]),
            Scores.from_vector(counts[2 + half :]),
            quantize.decode(total[COUNTS:], scale),
        )
        if update.records <= 0 or (counts < 0).any():
            raise IntegrityError(
                "The sum of this round makes no sense: it counts no records, or fewer than none.",
                "A node sent a damaged update: abort the round and open another.",
            )
        return update


def encode_statistics(rows: int, sums: Reals, scale: int, nodes: int) -> Ring:
    """The ring vector of a Statistics round: `rows` and `FeaturePlan.sums` (S,) give LIMBS·(1 + S) elements.

    `scale` is the number of bits after the point. Raises InputError when a sum over `nodes` nodes could
    overflow.
    """
    return quantize.encode_wide(np.concatenate([[float(rows)], sums]), scale, nodes)


def decode_statistics(total: Ring, scale: int) -> tuple[int, Reals]:
    """Number of rows, and the sums that `Normalization.from_sums` takes.

    Raises IntegrityError where no rows were counted.
    """
    values = quantize.decode_wide(total, scale)
    rows = round(float(values[0]))
    if rows <= 0:
        raise IntegrityError(
            "The sum of this round counts no rows.", "A node sent a damaged vector: abort the round."
        )
    return rows, values[1:]
