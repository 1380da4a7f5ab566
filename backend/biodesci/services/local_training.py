"""What a training node computes on its own records: sums for a Statistics round, or an update for training.

Training runs on the encrypted model with encoded records and labels; nothing but the masked result leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from biodesci.core import checkpoint
from biodesci.core.checkpoint import Tensors
from biodesci.core.errors import InputError
from biodesci.core.features import Matrix, Normalization
from biodesci.ee.codec import Codec
from biodesci.ee.tabular import TabularConfig, TabularTransformer, build
from biodesci.ee.training import TrainingPlan, train
from biodesci.fl.quantize import Ring
from biodesci.services.round_plan import Plan, Scores, Update, encode_statistics

Labels = NDArray[np.int64]


def statistics(plan: Plan, table: bytes, nodes: int) -> Ring:
    """The vector of a Statistics round over this table."""
    x, _ = plan.features.encode(table)
    return encode_statistics(len(x), plan.features.sums(x), plan.scale, nodes)


def update(
    plan: Plan,
    table: bytes,
    normalization: Normalization,
    codec: Codec,
    base: Tensors,
    nodes: int,
    check: Callable[[TabularConfig], None] | None = None,
) -> Ring:
    """The vector of a Training round: the encrypted model trained on this table, from the weights `base`."""
    config = TabularConfig.from_document(plan.architecture)
    if check is not None:
        check(config)
    if normalization.plan != plan.features:
        raise InputError(
            "The statistics are of another feature plan.", "Ask the model owner for a new round."
        )
    raw, labels = plan.features.encode(table)
    x = codec.encode_inputs(normalization.apply(raw))
    y = codec.encode_labels(labels)
    held = validation_rows(len(x), plan.validation)
    model = build(config, {name: torch.from_numpy(np.asarray(t)) for name, t in base.items()})
    before = scores(model, x[held], labels[held], codec)
    train(model, x[~held], y[~held], TrainingPlan.from_document({**plan.training, "seed": plan.seed}))
    after = scores(model, x[held], labels[held], codec)
    trained = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    records = int((~held).sum())
    delta = records * (checkpoint.flatten(trained) - checkpoint.flatten(base))
    return Update(records, int(held.sum()), before, after, delta).encode(plan.scale, nodes)


def validation_rows(count: int, share: float) -> NDArray[np.bool_]:
    """Which records are kept for the metrics: (count,), alike in every round; one at least is trained on."""
    if count < 2:
        raise InputError("One record cannot be split in two parts.", "Give more records.")
    ranks = [hashlib.sha256(f"biodesci/validation/v1|{i}".encode()).digest() for i in range(count)]
    kept = min(max(1, round(count * share)), count - 1)
    held = np.zeros(count, dtype=np.bool_)
    held[sorted(range(count), key=ranks.__getitem__)[:kept]] = True
    return held


def scores(model: TabularTransformer, x: Matrix, labels: Labels, codec: Codec) -> Scores:
    """How the encrypted model does on encoded records (n, F) with plain labels (n,)."""
    encoded = codec.encode_labels(labels)
    one = int(codec.encode_labels(np.ones(1, dtype=np.int64))[0])
    model.eval()
    with torch.no_grad():
        probabilities = torch.softmax(model(torch.from_numpy(x)), dim=1).numpy()
    right = int((probabilities.argmax(axis=1) == encoded).sum())
    return Scores.of(right, probabilities[:, one], (labels == 1).astype(np.int64))
