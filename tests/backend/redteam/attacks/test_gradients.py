"""Attack 7, gradients: a label and the tokens of a text show in one update; sums and DP noise hide them."""

from __future__ import annotations

import os

import torch

from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.gradients import label_leak, token_leak


def test_one_clients_label_shows():
    assert label_leak(1, 0.0).label_right == 1.0
    assert label_leak(1, 0.0, classes=5).label_right > 0.99


def test_sums_and_noise_hide_it():
    assert label_leak(16, 0.0).label_right < 0.75
    assert label_leak(1, 5.0, trials=400).label_right < 0.7


def test_the_tokens_of_a_text_show_unless_noise_is_added():
    stream = Stream(os.urandom(32), "leak")
    table = torch.from_numpy(stream.gaussian(400, 16)).float()
    texts = [torch.from_numpy((stream.integers(20) % 400).astype("int64")) for _ in range(16)]
    assert token_leak(table, texts, 1, 0.0).recall == token_leak(table, texts, 1, 0.0).precision == 1.0
    assert token_leak(table, texts, 8, 0.0).precision < 0.4
    assert token_leak(table, texts, 1, 1.0).recall < 0.3
