"""The red team gets what theory says: no less (the card would be too kind), no more (the key would leak)."""

from __future__ import annotations

import os

import pytest

from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.attacks import alignment, known_plaintext, linked, measure
from biodesci.ee.keys import TabularKey
from biodesci.ee.sampling import initial_weights

CONFIG = TabularConfig(features=12, tokens=4, width=16, heads=2, layers=2, hidden=32, classes=2)


def test_as_many_pairs_as_features_give_the_input_key() -> None:
    key = TabularKey.generate(CONFIG)
    assert known_plaintext(key, CONFIG.features) < 1e-9
    assert known_plaintext(key, CONFIG.features // 2) > 0.3


def test_a_public_base_gives_everything_at_no_drift() -> None:
    key = TabularKey.generate(CONFIG)
    found = alignment(key, initial_weights(CONFIG, os.urandom(32)), 0.0)
    assert found["neuronsMatched"] == 1.0
    assert found["streamKeyError"] < 1e-9
    assert found["inputKeyError"] < 1e-9


def test_other_weights_as_a_base_give_nothing() -> None:
    key = TabularKey.generate(CONFIG)
    found = alignment(key, initial_weights(CONFIG, os.urandom(32)), 30.0)
    assert found["neuronsMatched"] < 0.3
    assert found["streamKeyError"] > 0.8
    assert found["inputKeyError"] > 0.8


def test_two_encryptions_are_linkable() -> None:
    assert linked(initial_weights(CONFIG, os.urandom(32)), CONFIG) < 1e-9


def test_the_card_holds_every_attack() -> None:
    figures = measure(CONFIG, drifts=(0.0,))
    assert set(figures) == {"knownPlaintext", "alignmentWithPublicBase", "linkable"}
    assert [row["pairs"] for row in figures["knownPlaintext"]] == [1, 6, 12, 24]
    assert figures["alignmentWithPublicBase"][0]["drift"] == 0.0
    assert figures["linkable"]["streamKeyError"] == pytest.approx(0, abs=1e-9)
