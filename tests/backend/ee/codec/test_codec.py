"""The codec holds what its kind needs, and survives its bytes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.codec import Codec
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.layout import Output, axis

SMALL: dict[str, Any] = {
    "vocab_size": 23,
    "hidden_size": 12,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "num_labels": 4,
}


def key_of(kind: str, mode: Mode = "orthogonal", *, shuffle: bool = False, **more: Any) -> ModelKey:
    family = next(f for f in ("GPT2", "Bert", "ViT") if kind.startswith(f))
    sizes = {k: v for k, v in SMALL.items() if family != "ViT" or k != "vocab_size"}
    model = getattr(transformers, kind)(getattr(transformers, f"{family}Config")(**sizes, **more))
    state = {
        n: t
        for n, t in model.state_dict().items()
        if n not in ("lm_head.weight", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
    }
    return ModelKey.for_model(json.loads(model.config.to_json_string()), state, mode, shuffle=shuffle)


def test_a_codec_holds_inputs_and_outputs_alone() -> None:
    key = key_of("BertForSequenceClassification", shuffle=True)
    assert set(key.codec("inference").parts) == {
        "input:tokens",
        "input:positions",
        "input:types",
        "output:logits",
    }
    assert set(key_of("GPT2LMHeadModel").codec("training").parts) == {"input:tokens", "output:logits"}
    image = key_of("ViTForImageClassification", image_size=8, patch_size=4)
    assert set(image.codec("inference").parts) == {"input:patches", "input:positions", "output:logits"}


def test_halves_of_a_codec_can_be_granted_apart() -> None:
    key = key_of("BertForSequenceClassification")
    sender = key.codec("inference", outputs=False)
    reader = key.codec("inference", inputs=False)
    assert set(sender.parts) == {"input:tokens"}
    assert set(reader.parts) == {"output:logits"}
    assert sender.tokens.encode([1]).shape == (1,)
    assert reader.decode_logits(np.zeros((2, 4))).shape == (2, 4)
    with pytest.raises(InputError, match="no output logits"):
        sender.decode_logits(np.zeros((2, 4)))
    with pytest.raises(InputError, match="no input tokens"):
        _ = reader.tokens


def test_an_inference_codec_encodes_no_labels() -> None:
    key = key_of("BertForSequenceClassification")
    with pytest.raises(InputError, match="encodes no labels"):
        key.codec("inference").encode_labels(np.array([1]))
    with pytest.raises(InputError, match="for inference only"):
        key_of("BertForSequenceClassification", "general").codec("training")


def test_labels_follow_the_scores() -> None:
    codec = key_of("BertForSequenceClassification").codec("training")
    classes = np.arange(4)
    moved = codec.encode_labels(classes)
    assert np.array_equal(codec.decode_logits(np.eye(4)[moved]), np.eye(4))
    assert np.array_equal(codec.decode_classes(moved), classes)
    tokens = key_of("GPT2LMHeadModel").codec("training")
    labels = np.array([[3, -100, 22]])
    got = tokens.encode_labels(labels, ignore=-100)
    assert got[0, 1] == -100
    assert got[0, [0, 2]].tolist() == tokens.tokens.encode([3, 22]).tolist()
    for bad in ([4], [-100], [0.5], [float("nan")]):
        with pytest.raises(InputError, match="from 0 to 3"):
            codec.encode_labels(np.array(bad))
    assert codec.encode_labels(np.array([], dtype=np.int64)).shape == (0,)


@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
def test_what_a_stock_pipeline_says(mode: Mode) -> None:
    codec = key_of("BertForSequenceClassification", mode).codec("inference")
    plain = np.array([0.5, -2.0, 3.0, 1.25])
    part = codec.part("output:logits")
    sent = (
        part.apply(torch.from_numpy(plain), 0).numpy()
        + codec.vectors.get("output:logits", torch.zeros(4)).numpy()
    )
    told = [{"label": f"LABEL_{i}", "score": float(sent[i])} for i in np.argsort(-sent)]
    assert np.allclose(codec.decode_labelled(told), plain, atol=1e-12)
    if mode == "general":
        with pytest.raises(InputError, match="mixes scores"):
            codec.decode_classes(np.array([1]))
    else:
        assert codec.decode_classes(sent.argmax(keepdims=True)).tolist() == [2]
    for bad in (
        told[:3],
        [*told[:3], told[0]],
        [*told[:3], {"label": told[3]["label"], "score": float("nan")}],
    ):
        with pytest.raises(InputError, match="top_k=None"):
            codec.decode_labelled(bad)
    for label in ("sick", "LABEL_4", "LABEL_x"):
        with pytest.raises(InputError, match="names the class"):
            codec.decode_labelled([{"label": label, "score": 1.0}])


def test_bytes_round_trip_with_settings() -> None:
    key = key_of("ViTForImageClassification", image_size=8, patch_size=4)
    codec = key.codec("inference")
    back = Codec.from_bytes(codec.to_bytes())
    image = torch.rand(2, 3, 8, 8)
    assert torch.equal(back.patches.encode(image), codec.patches.encode(image))
    assert back.settings == codec.settings
    for shuffled, kept in (("BertForSequenceClassification", True), ("BertForMaskedLM", False)):
        made = key_of(shuffled, shuffle=True).codec("inference")
        assert Codec.from_bytes(made.to_bytes()).sequences.keep_first is kept


def test_codec_of_another_key() -> None:
    one, other = key_of("GPT2LMHeadModel"), key_of("GPT2LMHeadModel")
    with pytest.raises(WrongKeyError, match="another model key"):
        one.codec("inference").check(other.key_id)


def test_inputs_that_the_model_does_not_take() -> None:
    codec = key_of("GPT2LMHeadModel").codec("inference")
    with pytest.raises(InputError, match="no input patches"):
        _ = codec.patches
    with pytest.raises(InputError, match="no input positions"):
        _ = codec.sequences
    with pytest.raises(InputError, match="no input records"):
        codec.encode_inputs(np.zeros((1, 2)))
    with pytest.raises(InputError, match=r"takes \(\.\.\., 23\)"):
        codec.decode_logits(np.zeros((1, 22)))


def test_damaged_codecs_are_refused() -> None:
    key = key_of("GPT2LMHeadModel")
    codec = key.codec("inference")
    with pytest.raises(InputError, match="damaged"):
        _ = Codec("inference", "id", {"input:tokens": key.parts["stream"]}).tokens
    with pytest.raises(InputError, match="not a biodesci/codec"):
        Codec.from_bytes(codec.to_bytes()[:-1])
    with pytest.raises(InputError, match="for training or for inference"):
        Codec("both", "id", codec.parts)  # type: ignore[arg-type]


def test_everything_that_acts_on_an_answer_is_in_the_codec() -> None:
    """ReLU's gains and its order are one part; where two parts have no common shape, there is no codec."""
    key = key_of("ViTModel", "general", pooler_act="relu", image_size=8, patch_size=4)
    part = key.codec("inference").part("output:pooled")
    both = key.parts["pooler.gain"].matrix() @ key.parts["pooler.neurons"].matrix()
    assert torch.equal(part.matrix(), both)
    mixed = key.layout.outputs["hidden"].axis[0].factors + key.layout.outputs["pooled"].axis[0].factors
    key.layout.outputs["hidden"] = Output(axis(12, *mixed))
    with pytest.raises(InputError, match="not one part"):
        key.codec("inference")
