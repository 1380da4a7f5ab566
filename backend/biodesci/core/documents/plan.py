"""The plan of a round: what every node of it does, public and approved by its hash. No code travels in it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from biodesci.core.documents.base import Document
from biodesci.core.documents.training import Training
from biodesci.core.documents.values import Address, Count, Json, Uint256
from biodesci.core.errors import InputError
from biodesci.core.features import FeaturePlan

MAX_SCALE: Final = 30  # as `fl.quantize` has it: with more, a sum of values has no room
_TRAINING: Final = tuple(name for name in Training.model_fields if name != "seed")


class Plan(Document):
    """A Statistics round has none of the fields from `epochs` to `weight_decay`, a Training round has them
    all; `ee.training.TrainingPlan` says what they may be.
    """

    title: ClassVar = "round plan"
    remedy: ClassVar = "Ask the model owner for a new round."
    limit: ClassVar = 256 << 10
    must_be_canonical: ClassVar = True

    kind: Literal["statistics", "training"]
    model_id: Uint256
    base_version: Uint256
    architecture: dict[str, Json]
    features: FeaturePlan
    label: str  # that of `features`
    epochs: Count | None = None
    batch_size: Count | None = None
    learning_rate: int | float | None = None
    momentum: int | float | None = None
    clip: int | float | None = None
    optimizer: str | None = None
    weight_decay: int | float | None = None
    seed: str
    scale: Annotated[int, Field(ge=0, le=MAX_SCALE)]
    threshold: Count  # 0: as small as the colluders allow
    colluders: Annotated[int, Field(ge=1, lt=100)]  # so many sites may work with the aggregator
    invited: tuple[Address, ...]  # who may enrol; nobody: anyone
    statistics: Uint256  # the round whose result normalizes the features; 0 for a Statistics round
    cohort: Count  # start as soon as so many nodes enrolled; 0: when enrolment ends
    validation: Annotated[float, Field(gt=0, lt=1)]  # share of a node's records kept for the metrics
    attempt: Annotated[int, Field(ge=1, lt=1 << 53)]  # of the rounds on this base version: a plan runs once

    @model_validator(mode="after")
    def _fits(self) -> Self:
        present = [getattr(self, name) is not None for name in _TRAINING]
        if any(present) != (self.kind == "training") or any(present) != all(present):
            raise InputError(
                f"A plan of kind {self.kind} lacks fields of training, or has too many.", "Correct it."
            )
        if self.label != self.features.label.name:
            raise InputError("The plan's label is not that of its features.", "Correct it.")
        return self

    @property
    def training(self) -> Training | None:
        """What is trained; None in a Statistics round."""
        if self.kind == "statistics":
            return None
        return Training(seed=self.seed, **{name: getattr(self, name) for name in _TRAINING})
