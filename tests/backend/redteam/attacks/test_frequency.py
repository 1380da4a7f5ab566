"""Attack 5: counting reads running text under any order of the vocabulary, observed or sampled."""

from __future__ import annotations

import os

import pytest
import torch

from biodesci.core.errors import InputError
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks import corpus, frequency
from biodesci.redteam.attacks.staged_tokens import Tokens

SIZE = 120


def stream(label):
    return Stream(os.urandom(32), label)


def language():
    """Next-token logits (V, V) with common and rare words, and habits of who follows whom."""
    common = -1.5 * (torch.arange(SIZE) + 2.0).log()
    return common + 1.5 * torch.from_numpy(stream("language").gaussian(SIZE, SIZE))


def write(logits, texts, length):
    start = torch.arange(texts)[:, None] % SIZE
    return frequency.sample(lambda ids: logits[ids[:, -1]], start, length, os.urandom(32))


def test_neighbours_read_what_ranks_do_not():
    logits, order = language(), torch.from_numpy(stream("order").permutation(SIZE))
    reference, running = write(logits, 200, 150), order.argsort()[write(logits, 200, 150)]
    ranks = frequency.share(frequency.by_rank(reference, running, SIZE), running, order)
    neighbours = frequency.share(frequency.by_neighbours(reference, running, SIZE), running, order)
    assert ranks < 0.9 < neighbours


def test_an_encrypted_models_own_samples_do_as_well():
    """The encrypted model is asked for text; nobody else's traffic is seen."""
    logits, order = language(), torch.from_numpy(stream("order").permutation(SIZE))
    encrypted = logits[order][:, order]
    sampled = write(encrypted, 200, 150)
    guess = frequency.by_neighbours(write(logits, 200, 150), sampled, SIZE)
    assert frequency.share(guess, order.argsort()[write(logits, 50, 100)], order) > 0.9


def test_text_of_another_language_reads_nothing():
    order = torch.from_numpy(stream("order").permutation(SIZE))
    running = order.argsort()[write(language(), 100, 100)]
    reference = renumbered(write(language(), 100, 100))
    assert frequency.share(frequency.by_neighbours(reference, running, SIZE), running, order) < 0.5


def renumbered(text):
    """The same text with its words renumbered: a word is as common as another one was."""
    return torch.from_numpy(stream("other").permutation(SIZE))[text]


def test_shuffled_texts_come_in_order_again():
    ids = torch.tensor([[7, 5, 6, 0], [3, 1, 2, 4], [9, 8, 0, 0]])
    places = torch.tensor([[30, 10, 20, -1], [20, 30, 10, 40], [20, 10, -1, -1]])
    # Places 10 and 20 occur three times each: ties keep the places' numbers.
    assert frequency.in_order(ids, places).tolist() == [5, 6, 7, 2, 3, 1, 4, 8, 9]


def test_the_topics_are_running_text(tokenizer_file):
    texts = corpus.running_text(tokenizer_file)
    assert sum(map(len, texts)) > 50_000
    with pytest.raises(InputError, match="its tokenizer"):
        corpus.running_text(tokenizer_file.parent / "none" / "tokenizer.json")


@pytest.mark.deep
def test_real_text_is_read(minilm, tokenizer_file):
    texts = corpus.running_text(tokenizer_file)
    rows = Tokens(minilm.key("permutation"), minilm.config, minilm.state, texts, os.urandom(32)).counted()
    whole = max(row.by_neighbours for row in rows if not row.shuffled)
    hidden = next(row.by_neighbours for row in rows if row.shuffled)
    restored = next(row.by_neighbours for row in rows if row.places_restored)
    assert whole > 0.7
    assert hidden < 0.5
    assert restored > 0.6
