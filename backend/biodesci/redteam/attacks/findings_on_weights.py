"""What attacks on encrypted weights mean in words; None of one that the figures don't have."""

from __future__ import annotations

from collections.abc import Sequence

from biodesci.core.documents.attack_figures import (
    AgainstDummies,
    AtDrift,
    AtLowRankDrift,
    HeadsAtDrift,
    NoiseCost,
    RecordsAtDrift,
    RecordScores,
    Scores,
)
from biodesci.core.documents.security_card import ActualBase
from biodesci.redteam.attacks.finding import FOUND, SOLVED, Finding, table


def actual(actual: ActualBase | None) -> Finding | None:
    """With the model's real base at hand; None where that was not tried."""
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
        [table(actual.alignment), ("How far each kind of tensor is from the base:", rows)],
    )


def alignment(
    rows: Sequence[AtDrift | RecordsAtDrift], low_rank: Sequence[AtLowRankDrift] = ()
) -> Finding | None:
    """With a public base that training drifted from."""
    if not rows:
        return None
    broken = [row.drift for row in rows if row.matched >= FOUND]
    tables = [table(*rows)]
    if low_rank:
        tables.append(table(*low_rank, caption="With drift of low rank, as LoRA adapters make:"))
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


def private(scores: Scores | RecordScores) -> Finding | None:
    """With no related weights at all."""
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
        [table(scores)],
    )


def split(split_mode: Sequence[AtDrift]) -> Finding | None:
    """Where inputs are encoded before they leave, and their first layer stays at home."""
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
        [table(*rows)],
    )


def noise(rows: Sequence[NoiseCost], alignment: Sequence[AtDrift]) -> Finding | None:
    """With a public base, after noise was added to the weights."""
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


def linkage(scores: Scores | RecordScores) -> Finding | None:
    """With two encryptions of the same weights."""
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


def heads(rows: Sequence[HeadsAtDrift]) -> Finding | None:
    """With a public base, by the attention heads alone."""
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
        [table(*rows)],
    )


def dummies(rows: Sequence[AgainstDummies]) -> Finding | None:
    """With a public base, where neurons were added that cancel."""
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
        [table(*rows)],
    )
