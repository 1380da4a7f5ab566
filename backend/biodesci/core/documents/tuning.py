"""What fine-tuning leaves on disk: the report beside its result, the mark of an adapter, and the state of a
run that may be stopped."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.training import Training
from biodesci.core.documents.values import BareBytes32, Count
from biodesci.core.errors import BioDeSciError, StateError

NotNegative = Annotated[int | float, Field(ge=0)]


class Adapter(Part):
    """A LoRA adapter: its rank, alpha, and the ends of the names of the modules that it stands beside."""

    rank: Count
    alpha: int | float
    targets: tuple[str, ...]


class Privacy(Part):
    """DP-SGD: the noise as a multiple of the clip, and the delta of its bound."""

    model_config = ConfigDict(alias_generator=None)

    noise_multiplier: NotNegative
    delta: NotNegative


class Method(Part):
    """How a model is trained; `model` is the SHA-256 of the encrypted model, `device` the kind of device."""

    plan: Training
    loss: str
    lora: Adapter | None
    privacy: Privacy | None
    dropout: Literal["none", "as in config.json"]
    key_id: str
    model: BareBytes32
    device: str


class Run(Method):
    """All that decides what a run of fine-tuning gives; `records` is the SHA-256 of the encoded records."""

    records: BareBytes32


class TuningState(Document):
    """How far a run is after an epoch; it lies in the metadata of the file with the trained weights. `loss`
    is that before the first step."""

    title: ClassVar = "tuning state"
    remedy: ClassVar = "Delete its folder to start anew."
    limit: ClassVar = 1 << 20
    refusal: ClassVar[type[BioDeSciError]] = StateError

    run: Run
    epochs: Count
    steps: Count
    loss: float


class _Report(Document):
    """What a report says of any run; whoever gets the result reads it."""

    remedy: ClassVar = "Use it as `biodesci tune run` wrote it."
    limit: ClassVar = 4 << 20
    readable: ClassVar = True
    alphabetical: ClassVar = True

    format: Literal["biodesci/tuning/v1"] = "biodesci/tuning/v1"
    plan: Training
    loss: str
    key_id: str
    model: BareBytes32
    mode: str


class TuningReport(_Report):
    """How a result came about: losses are means over all records, before and after. `frozen` names the
    weights that were not trained."""

    title: ClassVar = "tuning report"

    lora: Adapter | None
    privacy: None
    dropout: Literal["none", "as in config.json"]
    device: str
    rows: Count
    steps: Count
    loss_before: float
    loss_after: float
    computed_in: str
    frozen: tuple[str, ...] | Literal["all but the adapter"]
    spent: None


class Spent(Part):
    """What DP-SGD discloses at most, of any record."""

    epsilon: float
    delta: float


class PrivateTuningReport(_Report):
    """How a result of DP-SGD came about: nothing of the records that its bound does not cover."""

    title: ClassVar = "report of private tuning"

    privacy: Privacy
    spent: Spent


class AdapterMark(Document):
    """That an adapter is encrypted: the ids of its base model's key and, where it has one, of its own."""

    model_config = ConfigDict(alias_generator=None)
    title: ClassVar = "adapter mark"
    remedy: ClassVar = "Use the adapter's folder as it was written."
    limit: ClassVar = 16 << 10
    readable: ClassVar = True
    alphabetical: ClassVar = True

    base_key_id: str
    key_id: str | None = None
    mode: str
