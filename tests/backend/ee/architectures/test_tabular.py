"""Encrypted weights on encoded records give the plaintext answers, for any architecture."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.architectures import registry
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.architectures.mlp import MlpConfig
from biodesci.ee.architectures.tabular import TabularConfig, TabularTransformer
from biodesci.ee.keys import ModelKey
from biodesci.ee.runtime import infer

SMALL = TabularConfig(features=7, tokens=3, width=8, heads=2, layers=2, hidden=12, classes=3)


@st.composite
def architectures(draw: st.DrawFn) -> TabularConfig:
    heads = draw(st.integers(1, 4))
    return TabularConfig(
        features=draw(st.integers(1, 30)),
        tokens=draw(st.integers(1, 9)),
        width=heads * draw(st.integers(2, 10)),
        heads=heads,
        layers=draw(st.integers(1, 3)),
        hidden=draw(st.integers(1, 40)),
        classes=draw(st.integers(1, 5)),
    )


def fresh(config: TabularConfig, mode: str = "orthogonal") -> ModelKey:
    return ModelKey.generate(config.settings(), config.shapes(), mode)


def plain_state(config: TabularConfig, name: str = "w") -> dict[str, torch.Tensor]:
    """Weights with non-zero biases, as trained ones have."""
    seed = hashlib.sha256(name.encode()).digest()
    noise = np.random.default_rng(list(seed))
    return {
        n: torch.from_numpy(w + 0.1 * noise.normal(size=w.shape))
        for n, w in config.initial_weights(seed).items()
    }


def arrays(state: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {n: t.detach().numpy() for n, t in state.items()}


def records(config: TabularConfig, n: int = 6) -> np.ndarray:
    return np.random.default_rng(config.features).normal(size=(n, config.features))


@given(architectures(), st.sampled_from(["permutation", "orthogonal", "general"]))
def test_answers_are_the_plaintext_answers(config: TabularConfig, mode: str) -> None:
    state, x = plain_state(config), records(config)
    key = fresh(config, mode)
    codec = key.codec("inference")
    encrypted = key.encrypt(state)
    expected = infer(config, arrays(state), x)
    got = codec.decode_logits(infer(config, arrays(encrypted), codec.encode_inputs(x)))
    assert np.abs(got - expected).max() <= 1e-12 * max(1.0, np.abs(expected).max())
    assert (got.argmax(axis=1) == expected.argmax(axis=1)).all()


@given(architectures(), st.sampled_from(["permutation", "orthogonal", "general"]))
def test_fp32_keeps_four_digits(config: TabularConfig, mode: str) -> None:
    state, x = plain_state(config), records(config)
    key = fresh(config, mode)
    codec = key.codec("inference")
    stored = {n: t.float() for n, t in key.encrypt(state).items()}
    model = config.build(stored, torch.float32)
    with torch.no_grad():
        answer = model(torch.from_numpy(codec.encode_inputs(x)).float()).numpy()
        expected = config.build(state, torch.float32)(torch.from_numpy(x).float()).numpy()
    got = codec.decode_logits(answer)
    assert np.abs(got - expected).max() <= 1e-4 * max(1.0, np.abs(expected).max())


@given(architectures(), st.sampled_from(["permutation", "orthogonal", "general"]))
def test_decryption_gives_the_weights_back(config: TabularConfig, mode: str) -> None:
    state = plain_state(config)
    key = ModelKey.from_bytes(fresh(config, mode).to_bytes())
    back = key.decrypt(key.encrypt(state))
    for name, tensor in state.items():
        assert torch.allclose(back[name], tensor, rtol=0, atol=1e-12), name


def test_every_tensor_is_changed_and_its_form_kept() -> None:
    state = plain_state(SMALL)
    encrypted = fresh(SMALL).encrypt({n: t.float() for n, t in state.items()})
    TabularTransformer(SMALL, torch.float32).load_state_dict(encrypted)
    for name, tensor in state.items():
        assert encrypted[name].shape == tensor.shape
        assert encrypted[name].dtype == torch.float32
        if not name.startswith("head"):  # an order of 3 classes may be the identity
            assert not torch.allclose(encrypted[name].double(), tensor, atol=1e-3), name


def test_the_encoding_matters() -> None:
    state, x = plain_state(SMALL), records(SMALL, 50)
    key, other = fresh(SMALL), fresh(SMALL)
    encrypted = arrays(key.encrypt(state))
    expected = infer(SMALL, arrays(state), x)
    wrong = other.codec("inference")
    got = wrong.decode_logits(infer(SMALL, encrypted, wrong.encode_inputs(x)))
    assert np.abs(got - expected).max() > 0.01
    assert np.abs(infer(SMALL, encrypted, x) - expected).max() > 0.01


def test_an_answer_does_not_depend_on_the_batch() -> None:
    tensors, x = arrays(plain_state(SMALL)), records(SMALL, 9)
    codec = fresh(SMALL).codec("inference")
    together = infer(SMALL, tensors, x)
    assert all((infer(SMALL, tensors, x[i : i + 1])[0] == together[i]).all() for i in range(9))
    encoded = codec.encode_inputs(x)
    assert all((codec.encode_inputs(x[i : i + 1])[0] == encoded[i]).all() for i in range(9))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    state = plain_state(SMALL)
    state["head.weight"][0, 0] = value
    with pytest.raises(InputError, match=r"head\.weight holds NaN"):
        fresh(SMALL).encrypt(state)
    with pytest.raises(InputError, match=r"head\.weight holds NaN"):
        infer(SMALL, arrays(state), records(SMALL))


def test_weights_of_another_architecture_are_refused() -> None:
    key = fresh(SMALL)
    state = plain_state(SMALL)
    del state["head.bias"]
    with pytest.raises(InputError, match=r"missing: head\.bias"):
        ModelKey.for_model(SMALL.settings(), state)
    wide = plain_state(TabularConfig(features=8, tokens=3, width=8, heads=2, layers=2, hidden=12, classes=3))
    with pytest.raises(InputError, match=r"input\.weight"):
        key.decrypt(wide)


def test_a_key_of_another_model_is_named() -> None:
    key, other = fresh(SMALL), fresh(SMALL)
    key.check(key.key_id)
    with pytest.raises(WrongKeyError, match="belongs to another model"):
        key.check(other.key_id)


@pytest.mark.parametrize(
    "change",
    [
        {"width": 9},
        {"heads": 0},
        {"layers": -1},
        {"features": 10**9},
        {"classes": 2.5},
        {"hidden": True},
    ],
)
def test_bad_architectures_are_refused(change: dict[str, int]) -> None:
    document = {**SMALL.document(), **change}
    with pytest.raises(InputError):
        TabularConfig.from_document(document)


def test_an_architecture_document_round_trips() -> None:
    assert TabularConfig.from_document(SMALL.document()) == SMALL
    with pytest.raises(InputError, match="exactly the fields"):
        TabularConfig.from_document({**SMALL.document(), "extra": 1})


MLP = MlpConfig(features=4, hidden=(6, 5), classes=3, activation="relu")


@pytest.mark.parametrize("blueprint", [SMALL, MLP])
def test_a_document_on_chain_is_known_by_its_name(blueprint: Blueprint) -> None:
    assert registry.described(json.loads(json.dumps(blueprint.document()))) == blueprint
    assert type(blueprint).from_settings(json.loads(json.dumps(blueprint.settings()))) == blueprint
    with pytest.raises(InputError, match="biodesci/mlp/v1, biodesci/tabular-transformer/v1"):
        registry.described({**blueprint.document(), "name": "biodesci/mlp/v2"})


@pytest.mark.parametrize(
    "change",
    [
        {"hidden": []},
        {"hidden": [4] * 257},
        {"hidden": [0]},
        {"hidden": 4},
        {"hidden": [True]},
        {"activation": ["relu"]},
        {"features": 2.0},
        {"activation": "prelu"},
    ],
)
def test_bad_perceptrons_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        registry.described({**MLP.document(), **change})


def test_a_configuration_without_its_sizes_is_refused() -> None:
    with pytest.raises(InputError, match=r"lacks a size of biodesci-mlp"):
        MlpConfig.from_settings({"features": 3})
