"""What the red team's figures mean, attack by attack, in words: every sentence follows from a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
    tables: list[tuple[str, Sequence[Mapping[str, Any]]]] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """In words whether the encryption held."""
        return {True: "held against our attack", False: "**does not hold**", None: "holds in part"}[
            self.holds
        ]


def findings(document: Mapping[str, Any]) -> list[Finding]:
    """One for each attack that `measure`'s document (of a checkpoint, or of a model of records) has
    figures of."""
    weights = (_actual, _alignment, _private, _split, _noise, _linkage, _heads)
    makers = (*weights, _hidden, _pairs, _population, _frequency, _gradients, _dummies)
    made = [make(document) for make in makers]
    return [finding for finding in made if finding is not None]


def _actual(document: Mapping[str, Any]) -> Finding | None:
    found = document.get("actualBase")
    if not found:
        return None
    aligned = found["alignment"]
    broken = _share(aligned) >= FOUND
    rows = [{"tensor": kind, "drift": d} for kind, d in found["drift"].items()]
    read = (
        f", and {found['tokensRight']:.0%} of the words from the states alone"
        if "tokensRight" in found
        else ""
    )
    return Finding(
        "the very public model that this one was fine-tuned from",
        not broken,
        f"{_share(aligned):.0%} of neurons or tokens were matched{read}",
        "This was run on the real weights and their real base, not on simulated drift."
        + (" Whoever has that base reads the key, and with it inputs and weights." if broken else ""),
        "don't rely on the encryption of these weights on a machine that you don't trust."
        if broken
        else "keep the fine-tuned weights private; repeat this after each further training.",
        [("", [aligned]), ("How far each kind of tensor is from the base:", rows)],
    )


def _alignment(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("alignment") or document.get("alignmentWithPublicBase", [])
    if not rows:
        return None
    broken = [row["drift"] for row in rows if _share(row) >= FOUND]
    tables: list[tuple[str, Sequence[Mapping[str, Any]]]] = [("", rows)]
    if document.get("alignmentLowRank"):
        tables.append(("With drift of low rank, as LoRA adapters make:", document["alignmentLowRank"]))
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


def _private(document: Mapping[str, Any]) -> Finding | None:
    """What is left where no public model has to do with the secret one."""
    far = [row for row in document.get("alignmentWithPublicBase", []) if row["drift"] >= UNRELATED]
    found = document.get("alignmentUnrelated") or (far[-1] if far else None)
    if not found:
        return None
    holds = _share(found) < FOUND
    error = found.get("streamKeyError")
    came_out = (
        ""
        if error is None
        else f", and the key that came out has an error of {error:.2g} (drawn at random: 1.4)"
    )
    return Finding(
        "no public model that has to do with this one: its weights were never public",
        holds,
        f"{_share(found):.1%} of neurons or tokens were matched with weights of the same kind{came_out}",
        "This is the case that this encryption is for. What values and counts tell all the same, and what "
        "known pairs give, is below.",
        "draw the weights privately from the start, and let no plain copy out."
        if holds
        else "don't use this encryption for this architecture.",
        [("", [found])],
    )


def _split(document: Mapping[str, Any]) -> Finding | None:
    rows = [row for row in document.get("splitMode", []) if len(row) > 1]
    if not rows:
        return None
    broken = [row["drift"] for row in rows if _share(row) >= FOUND]
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
        [("", rows)],
    )


def _noise(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("noise")
    if not rows:
        return None
    aligned = {row["drift"]: _share(row) for row in document.get("alignment", [])}
    joined = [{**row, "matched": aligned.get(row["noise"], 0.0)} for row in rows]
    enough = [row for row in joined if row["matched"] < FOUND]
    first = enough[0] if enough else joined[-1]
    return Finding(
        "that public model, after noise was added to the weights",
        bool(enough),
        f"at noise of {first['noise']:g} the answers are off by {first['answersOff']:.0%} of their spread, "
        f"and {first['matched']:.0%} were still matched",
        "Noise that stops the matching would have to spare the answers; this table says what it costs.",
        "don't add noise to weights as a defence; use it where it is counted, as differential privacy in "
        "training.",
        [("", joined)],
    )


def _linkage(document: Mapping[str, Any]) -> Finding | None:
    found = document.get("linkage") or document.get("linkable")
    if not found:
        return None
    error, share = found.get("streamKeyError"), _share(found)
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


def _heads(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("heads")
    if not rows:
        return None
    first = rows[0]
    hidden = first["bySingleMatrices"] < FOUND
    return Finding(
        "that public model, and looks at attention heads alone",
        None if hidden and first["byProducts"] >= FOUND else first["byProducts"] < FOUND,
        f"{first['byProducts']:.0%} of the heads told apart by products, {first['bySingleMatrices']:.0%} "
        f"by single matrices (guessing: {first['chance']:.0%})",
        "No key of any mode here changes the products.",
        "mode general hides single matrices. It is not a defence against products.",
        [("", rows)],
    )


def _hidden(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("vocabularyMatching")
    if not rows:
        return None
    broken = [row["drift"] for row in rows if row["tokensRight"] >= FOUND and not row.get("shuffled")]
    shuffled = [row["tokensRight"] for row in rows if row.get("shuffled")]
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
        [("", rows)],
    )


def _pairs(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("knownPlaintext")
    if not rows:
        return None
    error = "streamKeyError" if "streamKeyError" in rows[0] else "inputKeyError"
    enough = [row["pairs"] for row in rows if row[error] < SOLVED]
    tables: list[tuple[str, Sequence[Mapping[str, Any]]]] = [("", rows)]
    for name, caption in (
        ("sessions", "Sessions until the key is known, by how many inputs of each the attacker knows:"),
        ("inversion", "Words read by somebody without the weights who learns from such pairs:"),
    ):
        if document.get(name):
            tables.append((caption, document[name]))
    return Finding(
        "some inputs together with their encodings",
        not enough,
        f"the key is known from {min(enough)} pairs on, of the numbers tried"
        if enough
        else f"the key was not found with up to {max(row['pairs'] for row in rows)} pairs",
        "A server that is also a user, or works with one, has such pairs for nothing.",
        "use a key per client group, and don't let the machine's owner be a user of the same key.",
        tables,
    )


def _population(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("populationSample")
    if not rows:
        return None
    best = min(row["recordError"] for row in rows)
    return Finding(
        "a sample of the same population",
        best >= FOUND,
        f"records were read with an error of {best:.0%} of their spread (guessing the average: 100%)",
        "No pairs are needed for this: skewed and yes-or-no values show through a rotation.",
        "treat encoded records as personal data.",
        [("", rows)],
    )


def _frequency(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("frequency")
    if not rows:
        return None
    best = max(max(row["byRank"], row["byNeighbours"]) for row in rows)
    return Finding(
        "text of the same kind, and counts encrypted tokens",
        best < FOUND,
        f"up to {best:.0%} of running text was read, from {max(row['tokens'] for row in rows)} encrypted "
        "tokens",
        "A secret order of the vocabulary leaves words countable. Neither weights nor model are needed. "
        "Shuffled texts hide who stands beside whom, until the places are put in order by how often each "
        "occurs.",
        "don't send much text under one key; with split mode no token numbers are sent.",
        [("", rows)],
    )


def _gradients(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("labelLeak")
    if not rows:
        return None
    alone = [r["labelRight"] for r in rows if r["clients"] == 1 and r["noise"] == 0.0]
    tables: list[tuple[str, Sequence[Mapping[str, Any]]]] = [
        ("Labels (noise is a multiple of the clip):", rows)
    ]
    if document.get("tokenLeak"):
        tables.append(("Which encrypted tokens one client's text holds:", document["tokenLeak"]))
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


def _dummies(document: Mapping[str, Any]) -> Finding | None:
    rows = document.get("dummyNeurons")
    if not rows:
        return None
    caught = max(row["caught"] for row in rows if row["stripped"])
    return Finding(
        "that public model, where dummy neurons were added that cancel",
        caught < FOUND,
        f"{caught:.0%} of the dummies were recognized and removed",
        "Two neurons that cancel read the same, under every key. Left in, they did not stop the matching "
        "either, where the table says so.",
        "don't use cancelling dummies as a defence.",
        [("", rows)],
    )


def _share(row: Mapping[str, Any]) -> float:
    names = ("neurons", "neuronsMatched", "vocabulary")
    return max((float(row[name]) for name in names if name in row), default=0.0)
