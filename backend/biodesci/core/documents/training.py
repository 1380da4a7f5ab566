"""What is trained, as round plans and reports of fine-tuning have it."""

from __future__ import annotations

from biodesci.core.documents.base import Part
from biodesci.core.documents.values import Count


class Training(Part):
    """`ee.training.TrainingPlan` says what each field means, and what it may be."""

    epochs: Count
    batch_size: Count
    learning_rate: int | float
    momentum: int | float
    clip: int | float
    optimizer: str
    weight_decay: int | float
    seed: str
