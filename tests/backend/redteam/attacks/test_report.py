"""The security card: every attack that fits, words that follow from figures, and no key."""

from __future__ import annotations

import json
import os
import re
from itertools import groupby
from pathlib import Path

import pytest
import torch

from biodesci.core.documents.attack_figures import AtDrift, Scores
from biodesci.core.documents.security_card import SecurityCard
from biodesci.core.errors import InputError
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.keys import ModelKey
from biodesci.redteam.attacks import records, report
from biodesci.redteam.attacks.drift import gaussian

VECTORS = Path(__file__).parents[3] / "vectors"
FORBIDDEN = ("unbreakable", "fully secure", "zero knowledge", "military", "guarantee", "safe")


def texts(size):
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(0, size, (300,), generator=generator) for _ in range(6)]


CARDS = [("bert", "permutation"), ("llama", "general"), ("vit", "orthogonal"), ("mlp", "general")]


@pytest.mark.parametrize(("kind", "mode"), CARDS)
def test_a_card_for_every_kind(subject, kind, mode):
    made = subject(kind)
    steps = []
    tokens = texts(200) if kind in ("bert", "llama") else ()
    document = report.measure(
        made.config,
        made.state,
        mode,
        report.Known(texts=tokens),
        drifts=(0.0, 1.0),
        progress=steps.append,
    )
    assert SecurityCard.parse(document.to_bytes()) == document
    assert [row.drift for row in document.alignment] == [0.0, 1.0]
    assert len(steps) == len(set(steps)) > 3
    text = report.render(document)
    assert "does not hold" in text
    assert not [word for word in FORBIDDEN if re.search(rf"\b{word}\b", text.lower())]
    assert (document.frequency is not None) == (kind in ("bert", "llama"))


def test_the_actual_base_is_attacked(subject):
    made = subject("gpt2")
    secret = gaussian(made.state, 0.05, os.urandom(32))
    document = report.measure(made.config, secret, "orthogonal", report.Known(made.state), drifts=(0.0,))
    assert document.actual_base is not None
    assert document.actual_base.alignment.score("vocabulary") == 1.0
    assert all(0.02 < d < 0.1 for d in document.actual_base.drift.values())
    assert "the very public model" in report.render(document)


def test_a_base_of_another_shape_is_refused(subject):
    made = subject("mlp")
    with pytest.raises(InputError, match="other tensors"):
        report.measure(made.config, made.state, "orthogonal", report.Known({}))


def stored(name):
    """A card as the version before the typed ones wrote it."""
    return SecurityCard.parse((VECTORS / "documents" / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", ["security-card-tokens", "security-card-records"])
def test_words_stay_as_they_were(name):
    """But for the order of columns: the words were made before the figures were put in alphabetical order."""
    written = (VECTORS / "security-cards" / f"{name}.md").read_text()
    assert sorted_columns(report.render(stored(name))) == sorted_columns(written)


def sorted_columns(markdown):
    """The lines, with each table as a set of columns."""
    parts = []
    for is_table, group in groupby(markdown.splitlines(), lambda line: line.startswith("| ")):
        lines = list(group)
        rows = [line.strip("| ").split(" | ") for line in lines]
        parts.append(sorted(zip(*rows, strict=True)) if is_table else lines)
    return parts


def test_words_follow_from_figures():
    def rendered(neurons):
        row = AtDrift.of({"neurons": neurons}, drift=0.0)
        return report.render(stored("security-card-records").model_copy(update={"alignment": (row,)}))

    assert "a public model that this one is close to | held against our attack" in rendered(0.0)
    assert "a public model that this one is close to | **does not hold**" in rendered(1.0)


def test_weights_that_were_never_public_have_a_line_of_their_own():
    def rendered(neurons):
        scores = Scores.of({"neurons": neurons, "streamKeyError": 1.41})
        return report.render(
            stored("security-card-tokens").model_copy(update={"alignment_unrelated": scores})
        )

    assert "its weights were never public | held against our attack | 0.4%" in rendered(0.004)
    assert "its weights were never public | **does not hold** | 90.0%" in rendered(0.9)


def test_a_card_holds_no_key(subject, monkeypatch):
    """No number of any key that was drawn is in the document, and none of its orders."""
    drawn = []
    generate = ModelKey.generate.__func__

    def recorded(cls, *args, **kwargs):
        drawn.append(generate(cls, *args, **kwargs))
        return drawn[-1]

    monkeypatch.setattr(ModelKey, "generate", classmethod(recorded))
    made = subject("gpt2")
    document = report.measure(made.config, made.state, "orthogonal", drifts=(0.0,))
    written = document.to_bytes().decode()
    numbers = re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", written)
    values = {float(n) for n in numbers}
    assert len(drawn) >= 3
    for key in drawn:
        assert key.key_id not in written
        entries = key.parts["stream"].matrix().flatten().tolist()
        assert not values & {x for x in entries if abs(x) > 1e-9}
    assert max((len(x) for x in _lists(json.loads(written))), default=0) < 20


def _lists(value):
    if isinstance(value, dict):
        return [inner for field in value.values() for inner in _lists(field)]
    if isinstance(value, list):
        return [value, *(inner for item in value for inner in _lists(item))]
    return []


def test_the_tabular_card_is_the_one_that_services_call():
    figures = records.measure(TabularConfig(features=12, tokens=4, width=16, heads=2, layers=2, hidden=32))
    assert figures.alignment_with_public_base[0].matched == 1.0
    assert figures.alignment_with_public_base[-1].matched < 0.3
    assert [row.pairs for row in figures.known_plaintext] == [1, 6, 12, 13, 24]
    assert figures.linkable.stream_key_error < 1e-9
    assert "does not hold" in report.render(figures)
