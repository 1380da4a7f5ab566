"""What attacks on inputs and updates mean in words; None of one that the figures don't have."""

from __future__ import annotations

from collections.abc import Sequence

from biodesci.core.documents.attack_figures import (
    Frequency,
    Inversion,
    KnownPairs,
    LabelLeak,
    PopulationSample,
    Sessions,
    TokenLeak,
    TokensAtDrift,
)
from biodesci.redteam.attacks.finding import FOUND, SOLVED, Finding, table


def hidden(rows: Sequence[TokensAtDrift]) -> Finding | None:
    """From the states that a machine sees as it runs the model."""
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
        [table(*rows)],
    )


def pairs(
    rows: Sequence[KnownPairs], sessions: Sequence[Sessions] = (), inversion: Sequence[Inversion] = ()
) -> Finding | None:
    """From inputs that are known together with their encodings."""
    if not rows:
        return None
    enough = [row.pairs for row in rows if row.key_error < SOLVED]
    tables = [table(*rows)]
    if sessions:
        caption = "Sessions until the key is known, by how many inputs of each the attacker knows:"
        tables.append(table(*sessions, caption=caption))
    if inversion:
        caption = "Words read by somebody without the weights who learns from such pairs:"
        tables.append(table(*inversion, caption=caption))
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


def population(rows: Sequence[PopulationSample]) -> Finding | None:
    """From records of the same kind of people."""
    if not rows:
        return None
    best = min(row.record_error for row in rows)
    return Finding(
        "a sample of the same population",
        best >= FOUND,
        f"records were read with an error of {best:.0%} of their spread (guessing the average: 100%)",
        "No pairs are needed for this: skewed and yes-or-no values show through a rotation.",
        "treat encoded records as personal data.",
        [table(*rows)],
    )


def frequency(rows: Sequence[Frequency]) -> Finding | None:
    """From how often encrypted tokens occur."""
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
        [table(*rows)],
    )


def gradients(labels: Sequence[LabelLeak], tokens: Sequence[TokenLeak] = ()) -> Finding | None:
    """From one client's update."""
    if not labels:
        return None
    alone = [row.label_right for row in labels if row.clients == 1 and row.noise == 0.0]
    tables = [table(*labels, caption="Labels (noise is a multiple of the clip):")]
    if tokens:
        tables.append(table(*tokens, caption="Which encrypted tokens one client's text holds:"))
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
