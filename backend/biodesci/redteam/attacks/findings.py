"""What the red team's figures mean, attack by attack, in words: every sentence follows from a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
    PopulationSample,
    RecordFigures,
    RecordsAtDrift,
    RecordScores,
    Scores,
    Sessions,
    TokenLeak,
    TokensAtDrift,
)
from biodesci.core.documents.base import Part
from biodesci.core.documents.security_card import ActualBase, SecurityCard

Table = tuple[str, Sequence[Mapping[str, Any]]]  # a caption, and rows of cells by their column's name
FOUND = 0.5  # a share of half or more counts as read
UNRELATED = 10.0  # at such a drift nothing is left of the base
SOLVED = 1e-3  # relative error below which a key counts as known


@dataclass
class Finding:
    """One attack: who carries it out, whether the encryption held, the figure, what follows, what to do."""

    title: str
    holds: bool | None  # None: holds in part
    figure: str
    means: str
    do: str
    tables: list[Table] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """In words whether the encryption held."""
        return {True: "held against our attack", False: "**does not hold**", None: "holds in part"}[
            self.holds
        ]


def findings(card: SecurityCard | RecordFigures) -> list[Finding]:
    """One for each attack that the card of a checkpoint, or of a model of records, has figures of."""
    made = _of_checkpoint(card) if isinstance(card, SecurityCard) else _of_records(card)
    return [finding for finding in made if finding is not None]


def _of_checkpoint(card: SecurityCard) -> list[Finding | None]:
    return [
        _actual(card.actual_base),
        _alignment(card.alignment, card.alignment_low_rank),
        _private(card.alignment_unrelated),
        _split(card.split_mode),
        _noise(card.noise or (), card.alignment),
        _linkage(card.linkage),
        _heads(card.heads),
        _hidden(card.vocabulary_matching or ()),
        _pairs(card.known_plaintext or (), card.sessions or (), card.inversion or ()),
        _frequency(card.frequency or ()),
        _gradients(card.label_leak, card.token_leak or ()),
        _dummies(card.dummy_neurons or ()),
    ]


def _of_records(figures: RecordFigures) -> list[Finding | None]:
    rows = figures.alignment_with_public_base
    unrelated = [row for row in rows if row.drift >= UNRELATED]
    return [
        _alignment(rows),
        _private(unrelated[-1]) if unrelated else None,
        _linkage(figures.linkable),
        _pairs(figures.known_plaintext),
        _population(figures.population_sample),
        _gradients(figures.label_leak),
    ]


def _actual(actual: ActualBase | None) -> Finding | None:
    if actual is None:
        return None
    matched = actual.alignment.matched
    broken = matched >= FOUND
    rows = [{"tensor": kind, "drift": d} for kind, d in actual.drift.items()]
    read = (
        f", and {actual.tokens_right:.0%} of the words from the states alone"
        if actual.tokens_right is not None
        else ""
    )
    return Finding(
        "the very public model that this one was fine-tuned from",
        not broken,
        f"{matched:.0%} of neurons or tokens were matched{read}",
        "This was run on the real weights and their real base, not on simulated drift."
        + (" Whoever has that base reads the key, and with it inputs and weights." if broken else ""),
        "don't rely on the encryption of these weights on a machine that you don't trust."
        if broken
        else "keep the fine-tuned weights private; repeat this after each further training.",
        [_table(actual.alignment), ("How far each kind of tensor is from the base:", rows)],
    )


def _alignment(
    rows: Sequence[AtDrift | RecordsAtDrift], low_rank: Sequence[AtLowRankDrift] = ()
) -> Finding | None:
    if not rows:
        return None
    broken = [row.drift for row in rows if row.matched >= FOUND]
    tables = [_table(*rows)]
    if low_rank:
        tables.append(_table(*low_rank, caption="With drift of low rank, as LoRA adapters make:"))
    return Finding(
        "a public model that this one is close to",
        not broken,
        f"matched up to a drift of {max(broken):g}, of those tried"
        if broken
        else "not matched at any drift tried",
        "Matched means: at least half of the neurons, or tokens, were recognized; the key follows from "
        "these.",
        "use weights that were never public, or count on this encryption only where the machine's owner "
        "is trusted.",
        tables,
    )


def _private(scores: Scores | RecordScores) -> Finding | None:
    """What is left where no public model has to do with the secret one."""
    if not scores.has_scores:
        return None
    holds = scores.matched < FOUND
    error = scores.stream_key_error
    came_out = (
        ""
        if error is None
        else f", and the key that came out has an error of {error:.2g} (drawn at random: 1.4)"
    )
    return Finding(
        "no public model that has to do with this one: its weights were never public",
        holds,
        f"{scores.matched:.1%} of neurons or tokens were matched with weights of the same kind{came_out}",
        "This is the case that this encryption is for. What values and counts tell all the same, and what "
        "known pairs give, is below.",
        "draw the weights privately from the start, and let no plain copy out."
        if holds
        else "don't use this encryption for this architecture.",
        [_table(scores)],
    )


def _split(split_mode: Sequence[AtDrift]) -> Finding | None:
    rows = [row for row in split_mode if row.has_scores]
    if not rows:
        return None
    broken = [row.drift for row in rows if row.matched >= FOUND]
    return Finding(
        "that public model, while embedding, head and first block stay with the client (split mode)",
        None if broken else True,
        f"token numbers stay with the client; the server's blocks matched up to a drift of {max(broken):g}"
        if broken
        else "not matched",
        "Split mode keeps token numbers from the server. It does not keep its own blocks from being "
        "matched, and with the key of their stream it can read states."
        if broken
        else "The server's blocks were not matched.",
        "use split mode to hide token numbers; don't count on it to hide the weights from who has the base.",
        [_table(*rows)],
    )


def _noise(rows: Sequence[NoiseCost], alignment: Sequence[AtDrift]) -> Finding | None:
    if not rows:
        return None
    # Noise on the weights is drift to an attacker.
    matched_at = {row.drift: row.matched for row in alignment}
    costs = [(row, matched_at.get(row.noise, 0.0)) for row in rows]
    enough = [(row, matched) for row, matched in costs if matched < FOUND]
    first, matched = enough[0] if enough else costs[-1]
    return Finding(
        "that public model, after noise was added to the weights",
        bool(enough),
        f"at noise of {first.noise:g} the answers are off by {first.answers_off:.0%} of their spread, "
        f"and {matched:.0%} were still matched",
        "Noise that stops the matching would have to spare the answers; this table says what it costs.",
        "don't add noise to weights as a defence; use it where it is counted, as differential privacy in "
        "training.",
        [("", [{**row.model_dump(), "matched": share} for row, share in costs])],
    )


def _linkage(scores: Scores | RecordScores) -> Finding | None:
    if not scores.has_scores:
        return None
    error, share = scores.stream_key_error, scores.matched
    broken = share >= FOUND or (error is not None and error < SOLVED)
    figure = f"{share:.0%} of neurons or tokens matched"
    return Finding(
        "two encryptions of the same weights",
        not broken,
        figure if error is None else f"{figure}, what leads from key to key with an error of {error:.1g}",
        "They are recognized as one model, and what is known about one key carries over to the other."
        if broken
        else "They were not recognized as one model.",
        "don't count on a new key after the old one leaked: train on, or withdraw the old encryption.",
    )


def _heads(rows: Sequence[HeadsAtDrift]) -> Finding | None:
    if not rows:
        return None
    first = rows[0]
    hidden = first.by_single_matrices < FOUND
    return Finding(
        "that public model, and looks at attention heads alone",
        None if hidden and first.by_products >= FOUND else first.by_products < FOUND,
        f"{first.by_products:.0%} of the heads told apart by products, {first.by_single_matrices:.0%} "
        f"by single matrices (guessing: {first.chance:.0%})",
        "No key of any mode here changes the products.",
        "mode general hides single matrices. It is not a defence against products.",
        [_table(*rows)],
    )


def _hidden(rows: Sequence[TokensAtDrift]) -> Finding | None:
    if not rows:
        return None
    broken = [row.drift for row in rows if row.tokens_right >= FOUND and not row.shuffled]
    shuffled = [row.tokens_right for row in rows if row.shuffled]
    also = (
        f" Sending words in another order hid nothing from it: {shuffled[0]:.0%} were read."
        if shuffled
        else ""
    )
    return Finding(
        "the public model, and the states of the model as it runs",
        not broken,
        f"at least half of the words read up to a drift of {max(broken):g}"
        if broken
        else "words were not read",
        "This needs no weights, only what a compute machine "
        f"sees.{also if shuffled and shuffled[0] >= FOUND else ''}",
        "keep identifying text away from a machine whose owner has the public model, or use private weights.",
        [_table(*rows)],
    )


def _pairs(
    rows: Sequence[KnownPairs], sessions: Sequence[Sessions] = (), inversion: Sequence[Inversion] = ()
) -> Finding | None:
    if not rows:
        return None
    enough = [row.pairs for row in rows if row.key_error < SOLVED]
    tables = [_table(*rows)]
    if sessions:
        caption = "Sessions until the key is known, by how many inputs of each the attacker knows:"
        tables.append(_table(*sessions, caption=caption))
    if inversion:
        caption = "Words read by somebody without the weights who learns from such pairs:"
        tables.append(_table(*inversion, caption=caption))
    return Finding(
        "some inputs together with their encodings",
        not enough,
        f"the key is known from {min(enough)} pairs on, of the numbers tried"
        if enough
        else f"the key was not found with up to {max(row.pairs for row in rows)} pairs",
        "A server that is also a user, or works with one, has such pairs for nothing.",
        "use a key per client group, and don't let the machine's owner be a user of the same key.",
        tables,
    )


def _population(rows: Sequence[PopulationSample]) -> Finding | None:
    if not rows:
        return None
    best = min(row.record_error for row in rows)
    return Finding(
        "a sample of the same population",
        best >= FOUND,
        f"records were read with an error of {best:.0%} of their spread (guessing the average: 100%)",
        "No pairs are needed for this: skewed and yes-or-no values show through a rotation.",
        "treat encoded records as personal data.",
        [_table(*rows)],
    )


def _frequency(rows: Sequence[Frequency]) -> Finding | None:
    if not rows:
        return None
    best = max(max(row.by_rank, row.by_neighbours) for row in rows)
    return Finding(
        "text of the same kind, and counts encrypted tokens",
        best < FOUND,
        f"up to {best:.0%} of running text was read, from {max(row.tokens for row in rows)} encrypted tokens",
        "A secret order of the vocabulary leaves words countable. Neither weights nor model are needed. "
        "Shuffled texts hide who stands beside whom, until the places are put in order by how often each "
        "occurs.",
        "don't send much text under one key; with split mode no token numbers are sent.",
        [_table(*rows)],
    )


def _gradients(labels: Sequence[LabelLeak], tokens: Sequence[TokenLeak] = ()) -> Finding | None:
    if not labels:
        return None
    alone = [row.label_right for row in labels if row.clients == 1 and row.noise == 0.0]
    tables = [_table(*labels, caption="Labels (noise is a multiple of the clip):")]
    if tokens:
        tables.append(_table(*tokens, caption="Which encrypted tokens one client's text holds:"))
    return Finding(
        "one client's update from training",
        not alone or alone[0] < 0.9,
        f"one example's label told right in {max(alone):.0%} of the trials, up to the secret order of the "
        "classes"
        if alone
        else "not tried for single updates",
        "A sum over several clients hides single labels in part; noise of differential privacy hides "
        "more. What it costs in accuracy depends on the data.",
        "send updates through secure aggregation, and add differential privacy: a sum over few clients "
        "still tells which tokens they hold together.",
        tables,
    )


def _dummies(rows: Sequence[AgainstDummies]) -> Finding | None:
    if not rows:
        return None
    caught = max(row.caught for row in rows if row.stripped)
    return Finding(
        "that public model, where dummy neurons were added that cancel",
        caught < FOUND,
        f"{caught:.0%} of the dummies were recognized and removed",
        "Two neurons that cancel read the same, under every key. Left in, they did not stop the matching "
        "either, where the table says so.",
        "don't use cancelling dummies as a defence.",
        [_table(*rows)],
    )


def _table(*rows: Part, caption: str = "") -> Table:
    return caption, [row.model_dump() for row in rows]
