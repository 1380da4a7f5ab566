"""What EncryptedModel answers, for each kind of input, against the plain model."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.serving.model import EncryptedModel
from biodesci.ee.serving.whole import WholeModel

BERT: dict[str, Any] = {
    "vocab_size": 31,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "max_position_embeddings": 16,
    "num_labels": 3,
}
SPECIAL: dict[str, Any] = {"vocab_size": 31, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
ROWS = [[1, 5, 9, 3, 17], [1, 30], [1, 6, 3, 4, 4, 8, 21], [1, 7, 7, 2, 12], [1]]
MODES: list[Mode] = ["permutation", "orthogonal", "general"]
HEADS = ["SequenceClassification", "MaskedLM", "QuestionAnswering"]


def pairs_first(every_change: list[tuple[Any, ...]], *options: list[Any]) -> list[Any]:
    """The cases of `every_change`, and for `make test-deep` the rest of the options' full product."""
    product = [case for case in itertools.product(*options) if case not in every_change]
    return [*every_change, *(pytest.param(*case, marks=pytest.mark.deep) for case in product)]


@torch.no_grad()
def alone(plain: Any, row: list[int], output: str) -> np.ndarray:
    """The plain answer to one row, by itself."""
    return np.asarray(getattr(plain(input_ids=torch.tensor([row])), output)[0])


def close(got: np.ndarray, want: np.ndarray) -> None:
    assert got.shape == want.shape
    assert np.abs(got - want).max() < 1e-11 * np.abs(want).max()


@pytest.mark.parametrize(
    ("head", "mode", "shuffle"),
    # every pair of head, mode and shuffle
    pairs_first(
        [(h, m, (i + j) % 2 == 0) for i, h in enumerate(HEADS) for j, m in enumerate(MODES)],
        *(HEADS, MODES, [False, True]),
    ),
)
def test_bert_heads(head: str, shuffle: bool, mode: Mode, served: Callable[[Any], Any]) -> None:
    classes = 2 if head == "QuestionAnswering" else 3
    config = transformers.BertConfig(**BERT | {"num_labels": classes})
    model = served(getattr(transformers, f"BertFor{head}")(config))
    client = model.whole(model.key(mode, shuffle=shuffle))
    for row, answer in zip(ROWS, client(ROWS, batch_size=2), strict=True):
        if head == "QuestionAnswering":
            want = np.stack([alone(model.plain, row, f"{end}_logits") for end in ("start", "end")], axis=-1)
        else:
            want = alone(model.plain, row, "logits")
        close(answer["logits"], want)


@pytest.mark.parametrize(
    ("head", "blocks", "mode"),
    # every pair of head, blocks at the client, and mode
    pairs_first(
        [(HEADS[(blocks + j) % 2], blocks, m) for blocks in (0, 1, 2) for j, m in enumerate(MODES)],
        *(HEADS[:2], [0, 1, 2], MODES),
    ),
)
def test_bert_in_halves(head: str, blocks: int, mode: Mode, served: Callable[[Any], Any]) -> None:
    model = served(getattr(transformers, f"BertFor{head}")(transformers.BertConfig(**BERT)))
    client = model.halves(model.key(mode), blocks=blocks)
    done: list[int] = []
    for row, answer in zip(ROWS, client(ROWS, batch_size=3, progress=done.append), strict=True):
        close(answer["logits"], alone(model.plain, row, "logits"))
    assert sum(done) == len(ROWS)


@pytest.mark.parametrize("shuffle", [False, True])
def test_hidden_and_pooled_states(shuffle: bool, served: Callable[[Any], Any]) -> None:
    model = served(transformers.BertModel(transformers.BertConfig(**BERT)))
    client = model.whole(model.key("orthogonal", shuffle=shuffle))
    for row, answer in zip(ROWS, client(ROWS), strict=True):
        close(answer["hidden"], alone(model.plain, row, "last_hidden_state"))
        close(answer["pooled"], alone(model.plain, row, "pooler_output"))


