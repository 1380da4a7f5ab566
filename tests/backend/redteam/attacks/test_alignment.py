"""Attack 2: a public base gives keys and orders at every drift where theory says so, unrelated "
"weights nothing."""

from __future__ import annotations

import os

import pytest

from biodesci.redteam.attacks.drift import gaussian, low_rank, unrelated
from biodesci.redteam.attacks.staged_weights import aligned, attack, drifts, has_split

MODES = ("permutation", "orthogonal", "general")
KINDS = ("gpt2", "llama", "bert", "vit", "tabular", "mlp")
CASES = [(kind, mode) for kind in KINDS for mode in MODES]


@pytest.mark.parametrize(("kind", "mode"), CASES)
def test_the_base_itself_gives_everything(subject, kind, mode):
    made = subject(kind)
    found = aligned(made.key(mode), made.state, made.state)
    assert found["neurons"] == 1.0
    assert found.get("streamKeyError", 0.0) < 1e-10
    assert found.get("vocabulary", 1.0) == found.get("heads", 1.0) == found.get("positions", 1.0) == 1.0
    assert found.get("recordsKeyError", 0.0) < 1e-9
    assert found.get("patchKeyError", 0.0) < 1e-6


@pytest.mark.parametrize(("kind", "mode"), CASES)
def test_forty_percent_of_noise_still_give_the_orders(subject, kind, mode):
    made = subject(kind)
    found = aligned(made.key(mode), made.state, gaussian(made.state, 0.4, os.urandom(32)))
    assert found["neurons"] > 0.9
    assert found.get("vocabulary", 1.0) > 0.9


@pytest.mark.parametrize(("kind", "mode"), CASES)
def test_unrelated_weights_give_nothing(subject, kind, mode):
    made = subject(kind)
    found = aligned(made.key(mode), unrelated(made.state, os.urandom(32)), made.state)
    assert found["neurons"] < 0.1
    assert found.get("vocabulary", 0.0) < 0.1
    assert found.get("streamKeyError", 1.4) > 1.0


def test_the_attacker_needs_no_key(subject):
    """The attack sees two sets of weights and the public layout; a second key gives a second answer."""
    made = subject("gpt2")
    one, two = made.key("orthogonal"), made.key("orthogonal")
    found = attack(one.layout, made.state, two.encrypt(made.state))
    assert float((found.streams["stream"] - two.parts["stream"].matrix()).norm()) < 1e-10
    assert float((found.streams["stream"] - one.parts["stream"].matrix()).norm()) > 1.0


def test_low_rank_drift_is_no_defence(subject):
    made = subject("llama")
    found = aligned(made.key("general"), made.state, low_rank(made.state, 0.2, 4, os.urandom(32)))
    assert found["neurons"] == found["vocabulary"] == 1.0


@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert"])
def test_split_mode_hides_tokens_and_not_the_servers_own_blocks(subject, kind):
    made = subject(kind)
    key = made.key("orthogonal")
    assert has_split(key)
    found = aligned(key, made.state, made.state, split=True)
    assert "vocabulary" not in found
    assert found["neurons"] == 1.0


def test_the_drift_of_an_actual_base_is_measured(subject):
    made = subject("mlp")
    found = drifts(made.state, gaussian(made.state, 0.5, os.urandom(32)))
    assert set(found) == {"layers.*.weight", "layers.*.bias"}
    assert all(0.3 < d < 0.8 for d in found.values())


@pytest.mark.deep
def test_a_pre_trained_model_at_a_drift_of_one(minilm):
    found = aligned(minilm.key("permutation"), minilm.state, gaussian(minilm.state, 1.0, os.urandom(32)))
    assert found["neurons"] == found["heads"] == 1.0
    assert found["vocabulary"] > 0.9
    assert found["streamKeyError"] < 0.05
