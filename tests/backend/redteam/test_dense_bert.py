"""Turning BERT's stream, a key per sublayer, hides no more than reordering it: the negative result for which
there is no mode `dense`."""

from __future__ import annotations

import os

import pytest
import torch
from transformers import AutoConfig, BertForSequenceClassification

from biodesci.redteam.attacks import alignment, staged_weights
from biodesci.redteam.attacks.drift import gaussian, unrelated
from tests.backend.redteam import dense_bert

LAYERS, WIDTH = 2, 48
IDS = torch.arange(20).reshape(2, 10)


@pytest.fixture(scope="module")
def made(subject):
    return subject("bert")


@pytest.fixture(scope="module")
def keys():
    return dense_bert.draw_keys(WIDTH, LAYERS)


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


def stock(made, state):
    model = BertForSequenceClassification(AutoConfig.for_model(**made.config)).double().eval()
    model.load_state_dict(state)
    return model


def test_turned_weights_give_the_same_answers(made, keys):
    expected = logits(stock(made, made.state))
    got = logits(dense_bert.build(made.config, dense_bert.turn(made.state, keys)))
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-12


def test_the_turned_weights_alone_undo_the_turns(made, keys):
    turned = dense_bert.turn(made.state, keys)
    assert dense_bert.undone(keys, dense_bert.undo(turned, LAYERS)) == 1.0


def test_weights_make_no_difference(made, keys):
    turned = dense_bert.turn(unrelated(made.state, os.urandom(32)), keys)
    assert dense_bert.undone(keys, dense_bert.undo(turned, LAYERS)) > 0.9


def test_another_key_does_not_fit(made, keys):
    turned = dense_bert.turn(made.state, keys)
    other = dense_bert.draw_keys(WIDTH, LAYERS)
    assert dense_bert.undone(other, dense_bert.undo(turned, LAYERS)) < 0.1


def test_what_is_left_is_a_stock_model_in_another_order(made, keys):
    turned = dense_bert.turn(made.state, keys)
    again = dense_bert.turn(turned, dense_bert.undo(turned, LAYERS))
    reordered = dense_bert.as_stock(again, LAYERS)
    expected, got = logits(stock(made, made.state)), logits(stock(made, reordered))
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-9
    first = "bert.embeddings.LayerNorm.weight"
    assert not torch.allclose(reordered[first], made.state[first])
    assert torch.allclose(reordered[first].sort().values, made.state[first].sort().values)


@pytest.mark.parametrize("drift", [0.0, 0.4])
def test_a_public_base_then_matches_as_under_permutations(made, keys, drift):
    """Over the whole key: neurons, heads and tokens reordered, heads turned, and the stream besides."""
    key = made.key("orthogonal")
    secret = gaussian(made.state, drift, os.urandom(32))
    turned = dense_bert.turn(key.encrypt(secret), keys)
    reordered = dense_bert.as_stock(dense_bert.turn(turned, dense_bert.undo(turned, LAYERS)), LAYERS)
    found = staged_weights.attack(key.layout, made.state, reordered)
    found.streams = {}  # scored above: here the order that is left is another one than the key's
    scored = alignment.score(found, key.parts)
    assert scored["neurons"] > 0.9
    assert scored["vocabulary"] > 0.9


@pytest.mark.deep
def test_a_pre_trained_model_gives_its_turns_away(minilm):
    """docs/security.md: at least 99.9% of the coordinates of MiniLM, no base needed."""
    config = minilm.config
    keys = dense_bert.draw_keys(config["hidden_size"], config["num_hidden_layers"])
    turned = dense_bert.turn(minilm.state, keys, base="")
    turns = dense_bert.undo(turned, config["num_hidden_layers"], base="")
    assert dense_bert.undone(keys, turns) >= 0.999
