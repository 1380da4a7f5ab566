"""Attack 4: as many pairs as dimensions give the key, fewer do not, and a key that stays adds up sessions."""

from __future__ import annotations

import os

import pytest
import torch

from biodesci.ee.groups import Invertibles
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.known_plaintext import pairs_needed, sessions_needed, solve
from biodesci.redteam.attacks.matching import relative_error

F = 20


def pairs(mode, count):
    part = Invertibles(F).sample(Stream(os.urandom(32), "key"), mode)
    x = torch.from_numpy(Stream(os.urandom(32), "records").gaussian(count, F))
    shift = torch.ones(F, dtype=torch.float64) if mode == "general" else torch.zeros(F, dtype=torch.float64)
    return part.matrix(), x, part.apply(x, 1) + shift


@pytest.mark.parametrize(
    ("mode", "enough", "few"), [("permutation", 3, 0), ("orthogonal", F, 10), ("general", F + 1, 10)]
)
def test_enough_pairs_give_the_key(mode, enough, few):
    truth, x, y = pairs(mode, enough)
    found = solve(x, y, mode)
    assert relative_error(found.matrix, truth) < 1e-9
    if few:
        assert relative_error(solve(x[:few], y[:few], mode).matrix, truth) > 0.3


def test_the_number_needed_is_the_dimension():
    _, x, y = pairs("orthogonal", 100)
    assert F - 2 <= pairs_needed(x, y, "orthogonal") <= F
    _, x, y = pairs("general", 100)
    assert pairs_needed(x, y, "general") == F + 1
    _, x, y = pairs("general", 70)
    assert pairs_needed(x, y, "general") is None


def test_sessions_add_up():
    assert sessions_needed(384, 1) == 384
    assert sessions_needed(384, 128) == 3
    assert sessions_needed(385, 128) == 4
