"""Two encryptions of the same weights are seen to be such, and of others not."""

from __future__ import annotations

import os

import pytest

from biodesci.redteam.attacks import linkage, staged_weights
from biodesci.redteam.attacks.drift import unrelated


@pytest.mark.parametrize("kind", ["gpt2", "llama", "vit", "tabular"])
@pytest.mark.parametrize("mode", ["orthogonal", "general"])
def test_what_leads_from_key_to_key_comes_out(subject, kind, mode):
    made = subject(kind)
    found = staged_weights.linked(made.key(mode), made.state)
    assert found["streamKeyError"] < 1e-12
    assert found["neurons"] == 1.0


@pytest.mark.parametrize(("kind", "mode"), [("bert", "permutation"), ("mlp", "orthogonal")])
def test_orders_come_out(subject, kind, mode):
    made = subject(kind)
    assert staged_weights.linked(made.key(mode), made.state)["neurons"] == 1.0


def test_other_weights_are_not_linked(subject):
    made = subject("gpt2")
    one, two = made.key("orthogonal"), made.key("orthogonal")
    other = unrelated(made.state, os.urandom(32))
    found = linkage.link(one.layout, one.encrypt(made.state), two.encrypt(other))
    scored = linkage.score_link(found, one.parts, two.parts)
    assert scored["streamKeyError"] > 1.0
    assert scored["neurons"] < 0.1
