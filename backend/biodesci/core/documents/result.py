"""The result of a round, which its aggregator publishes: who is summed in it, and what came of the sum."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from biodesci.core.documents.base import Document, Part, parse_one_of
from biodesci.core.documents.values import Address, BareBytes32, Count, Uint256
from biodesci.core.errors import InputError, IntegrityError
from biodesci.core.features import FeaturePlan, Normalization

MAX_RESULT: Final = 256 << 10
Share = Annotated[float, Field(ge=0, le=1)]


class Participant(Part):
    """A node whose update is in the sum, and the dataset that it enrolled with."""

    node: Address
    dataset_id: Uint256


class Metrics(Part):
    """How a model did on the nodes' own validation records, which were counted under masks."""

    accuracy: Share
    auc: Share


class _Result(Document):
    """What results of both kinds say of their round; `records` is over all of its nodes."""

    remedy: ClassVar = "Do not use it; open another round."
    limit: ClassVar = MAX_RESULT
    must_be_canonical: ClassVar = True
    refusal: ClassVar = IntegrityError

    round_id: Uint256
    model_id: Uint256
    base_version: Uint256
    plan: str  # its content identifier
    nodes: tuple[Participant, ...]
    records: Count


class StatisticsResult(_Result):
    """Mean and deviation of each numeric column of `features`, over all records of the nodes."""

    title: ClassVar = "result of a statistics round"

    kind: Literal["statistics"] = "statistics"
    features: FeaturePlan
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            self.normalization  # noqa: B018 - raises what is amiss
        except InputError as exc:
            raise ValueError(exc.message) from None
        return self

    @property
    def normalization(self) -> Normalization:
        """What puts features on the scale that models of this round train with."""
        return Normalization(self.features, self.mean, self.deviation)


class TrainingResult(_Result):
    """`before` and `after` are the base model and the locally trained ones, before they were averaged."""

    title: ClassVar = "result of a training round"

    kind: Literal["training"] = "training"
    validated: Count
    before: Metrics
    after: Metrics
    weights_root: BareBytes32


RoundResult = StatisticsResult | TrainingResult


def parse(raw: bytes) -> RoundResult:
    """The result of a round of either kind. Raises IntegrityError for anything else."""
    result = parse_one_of(raw, StatisticsResult, TrainingResult)
    assert isinstance(result, StatisticsResult | TrainingResult)
    return result