@pytest.mark.parametrize(
    ("name", "mode"),
    pairs_first(
        [("GPT2", "permutation"), ("Llama", "orthogonal"), ("GPT2", "general")], ["GPT2", "Llama"], MODES
    ),
)
def test_classifying_decoders(name: str, mode: Mode, served: Callable[[Any], Any]) -> None:
    """The last token's state is read: which one that is, the padding says."""
    small = {**SPECIAL, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "num_labels": 4}
    config = getattr(transformers, f"{name}Config")(**small)
    model = served(getattr(transformers, f"{name}ForSequenceClassification")(config))
    key = model.key(mode)
    for client in (model.whole(key), model.halves(key), model.halves(key, blocks=1)):
        for row, answer in zip(ROWS, client(ROWS, batch_size=3), strict=True):
            close(answer["logits"], alone(model.plain, row, "logits"))


@pytest.mark.parametrize(
    ("name", "fill"),
    pairs_first([("Llama", 0), ("GPT2", 2), ("Llama", None)], ["GPT2", "Llama"], [0, 2, None]),
)
def test_the_token_that_classifies_is_the_stock_one(
    name: str, fill: int | None, served: Callable[[Any], Any]
) -> None:
    """Where a text ends in the padding token, as GPT-2's do (there it is the end token), stock models read
    the token before it."""
    small = {**SPECIAL, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "num_labels": 4}
    config = getattr(transformers, f"{name}Config")(**small | {"pad_token_id": fill})
    model = served(getattr(transformers, f"{name}ForSequenceClassification")(config))
    key = model.key("orthogonal")
    rows = [[1, 5, 9, 2], [1, 5, 9, 2, 2], [2, 2], [1, 6, 3, 4, 4, 8, 0], [7, 2, 3], [1]]
    for client in (model.whole(key), model.halves(key), model.halves(key, blocks=1)):
        if fill is None and isinstance(client.side, WholeModel):
            continue  # stock models then take one row alone
        for row, answer in zip(rows, client(rows, batch_size=3), strict=True):
            close(answer["logits"], alone(model.plain, row, "logits"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pooler", ["tanh", "relu"])
def test_images(pooler: str, mode: Mode, served: Callable[[Any], Any]) -> None:
    config = transformers.ViTConfig(
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=20,
        image_size=[8, 12],
        patch_size=4,
        pooler_act=pooler,
    )
    model = served(transformers.ViTModel(config))
    client = model.whole(model.key(mode))
    images = torch.randn(5, 3, 8, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        plain = model.plain(images)
    for i, answer in enumerate(client(images, batch_size=2)):
        close(answer["hidden"], plain.last_hidden_state[i].numpy())
        close(answer["pooled"], plain.pooler_output[i].numpy())


@pytest.mark.parametrize("mode", MODES)
def test_records(mode: Mode) -> None:
    config = TabularConfig(features=5, classes=3)
    state = {n: torch.from_numpy(w) for n, w in config.initial_weights(os.urandom(32)).items()}
    key = ModelKey.for_model(config.settings(), state, mode)
    records = np.linspace(-2, 2, 35).reshape(7, 5)
    with torch.no_grad():
        want = config.build(state)(torch.from_numpy(records)).numpy()
    client = EncryptedModel(key.codec("inference"), config.build(key.encrypt(state)))
    done: list[int] = []
    got = np.stack([answer["logits"] for answer in client(records, batch_size=3, progress=done.append)])
    close(got, want)
    assert done == [3, 3, 1]
    assert client(records[:0]) == []


def test_a_remote_model_is_any_callable(served: Callable[[Any], Any]) -> None:
    """Arrays go over a wire and come back, without the classes of transformers."""
    model = served(transformers.BertForSequenceClassification(transformers.BertConfig(**BERT)))
    key = model.key("orthogonal")
    stock = model.whole(key).model

    def ask(**arguments: torch.Tensor) -> dict[str, np.ndarray]:
        with torch.no_grad():
            return {"logits": stock(**arguments).logits.numpy()}

    client = EncryptedModel(key.codec("inference"), ask)
    for row, answer in zip(ROWS, client(ROWS), strict=True):
        close(answer["logits"], alone(model.plain, row, "logits"))


def test_states_of_a_headless_split_stay_in_the_key(served: Callable[[Any], Any]) -> None:
    """The client cannot take Q off, but BERT's states keep all their angles: what retrieval needs."""
    model = served(transformers.BertModel(transformers.BertConfig(**BERT)))
    client = model.halves(model.key("permutation"), blocks=1)
    for row, answer in zip(ROWS, client(ROWS), strict=True):
        want = alone(model.plain, row, "last_hidden_state")
        close(answer["states"] @ answer["states"].T, want @ want.T)
        assert np.abs(answer["states"] - want).max() > 0.1
