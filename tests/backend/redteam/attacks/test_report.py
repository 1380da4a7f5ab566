"""The security card: every attack that fits, words that follow from figures, and no key."""

from __future__ import annotations

import json
import os
import re

import pytest
import torch

from biodesci.core.errors import InputError
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.keys import ModelKey
from biodesci.redteam.attacks import records, report
from biodesci.redteam.attacks.drift import gaussian

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
    assert json.loads(json.dumps(document)) == document
    assert [row["drift"] for row in document["alignment"]] == [0.0, 1.0]
    assert len(steps) == len(set(steps)) > 3
    text = report.render(document)
    assert "does not hold" in text
    assert not [word for word in FORBIDDEN if re.search(rf"\b{word}\b", text.lower())]
    assert ("frequency" in document) == (kind in ("bert", "llama"))


def test_the_actual_base_is_attacked(subject):
    made = subject("gpt2")
    secret = gaussian(made.state, 0.05, os.urandom(32))
    document = report.measure(made.config, secret, "orthogonal", report.Known(made.state), drifts=(0.0,))
    assert document["actualBase"]["alignment"]["vocabulary"] == 1.0
    assert all(0.02 < d < 0.1 for d in document["actualBase"]["drift"].values())
    assert "the very public model" in report.render(document)


def test_a_base_of_another_shape_is_refused(subject):
    made = subject("mlp")
    with pytest.raises(InputError, match="other tensors"):
        report.measure(made.config, made.state, "orthogonal", report.Known({}))


def test_words_follow_from_figures():
    row = {"drift": 0.0, "neurons": 0.0}
    document = {"mode": "orthogonal", "alignment": [row]}
    assert "held against our attack" in report.render(document)
    assert "does not hold" in report.render({**document, "alignment": [{**row, "neurons": 1.0}]})


def test_weights_that_were_never_public_have_a_line_of_their_own():
    unmatched = {"neurons": 0.004, "streamKeyError": 1.41}
    told = report.render({"mode": "orthogonal", "alignmentUnrelated": unmatched})
    assert "its weights were never public | held against our attack | 0.4%" in told
    matched = report.render({"mode": "orthogonal", "alignmentUnrelated": {**unmatched, "neurons": 0.9}})
    assert "its weights were never public | **does not hold** | 90.0%" in matched


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
    numbers = re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", json.dumps(document))
    values = {float(n) for n in numbers}
    assert len(drawn) >= 3
    for key in drawn:
        assert key.key_id not in json.dumps(document)
        entries = key.parts["stream"].matrix().flatten().tolist()
        assert not values & {x for x in entries if abs(x) > 1e-9}
    assert max((len(x) for x in _lists(document)), default=0) < 20


def _lists(value):
    if isinstance(value, dict):
        return [found for inner in value.values() for found in _lists(inner)]
    if isinstance(value, list):
        return [value, *(found for inner in value for found in _lists(inner))]
    return []


def test_the_tabular_card_is_the_one_that_services_call():
    document = records.measure(TabularConfig(features=12, tokens=4, width=16, heads=2, layers=2, hidden=32))
    assert document["alignmentWithPublicBase"][0]["neuronsMatched"] == 1.0
    assert document["alignmentWithPublicBase"][-1]["neuronsMatched"] < 0.3
    assert [row["pairs"] for row in document["knownPlaintext"]] == [1, 6, 12, 13, 24]
    assert document["linkable"]["streamKeyError"] < 1e-9
    assert "does not hold" in report.render(document)
