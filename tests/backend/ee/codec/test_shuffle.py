"""Sequence shuffle: fresh orders, numbers of positions and types in the key's order, answers put back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from biodesci.core.errors import InputError
from biodesci.ee.codec.shuffle import Sequences, draw_orders, reorder, restore
from biodesci.ee.codec.tokens import Tokens
from biodesci.ee.parts import Monomial

Draw = Callable[[int], Tokens]


def sequences(tokens: Draw, *, keep_first: bool = True) -> Sequences:
    return Sequences(tokens(40), tokens(16).order, Monomial(torch.tensor([1, 0])), keep_first)


def test_a_table_lookup_gives_the_same_set_of_rows(tokens: Draw) -> None:
    """Word, position and type rows summed, as the embedding does, and the answer put back in order."""
    codec = sequences(tokens)
    words, places, types = torch.randn(40, 3), torch.randn(16, 3), torch.randn(2, 3)
    ids, kinds = torch.randint(0, 40, (4, 11)), torch.randint(0, 2, (4, 11))
    mask = (torch.arange(11) < torch.tensor([[11], [4], [7], [1]])).long()
    want = words[ids] + places[torch.arange(11)] + types[kinds]
    sent = codec.encode(ids, kinds, mask)
    tables = codec.tokens.order.apply(words, 0), codec.positions.apply(places, 0), codec.types.apply(types, 0)
    got = tables[0][sent.input_ids] + tables[1][sent.position_ids] + tables[2][sent.token_type_ids]
    assert torch.equal(sent.restore(got), want)
    assert torch.equal(sent.restore(sent.attention_mask), mask)
    assert set(sent.arguments()) == {"input_ids", "position_ids", "token_type_ids", "attention_mask"}


def test_orders_are_fresh_and_differ_between_sequences() -> None:
    one, two = draw_orders(50, 20, keep_first=True), draw_orders(50, 20, keep_first=True)
    assert not torch.equal(one, two)
    assert len({tuple(row.tolist()) for row in torch.cat([one, two])}) == 100
    assert torch.equal(one.sort(dim=1).values, torch.arange(20).repeat(50, 1))


def test_the_first_token_stays_only_for_a_pooler() -> None:
    assert bool((draw_orders(200, 9, keep_first=True)[:, 0] == 0).all())
    first = draw_orders(900, 9, keep_first=False)[:, 0]
    # 100 expected at each place, standard deviation 9.4
    assert all(50 < int(count) < 150 for count in first.bincount(minlength=9))


def test_short_sequences() -> None:
    assert draw_orders(2, 1, keep_first=True).tolist() == [[0], [0]]
    assert draw_orders(2, 0, keep_first=True).shape == (2, 0)


def test_restoring_undoes_reordering() -> None:
    orders = draw_orders(3, 8, keep_first=False)
    x = torch.randn(3, 8, 2, 2)
    assert torch.equal(restore(reorder(x, orders), orders), x)
    with pytest.raises(InputError, match=r"for \(3, 7\) tokens, but \(3, 8\) were sent"):
        restore(x[:, :7], orders)


def test_what_does_not_fit_is_refused(tokens: Draw) -> None:
    codec = sequences(tokens)
    ids = torch.ones(2, 5, dtype=torch.int64)
    with pytest.raises(InputError, match="up to 16"):
        codec.encode(torch.ones(1, 17, dtype=torch.int64))
    with pytest.raises(InputError, match="up to 16"):
        codec.encode(torch.ones(4, dtype=torch.int64))
    with pytest.raises(InputError, match="from 0 to 1"):
        codec.encode(ids, ids + 1)
    with pytest.raises(InputError, match="differ in shape"):
        codec.encode(ids, attention_mask=ids[:, :4])
    with pytest.raises(InputError, match="no token 40"):
        codec.encode(ids + 39)
