"""Keys and codecs: distribution, bytes, and what each part cannot do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.codec import Codec
from biodesci.ee.keys import TabularKey
from biodesci.ee.sampling import Stream
from biodesci.ee.architectures.tabular import TabularConfig

CONFIG = TabularConfig(features=5, tokens=3, width=8, heads=2, layers=2, hidden=6, classes=3)
SEED = bytes(range(32))


def test_streams_are_separate_and_deterministic() -> None:
    one, same, other = Stream(SEED, "a"), Stream(SEED, "a"), Stream(SEED, "b")
    first = one.integers(8)
    assert (first == same.integers(8)).all()
    assert (first != other.integers(8)).all()
    assert (one.integers(8) != first).all()
    with pytest.raises(InputError):
        Stream(b"short", "a")


def test_gaussians_have_the_moments_of_a_gaussian() -> None:
    values = Stream(SEED, "moments").gaussian(200_000)
    assert abs(values.mean()) < 0.01
    assert abs(values.var() - 1) < 0.01
    assert abs((values**4).mean() - 3) < 0.1


def test_orthogonal_matrices_are_haar() -> None:
    """Trace of Haar O(n): mean 0, variance 1; both determinants (Diaconis and Shahshahani 1994)."""
    drawn = [Stream(SEED, f"haar/{i}").orthogonal(4) for i in range(3000)]
    traces = np.array([np.trace(q) for q in drawn])
    assert abs(traces.mean()) < 0.08
    assert abs(traces.var() - 1) < 0.12
    assert 0.45 < np.mean([np.linalg.det(q) > 0 for q in drawn]) < 0.55


def test_the_stabilizer_fixes_the_ones() -> None:
    q = Stream(SEED, "q").stabilizer(16)
    assert np.allclose(q @ q.T, np.eye(16), atol=1e-13)
    assert np.allclose(q @ np.ones(16), 1, atol=1e-13)
    assert not np.allclose(q, np.eye(16), atol=0.1)


def test_general_matrices_are_well_conditioned() -> None:
    conditions = [np.linalg.cond(Stream(SEED, f"gl/{i}").general(8)) for i in range(50)]
    assert max(conditions) <= 4 + 1e-9
    assert min(conditions) > 1.01


def test_permutations_are_uniform() -> None:
    stream = Stream(SEED, "orders")
    orders = [tuple(stream.permutation(3)) for _ in range(6000)]
    counts = [orders.count(o) for o in set(orders)]
    assert len(counts) == 6
    assert max(abs(c - 1000) for c in counts) < 150


def test_keys_differ_and_say_nothing() -> None:
    one, two = TabularKey.generate(CONFIG), TabularKey.generate(CONFIG)
    assert one.key_id != two.key_id
    assert not np.allclose(one.parts["stream"], two.parts["stream"])
    shown = repr(one) + repr(one.training_codec()) + repr(one.describe())
    for part in one.parts.values():
        assert str(part.ravel()[0]) not in shown or part.dtype == np.int64
    assert "parts" not in repr(one)
    assert "input_key" not in repr(one.training_codec())


def test_description_counts_the_key() -> None:
    told = TabularKey.generate(CONFIG).describe()
    assert told["continuousDimensions"] == {"input": 10, "stream": 21, "heads": 2 * 4 * 6}
    # 3! tokens, 3! classes, and per layer 2! heads and 6! neurons
    assert told["orderBits"] == round(float(np.log2(6.0 * 6 * (2 * 720) ** 2)), 1)


def test_key_bytes_round_trip() -> None:
    key = TabularKey.generate(CONFIG, "general")
    back = TabularKey.from_bytes(key.to_bytes())
    assert (back.config, back.mode, back.key_id) == (key.config, key.mode, key.key_id)
    assert all(np.array_equal(back.parts[n], p) for n, p in key.parts.items())


@pytest.mark.parametrize("kind", ["training", "inference"])
def test_codec_bytes_round_trip(kind: str) -> None:
    key = TabularKey.generate(CONFIG)
    codec = key.training_codec() if kind == "training" else key.inference_codec()
    back = Codec.from_bytes(codec.to_bytes())
    assert (back.kind, back.key_id) == (kind, key.key_id)
    assert np.array_equal(back.input_key, codec.input_key)
    assert np.array_equal(back.classes, codec.classes)


def test_a_codec_is_no_key() -> None:
    """The codec's bytes hold S and the class order, nothing of Q, A, B, N; and they don't open as a key."""
    key = TabularKey.generate(CONFIG)
    data = key.training_codec().to_bytes()
    with pytest.raises(InputError, match="not a biodesci/tabular-key"):
        TabularKey.from_bytes(data)
    assert {f.name for f in dataclasses.fields(Codec)} == {"kind", "key_id", "input_key", "classes"}
    for name in ("stream", "query_key", "value"):
        assert key.parts[name].tobytes()[:64] not in data
    with pytest.raises(InputError, match="not a biodesci/codec"):
        Codec.from_bytes(key.to_bytes())


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\xff" * 8])
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        TabularKey.from_bytes(data)
    with pytest.raises(InputError):
        Codec.from_bytes(data)


@pytest.mark.parametrize("name", ["stream", "input_key", "query_key", "value"])
def test_an_inexact_key_is_refused(name: str) -> None:
    key = TabularKey.generate(CONFIG)
    with pytest.raises(InputError, match="inexact"):
        dataclasses.replace(key, parts={**key.parts, name: key.parts[name] * 1.001})


def test_a_stream_key_that_moves_the_ones_is_refused() -> None:
    key = TabularKey.generate(CONFIG)
    haar = Stream(SEED, "any").orthogonal(CONFIG.width)
    with pytest.raises(InputError, match="LayerNorm"):
        dataclasses.replace(key, parts={**key.parts, "stream": haar})


def test_an_order_with_a_repeat_is_refused() -> None:
    key = TabularKey.generate(CONFIG)
    with pytest.raises(InputError, match="not an order"):
        dataclasses.replace(key, parts={**key.parts, "classes": np.array([0, 0, 1])})


def test_codecs_refuse_what_is_not_theirs() -> None:
    key = TabularKey.generate(CONFIG)
    training, inference = key.training_codec(), key.inference_codec()
    with pytest.raises(InputError, match="no labels"):
        inference.encode_labels(np.array([0]))
    with pytest.raises(InputError, match="from 0 to 2"):
        training.encode_labels(np.array([3]))
    with pytest.raises(InputError, match=r"takes \(n, 5\)"):
        training.encode_inputs(np.zeros((2, 4)))
    with pytest.raises(InputError, match="missing or infinite"):
        training.encode_inputs(np.full((1, 5), np.nan))
    with pytest.raises(InputError, match=r"takes \(n, 3\)"):
        inference.decode_logits(np.zeros((2, 2)))
    with pytest.raises(WrongKeyError):
        training.check(TabularKey.generate(CONFIG).key_id)


def test_labels_and_logits_use_one_order() -> None:
    """A logit at an encoded label's place comes back at the label's own place."""
    codec = TabularKey.generate(CONFIG).training_codec()
    y = np.array([0, 1, 2, 1])
    hot = np.eye(3)[codec.encode_labels(y)]
    assert (codec.decode_logits(hot).argmax(axis=1) == y).all()


def test_general_keys_give_no_training_codec() -> None:
    with pytest.raises(InputError, match="inference only"):
        TabularKey.generate(CONFIG, "general").training_codec()
