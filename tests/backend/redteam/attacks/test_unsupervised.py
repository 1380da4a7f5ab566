"""Attack 6: a population sample reads encoded records where their columns differ, and not where all "
"are alike."""

from __future__ import annotations

import os

import pytest
import torch

from biodesci.ee.groups import Invertibles
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.known_plaintext import decode_error
from biodesci.redteam.attacks.records import synthetic_population
from biodesci.redteam.attacks.unsupervised import align_population


def error(x, mode):
    half = len(x) // 2
    part = Invertibles(x.shape[1]).sample(Stream(os.urandom(32), "key"), mode)
    encoded = part.apply(x[half:], 1)
    return decode_error(align_population(x[:half], encoded, mode), x[half:], encoded)


@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
def test_records_are_read(mode):
    assert any(error(synthetic_population(8000, 8), mode) < 0.3 for _ in range(3))


def test_a_round_cloud_gives_nothing():
    x = torch.from_numpy(Stream(os.urandom(32), "round").gaussian(4000, 8))
    assert error(x, "orthogonal") > 0.8
