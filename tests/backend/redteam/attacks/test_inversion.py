"""Attack 7, hidden states: pairs teach a map to public embeddings; without any there is nothing to "
"learn from."""

from __future__ import annotations

import os

import torch

from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.inversion import by_nearest, by_ridge
from biodesci.redteam.attacks.staged_tokens import Tokens


def test_pairs_read_the_rest():
    stream = Stream(os.urandom(32), "inversion")
    table, q = (torch.from_numpy(m) for m in (stream.gaussian(300, 16), stream.orthogonal(16)))
    states = table @ q
    known, other = torch.arange(40), torch.arange(40, 300)
    assert (by_ridge(states[other], states[known], known, table) == other).double().mean() > 0.95
    assert (by_ridge(states[other], states[:1], known[:1], table) == other).double().mean() < 0.1
    assert (by_nearest(states[other], table) == other).double().mean() < 0.2
    assert (by_nearest(states[other] @ q.T, table) == other).double().mean() == 1.0


def test_more_pairs_read_more(subject):
    made = subject("gpt2")
    pairs, inversions, _ = Tokens(made.key("orthogonal"), made.config, made.state, (), os.urandom(32)).pairs()
    right = [row.tokens_right for row in inversions]
    assert right[0] < 0.1
    assert right[-1] > 0.9
    assert pairs[-1].stream_key_error < 1e-9
    assert pairs[0].stream_key_error > 0.5
