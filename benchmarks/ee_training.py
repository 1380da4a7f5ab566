"""Training of stock models, encrypted against plain in one process, by one optimizer on one run of batches.

That both take the same steps is measured in tests/backend/ee/training/drift_table.py; here it is time."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.ee_subjects import Columns, Subject, subjects
from benchmarks.pairs import Ratio, model_ratio, one_thread
from biodesci.ee.training import TrainingPlan, check_combination, check_model, freeze_for
from biodesci.ee.training.loop import minibatches, run
from biodesci.ee.training.losses import class_losses, token_losses

ROUNDS, SECONDS = 36, 200.0
BATCH = 2  # one step of one batch at a time: short runs make near pairs


def _labelled(subject: Subject) -> Columns:
    columns = subject.draw(BATCH)
    causal = subject.name in ("gpt2", "llama")
    classes = 1 if causal else subject.codec.part("output:logits").size
    labels = columns["input_ids"] if causal else torch.randint(classes, (BATCH,))
    return columns | {"labels": labels}


def _time(subject: Subject) -> Ratio:
    columns = _labelled(subject)
    plan = TrainingPlan(1, BATCH, 1e-4, optimizer=subject.optimizer, seed="figures")
    loss = token_losses if columns["labels"].ndim == 2 else class_losses
    check_combination(plan.optimizer, subject.mode)
    freeze_for(subject.encrypted, subject.layout)
    check_model(subject.encrypted, subject.layout)

    def encoded() -> Columns:
        labels = torch.from_numpy(subject.codec.encode_labels(columns["labels"].numpy()))
        return subject.encode(columns) | {"labels": labels}

    def train(model: Any, encrypted: bool) -> object:
        return run(model, minibatches(encoded() if encrypted else columns, plan), plan, loss)

    return model_ratio(subject.plain, subject.encrypted, train, ROUNDS, SECONDS)


def figures() -> dict[str, dict[str, object]]:
    """ee.train_ratio.*."""
    result: dict[str, dict[str, object]] = {}
    with one_thread():
        for subject in subjects(training=True):
            taken = _time(subject)
            result[f"ee.train_ratio.{subject.name}"] = {
                "value": taken.median,
                "unit": "CPU time encrypted / plaintext",
                "peer": "the same plaintext model, all of it trainable, in the same run",
                "how": f"stock transformers, {subject.mode} keys, {subject.optimizer}, fp32, one thread, "
                f"a step of a batch of {BATCH}, {taken}; encoding of inputs and labels counted",
            }
    return result
