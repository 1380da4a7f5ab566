"""Token numbers, in and out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from biodesci.core.errors import InputError
from biodesci.ee.codec.tokens import IGNORED, Tokens

Draw = Callable[[int], Tokens]


def test_rows_are_found_where_the_key_put_them(tokens: Draw) -> None:
    key = tokens(50)
    table = torch.randn(50, 4)
    moved = key.order.apply(table, 0)
    ids = torch.randint(0, 50, (3, 7))
    assert torch.equal(moved[key.encode(ids)], table[ids])
    assert torch.equal(key.decode(key.encode(ids)), ids)
    assert not bool((key.encode(ids) == ids).any())


def test_any_shape_and_list(tokens: Draw) -> None:
    key = tokens(5)
    assert key.encode(3).shape == ()
    assert key.encode([]).shape == (0,)
    assert key.decode(key.encode([[1, 2], [3, 4]])).tolist() == [[1, 2], [3, 4]]
    assert key.decode(key.encode(torch.tensor([4], dtype=torch.int32))).dtype == torch.int64


def test_ignored_labels_stay(tokens: Draw) -> None:
    key = tokens(5)
    labels = torch.tensor([[1, IGNORED, 3]])
    got = key.encode(labels, ignore=IGNORED)
    assert got[0, 1] == IGNORED
    assert torch.equal(key.decode(got, ignore=IGNORED), labels)
    with pytest.raises(InputError, match="no token -100"):
        key.encode(labels)


@pytest.mark.parametrize("bad", [[5], [-1], [0, 99]])
def test_numbers_outside_the_vocabulary(bad: list[int], tokens: Draw) -> None:
    for way in (tokens(5).encode, tokens(5).decode):
        with pytest.raises(InputError, match=rf"no token {bad[-1]}: this key's vocabulary has 5"):
            way(bad)


@pytest.mark.parametrize("bad", [[0.5], [float("nan")], [True]])
def test_what_is_no_number(bad: list[float], tokens: Draw) -> None:
    with pytest.raises(InputError, match="must be integers"):
        tokens(5).encode(bad)


def test_vocabulary_sizes(tokens: Draw) -> None:
    key = tokens(5)
    key.check_vocabulary(5)
    key.check_vocabulary(4, padded=True)
    for size, padded in ((4, False), (6, False), (6, True)):
        with pytest.raises(InputError, match=f"tokenizer has {size} tokens, the key 5"):
            key.check_vocabulary(size, padded=padded)
