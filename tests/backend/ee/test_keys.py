"""Model keys and codecs: bytes, what each part cannot do, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.codec import Codec
from biodesci.ee.groups import InexactKeyError, Orthogonals, Permutations
from biodesci.ee.keys import ModelKey
from biodesci.ee.parts import Blocks
from biodesci.ee.sampling import Stream

CONFIG = TabularConfig(features=5, tokens=3, width=8, heads=2, layers=2, hidden=6, classes=3)
SEED = bytes(range(32))


def fresh(mode: str = "orthogonal") -> ModelKey:
    return ModelKey.generate(CONFIG.settings(), CONFIG.shapes(), mode)


def test_keys_differ_and_say_nothing() -> None:
    one, two = fresh(), fresh()
    assert one.key_id != two.key_id
    assert not torch.allclose(one.parts["stream"].matrix(), two.parts["stream"].matrix())
    shown = repr(one) + repr(one.codec("training")) + repr(one.describe().model_dump())
    for part in one.parts.values():
        for tensor in part.tensors().values():
            assert str(float(tensor.reshape(-1)[0])) not in shown or tensor.dtype == torch.int64
    assert "parts" not in repr(one)
    assert "tensor(" not in shown


def test_description_counts_the_key() -> None:
    described = fresh().describe()
    assert described.places is not None
    assert described.places["records"].continuous_dimensions == 10
    assert described.places["stream"].continuous_dimensions == 21
    assert described.continuous_dimensions == 10 + 21 + 2 * 4 * 6
    # 3! tokens, 3! classes, per layer 2! heads and 6! neurons; a sign of the determinant per orthogonal block
    assert described.order_bits == round(float(np.log2(6.0 * 6 * (2 * 720) ** 2)) + 2 + 8, 1)
    assert described.seed_bits == 256


@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
def test_key_bytes_round_trip(mode: str) -> None:
    key = fresh(mode)
    back = ModelKey.from_bytes(key.to_bytes())
    assert (back.config, back.mode, back.key_id, back.names) == (key.config, key.mode, key.key_id, key.names)
    for place, part in key.parts.items():
        assert all(torch.equal(back.parts[place].tensors()[n], t) for n, t in part.tensors().items())
    assert all(torch.equal(back.shifts[n], v) for n, v in key.shifts.items())


def test_another_key_for_the_same_model() -> None:
    key = fresh()
    other = key.renewed()
    assert other.key_id != key.key_id
    assert (other.config, other.mode, other.names) == (key.config, key.mode, key.names)
    state = {n: torch.from_numpy(w) for n, w in CONFIG.initial_weights(SEED).items()}
    back = other.decrypt(other.encrypt(key.decrypt(key.encrypt(state))))
    assert all(torch.allclose(back[n], t, atol=1e-12) for n, t in state.items())


@pytest.mark.parametrize("kind", ["training", "inference"])
def test_codec_bytes_round_trip(kind: str) -> None:
    codec = fresh().codec(kind)
    back = Codec.from_bytes(codec.to_bytes())
    assert (back.kind, back.key_id) == (kind, codec.key_id)
    x = np.random.default_rng(1).normal(size=(4, 5))
    assert (back.encode_inputs(x) == codec.encode_inputs(x)).all()
    assert (back.decode_logits(x[:, :3]) == codec.decode_logits(x[:, :3])).all()


def test_a_codec_is_no_key() -> None:
    """The codec's bytes hold how records enter and scores leave, nothing of the keys inside."""
    key = fresh()
    data = key.codec("training").to_bytes()
    with pytest.raises(InputError, match="not a biodesci/ee-key"):
        ModelKey.from_bytes(data)
    assert set(key.codec("training").parts) == {"input:records", "output:logits"}
    for place, part in key.parts.items():
        if place not in ("records", "classes", "tokens") and isinstance(part, Blocks):
            assert part.matrices.numpy().tobytes()[:64] not in data
    with pytest.raises(InputError, match="not a biodesci/codec"):
        Codec.from_bytes(key.to_bytes())


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\xff" * 8])
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        ModelKey.from_bytes(data)
    with pytest.raises(InputError):
        Codec.from_bytes(data)


def test_an_inexact_key_is_refused_with_the_reason() -> None:
    key = fresh()
    stretched = Blocks(key.parts["stream"].matrices * 1.001)
    with pytest.raises(InexactKeyError, match="part stream is not exact there: LayerNorm"):
        dataclasses.replace(key, parts={**key.parts, "stream": stretched})
    haar = Orthogonals(8).sample(Stream(SEED, "any"), "orthogonal")
    with pytest.raises(InexactKeyError, match="moves the all-ones direction"):
        dataclasses.replace(key, parts={**key.parts, "stream": haar})
    with pytest.raises(InexactKeyError, match="only reordering commutes"):
        dataclasses.replace(
            key,
            parts={**key.parts, "blocks.0.neurons": Orthogonals(6).sample(Stream(SEED, "n"), "orthogonal")},
        )
    with pytest.raises(InputError, match="missing or unknown are stream"):
        dataclasses.replace(key, parts={p: part for p, part in key.parts.items() if p != "stream"})


def test_codecs_refuse_what_is_not_theirs() -> None:
    key = fresh()
    training, inference = key.codec("training"), key.codec("inference")
    with pytest.raises(InputError, match="no labels"):
        inference.encode_labels(np.array([0]))
    with pytest.raises(InputError, match="from 0 to 2"):
        training.encode_labels(np.array([3]))
    with pytest.raises(InputError, match=r"takes \(n, 5\)"):
        training.encode_inputs(np.zeros((2, 4)))
    with pytest.raises(InputError, match="missing or infinite"):
        training.encode_inputs(np.full((1, 5), np.nan))
    with pytest.raises(InputError, match=r"takes \(\.\.\., 3\)"):
        inference.decode_logits(np.zeros((2, 2)))
    with pytest.raises(WrongKeyError):
        training.check(fresh().key_id)


def test_labels_and_logits_use_one_order() -> None:
    """A logit at an encoded label's place comes back at the label's own place."""
    codec = fresh().codec("training")
    y = np.array([0, 1, 2, 1])
    hot = np.eye(3)[codec.encode_labels(y)]
    assert (codec.decode_logits(hot).argmax(axis=1) == y).all()


def test_general_keys_give_no_training_codec() -> None:
    with pytest.raises(InputError, match="inference only"):
        fresh("general").codec("training")


def test_permutation_keys_move_orders_alone() -> None:
    key = fresh("permutation")
    assert key.describe().continuous_dimensions == 0
    assert Permutations(8).refusal(key.parts["stream"]) is None
