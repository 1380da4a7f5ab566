"""What a training node computes on its own records: sums for a Statistics round, or an update for training.

Training runs on the encrypted model with encoded records and labels; nothing but the masked result leaves.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from biodesci.core import checkpoint
from biodesci.core.checkpoint import Tensors
from biodesci.core.documents.plan import Plan
from biodesci.core.errors import InputError
from biodesci.core.features import Matrix, Normalization
from biodesci.ee.architectures import registry as architectures
from biodesci.ee.codec import Codec
from biodesci.ee.training import TrainingPlan, train
from biodesci.fl.quantize import Ring
from biodesci.rounds.plan import Scores, Update, encode_statistics

Labels = NDArray[np.int64]


def statistics(plan: Plan, table: bytes, nodes: int) -> Ring:
    """The vector of a Statistics round over this table."""
    x, _ = plan.features.encode(table)
    return encode_statistics(len(x), plan.features.sums(x), plan.scale, nodes)


@dataclass(frozen=True, eq=False)
class Start:
    """What every node of a Training round starts from: its plan, the statistics that normalize features, the
    codec of the encrypted model, and the model's weights, encrypted."""

    plan: Plan
    normalization: Normalization
    codec: Codec
    base: Tensors


def update(start: Start, table: bytes, nodes: int, held_out: bytes | None = None) -> Ring:
    """The vector of a Training round of so many `nodes`: the encrypted model trained on this table (CSV).

    The metrics are taken on the site's own `held_out` table where it keeps one, else on the share of `table`
    that the plan asks to keep for them.

    Raises:
        InputError: the statistics are of another feature plan, or the table does not fit it.
    """
    plan, normalization, codec, base = start.plan, start.normalization, start.codec, start.base
    if plan.training is None:
        raise InputError("This is the plan of a Statistics round, which trains nothing.", "Sum its records.")
    config = architectures.described(plan.architecture)
    if normalization.plan != plan.features:
        raise InputError(
            "The statistics are of another feature plan.", "Ask the model owner for a new round."
        )
    x, y = _encoded(plan, table, normalization, codec)
    if held_out is None:
        validated = validation_rows(len(x), plan.validation)
        (x, y), (test_x, test_y) = (x[~validated], y[~validated]), (x[validated], y[validated])
    else:
        test_x, test_y = _encoded(plan, held_out, normalization, codec)
    model = config.build({name: torch.from_numpy(np.asarray(t)) for name, t in base.items()})
    before = scores(model, test_x, test_y, codec)
    train(model, x, y, TrainingPlan.from_document(plan.training))
    after = scores(model, test_x, test_y, codec)
    trained = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    delta = len(x) * (checkpoint.flatten(trained) - checkpoint.flatten(base))
    return Update(len(x), len(test_x), before, after, delta).encode(plan.scale, nodes)


def _encoded(plan: Plan, table: bytes, normalization: Normalization, codec: Codec) -> tuple[Matrix, Labels]:
    """A table's records (n, F) and labels (n,), both under the codec."""
    raw, labels = plan.features.encode(table)
    return codec.encode_inputs(normalization.apply(raw)), codec.encode_labels(labels)


def validation_rows(count: int, share: float) -> NDArray[np.bool_]:
    """Which records are kept for the metrics: (count,), alike in every round; one at least is trained on.

    Raises InputError for fewer than two.
    """
    if count < 2:
        raise InputError("One record cannot be split in two parts.", "Give more records.")
    ranks = [hashlib.sha256(f"biodesci/validation/v1|{i}".encode()).digest() for i in range(count)]
    size = min(max(1, round(count * share)), count - 1)
    chosen = np.zeros(count, dtype=np.bool_)
    chosen[sorted(range(count), key=ranks.__getitem__)[:size]] = True
    return chosen


def scores(model: nn.Module, x: Matrix, y: Labels, codec: Codec) -> Scores:
    """How the encrypted model does on encoded records (n, F) and labels (n,)."""
    one = int(codec.encode_labels(np.ones(1, dtype=np.int64))[0])
    model.eval()
    with torch.no_grad():
        probabilities = torch.softmax(model(torch.from_numpy(x)), dim=1).numpy()
    right = int((probabilities.argmax(axis=1) == y).sum())
    return Scores.of(right, probabilities[:, one], (y == one).astype(np.int64))
