"""Defences keep the answers, and are worth what the attacker who knows of them leaves."""

from __future__ import annotations

import os

import pytest
import torch

from biodesci.core.errors import InputError
from biodesci.ee.architectures import mlp, registry, tabular
from biodesci.ee.keys import ModelKey
from biodesci.redteam import defences
from biodesci.redteam.attacks import reading, stripping
from biodesci.redteam.attacks.drift import gaussian

CONFIG = tabular.TabularConfig(features=6, tokens=3, width=8, heads=2, layers=2, hidden=20)
X = torch.linspace(-1, 1, 30, dtype=torch.float64).reshape(5, 6)


def weights(config=CONFIG):
    return {n: torch.from_numpy(w) for n, w in config.initial_weights(os.urandom(32)).items()}


def test_dummy_neurons_keep_the_answers():
    state = weights()
    wider, padded = defences.add_neurons(CONFIG.settings(), state, 3, os.urandom(32))
    assert wider["hidden"] == 26
    settings = {name: value for name, value in wider.items() if name != "model_type"}
    before = CONFIG.build(state)(X)
    after = tabular.TabularConfig(**settings).build(padded)(X)
    assert float((after - before).abs().max()) < 1e-12


def test_dummies_of_a_perceptron_keep_the_answers():
    config = {
        "model_type": "biodesci-mlp",
        "features": 6,
        "hidden": [9, 9],
        "classes": 2,
        "activation": "gelu",
    }
    model = mlp.MlpConfig.from_settings(config).module()
    wider, padded = defences.add_neurons(config, model.state_dict(), 2, os.urandom(32))
    assert wider["hidden"] == [13, 13]
    assert float((mlp.MlpConfig.from_settings(wider).build(padded)(X) - model(X)).abs().max()) < 1e-12


def llama():
    import json

    import transformers

    config = transformers.LlamaConfig(
        vocab_size=40,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=30,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    return json.loads(config.to_json_string()), transformers.LlamaForCausalLM(config).double().eval()


def test_dummy_heads_keep_the_answers_and_are_stripped():
    from transformers import LlamaConfig, LlamaForCausalLM

    config, model = llama()
    state = model.state_dict()
    layout = registry.layout(config, state.keys(), "permutation")
    heads = [place for place in layout.places if place.endswith(".heads")]
    padded = defences.Dummies(heads, 1, os.urandom(32)).added(layout, state)
    # One pair of groups of two query heads that share a key head.
    wider = config | {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 6}
    built = LlamaForCausalLM(LlamaConfig(**wider)).double().eval()
    built.load_state_dict(padded)
    ids = torch.arange(8)[None] + 3
    assert float((built(ids).logits - model(ids).logits).abs().max()) < 1e-5
    key = ModelKey.for_model(wider, padded, "general")
    seen = reading.read(key.layout, key.encrypt(padded), encrypted=True)
    clean = stripping.strip(seen)
    for view in clean.values():
        assert {a.parts["key"].shape[0] for a in view.heads.values()} == {2}


@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
def test_an_attacker_strips_dummies_and_nothing_else(mode):
    state = weights()
    wider, padded = defences.add_neurons(CONFIG.settings(), state, 3, os.urandom(32))
    for config, checkpoint in ((wider, padded), (CONFIG.settings(), state)):
        key = ModelKey.for_model(config, checkpoint, mode)
        clean = stripping.strip(reading.read(key.layout, key.encrypt(checkpoint), encrypted=True))
        sizes = [t.size for v in clean.values() for p, t in v.tables.items() if p.endswith("neurons")]
        assert sizes == [20, 20]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_hidden_signs_and_factors_hide_no_dummies(activation):
    """Of neurons that a key may turn or scale, three pairs cancel; one pair is twice the same."""
    reads, writes = torch.randn(8, 12).double(), torch.randn(8, 12).double()
    reads, writes = torch.cat([reads, reads[:3], reads[3:4]]), torch.cat([writes, -writes[:3], writes[3:4]])
    if activation == "relu":
        key = torch.rand(12, 1).double() + 0.5
    else:
        key = torch.tensor([1.0, -1.0]).double().repeat(6)[:, None]
    table = reading.Table(scaled=[reads * key, writes / key])
    assert stripping.cancelling(table).nonzero().flatten().tolist() == [0, 1, 2, 8, 9, 10]


def test_noise_moves_weights_by_its_size():
    state = weights()
    noised = gaussian(state, 0.1, os.urandom(32))
    for name, x in state.items():
        if x.ndim == 2 and x.numel() > 50:
            assert 0.07 < float((noised[name] - x).std() / x.std()) < 0.13
    assert gaussian(state, 0.0, os.urandom(32))["head.weight"].equal(state["head.weight"])


def test_what_has_no_room_is_refused():
    with pytest.raises(InputError, match="at least one pair"):
        defences.add_neurons(CONFIG.settings(), weights(), 0, os.urandom(32))
    with pytest.raises(InputError, match="not known for 'resnet'"):
        defences.add_neurons({"model_type": "resnet"}, {}, 1, os.urandom(32))


@pytest.mark.parametrize("kind", ["bert", "gpt2", "llama", "vit"])
def test_dummy_neurons_of_stock_models_keep_the_answers(subject, kind):
    made = subject(kind)
    wider, padded = defences.add_neurons(made.config, made.state, 2, os.urandom(32))
    inputs = torch.randn(2, 3, 16, 16).double() if kind == "vit" else torch.arange(12).reshape(2, 6) + 3
    answers = [answer(*of, inputs) for of in ((made.config, made.state), (wider, padded))]
    assert float((answers[0] - answers[1]).abs().max() / answers[0].abs().max()) < 1e-5


def answer(config, state, inputs):
    import transformers

    made = transformers.AutoConfig.for_model(**config)
    model = getattr(transformers, config["architectures"][0])(made).double().eval()
    model.load_state_dict(state, strict=False)
    model.tie_weights()
    with torch.no_grad():
        return model(inputs).logits
