"""Attack 3: products of a head's matrices tell heads apart under every key, single matrices unless "
"GL hides them."""

from __future__ import annotations

import os

import pytest

from biodesci.redteam.attacks.drift import unrelated
from biodesci.redteam.attacks.staged_weights import told_apart

ATTENDING = ("gpt2", "llama", "bert", "vit")


@pytest.mark.parametrize("kind", ATTENDING)
@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
def test_products_tell_heads_apart(subject, kind, mode):
    made = subject(kind)
    assert told_apart(made.key(mode), made.state, made.state).by_products == 1.0


@pytest.mark.parametrize("kind", ATTENDING)
def test_general_keys_hide_single_matrices(subject, kind):
    made = subject(kind)
    assert told_apart(made.key("orthogonal"), made.state, made.state).by_single_matrices == 1.0
    trials = [told_apart(made.key("general"), made.state, made.state).by_single_matrices for _ in range(5)]
    assert sum(trials) / 5 < 0.8


def test_unrelated_weights_are_chance(subject):
    made = subject("gpt2")
    trials = [
        told_apart(made.key("orthogonal"), unrelated(made.state, os.urandom(32)), made.state)
        for _ in range(6)
    ]
    assert sum(f.by_products for f in trials) / 6 < 0.6
    assert trials[0].chance == 0.25


def test_a_network_without_heads_has_none(subject):
    made = subject("mlp")
    assert told_apart(made.key("orthogonal"), made.state, made.state) is None
