"""Mode dense gives its rotations away without any base: what is left is an order."""

from __future__ import annotations

import os

from biodesci.redteam.attacks import chain, reading, staged_weights
from biodesci.redteam.attacks.drift import unrelated


def test_the_encrypted_weights_alone_undo_the_rotations(subject):
    made = subject("bert")
    assert staged_weights.undone(made.key("dense"), made.state) == 1.0


def test_weights_make_no_difference(subject):
    made = subject("bert")
    assert staged_weights.undone(made.key("dense"), unrelated(made.state, os.urandom(32))) > 0.9


def test_another_key_does_not_fit(subject):
    made = subject("bert")
    key, other = made.key("dense"), made.key("dense")
    seen = reading.read(key.layout, key.encrypt(made.state), encrypted=True)
    assert chain.undone(seen, {name: other.parts[name].matrix() for name in seen}) < 0.1


def test_plain_weights_are_left_as_they_are(subject):
    made = subject("bert")
    known = reading.read(made.key("dense").layout, made.state, encrypted=False)
    (view,) = chain.collapse(known).reading.values()
    assert view.tables["vocabulary"].rows[0].equal(known["stream.0"].tables["vocabulary"].rows[0])
