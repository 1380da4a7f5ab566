"""The red team's figures, attack by attack, as model cards and security cards have them.

Shares are from 0 to 1. An error of a key is relative to the key: 0 is the key itself, and about 1.4 is one
that was drawn at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ConfigDict

from biodesci.core.documents.base import Part
from biodesci.core.documents.values import Count


class Scores(Part):
    """What an attack on weights got right. Which scores there are follows from the architecture: the share of
    rows that were matched by their kind (`neurons`, `heads`, `vocabulary`, ..), and a key's error by its
    place (`streamKeyError`, `recordsKeyError`, ..)."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float]

    @classmethod
    def of(cls, scores: Mapping[str, float], **conditions: float | bool) -> Self:
        """The scores of an attack that was run under these conditions, which are the fields of `cls`."""
        fields: dict[str, Any] = {**conditions, **scores}
        return cls(**fields)

    def score(self, name: str) -> float | None:
        """One of the scores by its name in JSON; None where the architecture has none such."""
        return self.__pydantic_extra__.get(name)

    @property
    def has_scores(self) -> bool:
        """Whether there was anything to match."""
        return bool(self.__pydantic_extra__)

    @property
    def matched(self) -> float:
        """The share of neurons or tokens that were matched, the larger of the two; 0 without both."""
        return max(self.score(name) or 0.0 for name in ("neurons", "vocabulary"))

    @property
    def stream_key_error(self) -> float | None:
        """The error of the residual stream's key; None without a stream."""
        return self.score("streamKeyError")


class AtDrift(Scores):
    """Where the secret weights are the public ones plus this much change."""

    drift: float


class AtLowRankDrift(Scores):
    """As `AtDrift`, where the change has a rank as an adapter's has."""

    drift: float
    rank: Count


class AgainstDummies(Scores):
    """Where the owner added `dummies` neurons that cancel, and `noise`; `caught` is the share of them that
    the attacker found, who removed them if `stripped`."""

    dummies: Count
    noise: float
    stripped: bool
    caught: float


class HeadsAtDrift(Part):
    """The share of attention heads that were told apart; `chance` is that of guessing."""

    drift: float
    by_single_matrices: float
    by_products: float
    chance: float


class TokensAtDrift(Part):
    """The share of tokens that were read from the states of the running model; `shuffled`: although they were
    sent in another order."""

    drift: float
    shuffled: bool | None = None
    tokens_right: float
    chance: float


class KnownPairs(Part):
    """The error of the key, of the stream or of the inputs, that so many known inputs give with their
    encodings."""

    pairs: Count
    stream_key_error: float | None = None
    input_key_error: float | None = None

    @property
    def key_error(self) -> float:
        """That of the key that was looked for."""
        errors = [x for x in (self.stream_key_error, self.input_key_error) if x is not None]
        return min(errors, default=float("inf"))


class Inversion(Part):
    """The share of tokens that were read without the weights, by what so many known pairs teach."""

    pairs: Count
    tokens_right: float


class Sessions(Part):
    """After how many sessions the key is known, of which `per_session` inputs are known each."""

    pairs_needed: Count
    per_session: Count
    sessions: Count


class NoiseCost(Part):
    """How far answers are off with this much noise on the weights, relative to their spread."""

    noise: float
    answers_off: float


class Frequency(Part):
    """The share of running text that was read by counting so many encrypted tokens; `places_restored`: after
    shuffled texts were put in order."""

    tokens: Count
    shuffled: bool
    by_rank: float
    by_neighbours: float
    places_restored: bool | None = None


class LabelLeak(Part):
    """The share of labels that one update tells, summed over `clients`, with noise as a multiple of the norm
    that gradients are clipped to; `chance` is that of guessing."""

    clients: Count
    noise: float
    label_right: float
    chance: float


class TokenLeak(Part):
    """How well one update tells which tokens a client's text holds; conditions as in `LabelLeak`."""

    clients: Count
    noise: float
    precision: float
    recall: float


class RecordScores(Part):
    """`Scores` of a model of records; which there are follows from the architecture."""

    neurons_matched: float | None = None
    stream_key_error: float | None = None
    input_key_error: float | None = None
    heads_by_invariants: float | None = None

    @property
    def has_scores(self) -> bool:
        """Whether there was anything to match."""
        return self != RecordScores()

    @property
    def matched(self) -> float:
        """The share of neurons that were matched; 0 where none are."""
        return self.neurons_matched or 0.0


class RecordsAtDrift(RecordScores):
    """As `AtDrift`."""

    drift: float


class PopulationSample(Part):
    """What a sample of so many records of the same population gives: the error of the input key, and that of
    other people's records, relative to their spread."""

    records: Count
    input_key_error: float
    record_error: float


class RecordFigures(Part):
    """What was measured of a model of records, on fresh weights and fresh keys of its architecture.
    `linkable`: between two encryptions of the same weights."""

    mode: str
    known_plaintext: tuple[KnownPairs, ...]
    alignment_with_public_base: tuple[RecordsAtDrift, ...]
    linkable: RecordScores
    population_sample: tuple[PopulationSample, ...]
    label_leak: tuple[LabelLeak, ...]
