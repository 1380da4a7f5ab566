"""Attack 1: states give every token at zero drift, in every mode, shuffled or not, and none without "
"the base."""

from __future__ import annotations

import os

import pytest

from biodesci.core.errors import InputError
from biodesci.redteam.attacks import vocabulary
from biodesci.redteam.attacks.drift import gaussian, unrelated
from biodesci.redteam.attacks.staged_tokens import Tokens

CASES = [(k, m) for k in ("gpt2", "llama", "bert") for m in ("permutation", "orthogonal")]


def tokens(made, mode, base=None):
    return Tokens(made.key(mode), made.config, base or made.state, (), os.urandom(32))


@pytest.mark.parametrize(("kind", "mode"), CASES)
def test_all_tokens_are_read_at_zero_drift(subject, kind, mode):
    made = subject(kind)
    assert tokens(made, mode).matched(made.state) == 1.0


@pytest.mark.parametrize(("kind", "mode"), CASES)
def test_none_is_read_without_the_base(subject, kind, mode):
    made = subject(kind)
    assert tokens(made, mode, unrelated(made.state, os.urandom(32))).matched(made.state) < 0.1


def test_drift_defends_from_this_attack(subject):
    made = subject("bert")
    assert tokens(made, "permutation").matched(gaussian(made.state, 2.0, os.urandom(32))) < 0.2


def test_a_shuffle_hides_nothing_from_it(subject):
    made = subject("bert")
    assert tokens(made, "permutation").matched(made.state, shuffled=True) == 1.0


def test_a_model_without_tokens_is_refused(subject):
    with pytest.raises(InputError, match="no token embedding"):
        vocabulary.embedding(subject("vit").config, subject("vit").state)
