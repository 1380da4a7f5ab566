"""What the red team's figures mean, attack by attack, in words: every sentence follows from a figure."""

from __future__ import annotations

from biodesci.core.documents.attack_figures import RecordFigures
from biodesci.core.documents.security_card import SecurityCard
from biodesci.redteam.attacks import findings_on_inputs as on_inputs
from biodesci.redteam.attacks import findings_on_weights as on_weights
from biodesci.redteam.attacks.finding import UNRELATED, Finding


def findings(card: SecurityCard | RecordFigures) -> list[Finding]:
    """One for each attack that the card of a checkpoint, or of a model of records, has figures of."""
    made = _of_checkpoint(card) if isinstance(card, SecurityCard) else _of_records(card)
    return [finding for finding in made if finding is not None]


def _of_checkpoint(card: SecurityCard) -> list[Finding | None]:
    return [
        on_weights.actual(card.actual_base),
        on_weights.alignment(card.alignment, card.alignment_low_rank),
        on_weights.private(card.alignment_unrelated),
        on_weights.split(card.split_mode),
        on_weights.noise(card.noise or (), card.alignment),
        on_weights.linkage(card.linkage),
        on_weights.heads(card.heads),
        on_inputs.hidden(card.vocabulary_matching or ()),
        on_inputs.pairs(card.known_plaintext or (), card.sessions or (), card.inversion or ()),
        on_inputs.frequency(card.frequency or ()),
        on_inputs.gradients(card.label_leak, card.token_leak or ()),
        on_weights.dummies(card.dummy_neurons or ()),
    ]


def _of_records(figures: RecordFigures) -> list[Finding | None]:
    rows = figures.alignment_with_public_base
    unrelated = [row for row in rows if row.drift >= UNRELATED]
    return [
        on_weights.alignment(rows),
        on_weights.private(unrelated[-1]) if unrelated else None,
        on_weights.linkage(figures.linkable),
        on_inputs.pairs(figures.known_plaintext),
        on_inputs.population(figures.population_sample),
        on_inputs.gradients(figures.label_leak),
    ]
