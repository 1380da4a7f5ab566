"""The security card of a checkpoint: what each attack of the red team got out of it, in figures.

`redteam/attacks/report.py` measures, `redteam/attacks/findings.py` says in words what the figures mean.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from biodesci.core.documents.attack_figures import (
    AgainstDummies,
    AtDrift,
    AtLowRankDrift,
    Frequency,
    HeadsAtDrift,
    Inversion,
    KnownPairs,
    LabelLeak,
    NoiseCost,
    Scores,
    Sessions,
    TokenLeak,
    TokensAtDrift,
)
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.model_card import KeyDescription
from biodesci.core.documents.values import Count


class ActualBase(Part):
    """Attacks with the very public model that the weights were fine-tuned from: how far each kind of tensor
    is from it, relative to the base's spread, and what was matched, or read of tokens."""

    drift: dict[str, float]
    alignment: Scores
    tokens_right: float | None = None


class SecurityCard(Document):
    """An attack that does not fit the architecture, or that lacked what it needs, has no field. `key` is the
    one that the model is encrypted with; a plain model has none."""

    title: ClassVar = "security card"
    remedy: ClassVar = "Measure it again: biodesci model card FOLDER."
    limit: ClassVar = 4 << 20
    readable: ClassVar = True
    alphabetical: ClassVar = True

    format: Literal["biodesci/security-card/v1"] = "biodesci/security-card/v1"
    architecture: str
    mode: str
    parameters: Count
    alignment: tuple[AtDrift, ...]
    heads: tuple[HeadsAtDrift, ...]
    split_mode: tuple[AtDrift, ...]
    alignment_low_rank: tuple[AtLowRankDrift, ...]
    alignment_unrelated: Scores
    linkage: Scores
    dummy_neurons: tuple[AgainstDummies, ...] | None = None
    label_leak: tuple[LabelLeak, ...]
    vocabulary_matching: tuple[TokensAtDrift, ...] | None = None
    known_plaintext: tuple[KnownPairs, ...] | None = None
    inversion: tuple[Inversion, ...] | None = None
    sessions: tuple[Sessions, ...] | None = None
    noise: tuple[NoiseCost, ...] | None = None
    frequency: tuple[Frequency, ...] | None = None
    token_leak: tuple[TokenLeak, ...] | None = None
    actual_base: ActualBase | None = None
    key: KeyDescription | None = None
