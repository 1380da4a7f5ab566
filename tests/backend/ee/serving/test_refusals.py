"""What does not belong together, and what is no valid input or answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers

from biodesci.core.errors import InputError, NotFoundError, WrongKeyError
from biodesci.ee.codec.split import split
from biodesci.ee.serving.model import EncryptedModel

ROWS = [[1, 5, 9], [1, 40, 3, 8]]


def words(size: int) -> Any:
    """A tokenizer of that many words."""
    vocabulary = {f"w{i}": i for i in range(size)}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="w0"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made)


def test_codec_of_another_key(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    one, other = model.key("orthogonal"), model.key("orthogonal")
    stock = model.whole(one).model
    with pytest.raises(WrongKeyError, match="under another key"):
        EncryptedModel(other.codec("inference"), stock)
    server = model.halves(one).model
    with pytest.raises(WrongKeyError, match="under another key"):
        EncryptedModel(split(other, _state(model), other.config).client, server)


def _state(model: Any) -> dict[str, torch.Tensor]:
    return {n: t for n, t in model.plain.state_dict().items() if n != "lm_head.weight"}


def test_a_plain_model_is_no_server(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    with pytest.raises(InputError, match="not marked as encrypted"):
        EncryptedModel(model.key("orthogonal").codec("inference"), model.plain)


def test_halves_of_different_splits(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    key = model.key("orthogonal")
    none = split(key, _state(model), key.config)
    with pytest.raises(InputError, match=r"without its first 1 blocks, the client expects .* first 0"):
        EncryptedModel(none.client, model.halves(key, blocks=1).model)
    with pytest.raises(InputError, match="a whole model, the client expects a split"):
        EncryptedModel(none.client, model.whole(key).model)
    with pytest.raises(InputError, match="the client expects a whole model"):
        EncryptedModel(key.codec("inference"), model.halves(key).model)


def test_wrong_vocabulary(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    key = model.key("orthogonal")
    stock = model.whole(key).model
    for size in (60, 62):
        with pytest.raises(InputError, match=f"tokenizer has {size} tokens, the key 61"):
            EncryptedModel(key.codec("inference"), stock, tokenizer=words(size))
    short = EncryptedModel(key.codec("inference"), stock, tokenizer=words(60), padded=True)
    with torch.no_grad():
        want = model.plain(torch.tensor([[5, 59, 7]])).logits[0].numpy()
    assert np.abs(short("w5 w59 w7")[0]["logits"] - want).max() < 1e-11 * np.abs(want).max()
    with pytest.raises(InputError, match="Wrong vocabulary"):
        EncryptedModel(key.codec("inference"), stock, tokenizer=words(62), padded=True)


@pytest.mark.parametrize("half", [False, True])
def test_bad_token_inputs(half: bool, causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    key = model.key("orthogonal")
    client = model.halves(key) if half else model.whole(key)
    with pytest.raises(InputError, match="no token 61"):
        client([[1, 61]])
    with pytest.raises(InputError, match="no token"):
        client([[1, -1]])
    with pytest.raises(InputError, match="without tokens"):
        client([[1], []])
    with pytest.raises(InputError, match="Texts need a tokenizer"):
        client(["text"])
    with pytest.raises(InputError, match="differ in shape"):
        client.encode(torch.ones(2, 3, dtype=torch.int64), attention_mask=torch.ones(2, 4))
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        client.encode(torch.ones(3, dtype=torch.int64))
    for mixed in (["text", [1]], [[1], "text"], [1, 2], [[1.5, "x"]]):
        with pytest.raises(InputError, match="neither texts nor lists"):
            client(mixed)
    with pytest.raises(InputError, match="without tokens"):
        client.encode([])
    assert client([]) == []
    with pytest.raises(InputError, match="reads no token types"):
        client.encode(torch.ones(2, 3, dtype=torch.int64), token_type_ids=torch.zeros(2, 3))
    with pytest.raises(InputError, match="batch of 0"):
        client(ROWS, batch_size=0)
    with pytest.raises(InputError):
        client(torch.zeros(2, 3))


def test_bad_images(served: Callable[[Any], Any]) -> None:
    config = transformers.ViTConfig(
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=3,
        intermediate_size=20,
        image_size=8,
        patch_size=4,
    )
    model = served(transformers.ViTForImageClassification(config))
    client = model.whole(model.key("orthogonal"))
    images = torch.zeros(2, 3, 8, 8, dtype=torch.float64)
    assert client(images)[0]["logits"].shape == (2,)
    with pytest.raises(InputError, match=r"not \(n, 3, 8, 8\)"):
        client(torch.zeros(2, 3, 8, 12))
    images[0, 0, 0, 0] = float("nan")
    with pytest.raises(InputError, match="missing or infinite"):
        client(images)
    with pytest.raises(InputError, match="no input tokens"):
        client(ROWS)


def test_bad_answers(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    key = model.key("orthogonal")
    client = model.whole(key)
    request = client.encode(ROWS)
    good = torch.zeros(2, 4, 61)
    assert client.decode(good, request)["logits"].shape == (2, 4, 61)
    assert client.decode({"logits": good.numpy()}, request)["logits"].shape == (2, 4, 61)
    for bad, why in (
        (good / 0.0, "NaN"),
        (good[:1], "for 1 inputs, but 2"),
        (torch.zeros(2, 4, 60), "takes"),
        ({"states": good}, "none of logits"),
        ({"last_hidden_state": good}, "decodes none"),
    ):
        with pytest.raises(InputError, match=why):
            client.decode(bad, request)
    halves = model.halves(key)
    request = halves.encode(ROWS)
    for bad, why in (
        (torch.full((2, 4, 24), float("nan")), "NaN"),
        (torch.zeros(2, 3, 24), "not for the tokens"),
        (torch.zeros(2, 4, 23), "width 23"),
        ({"pooler_output": torch.zeros(2, 24)}, "not for the tokens"),
    ):
        with pytest.raises(InputError, match=why):
            halves.decode(bad, request)


def test_a_folder_without_checkpoint(causal: Callable[[str], Any], tmp_path: Any) -> None:
    codec = causal("gpt2").key("orthogonal").codec("inference")
    with pytest.raises(NotFoundError, match=r"no config\.json"):
        EncryptedModel.load(codec, tmp_path / "nothing")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "config.json").write_text('{"architectures": ["NoSuchModel"]}')
    with pytest.raises(InputError, match="no model NoSuchModel"):
        EncryptedModel.load(codec, tmp_path / "odd")


def test_arrays_of_numpy_are_taken_too(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    client = model.whole(model.key("orthogonal"))
    ids = np.array([[1, 5, 9], [1, 40, 3]])
    with torch.no_grad():
        want = model.plain(torch.from_numpy(ids)).logits.numpy()
    got = np.stack([answer["logits"] for answer in client(ids, batch_size=1)])
    assert np.abs(got - want).max() < 1e-11 * np.abs(want).max()


@pytest.mark.parametrize("way", ["whole", "halves"])
def test_more_tokens_than_the_model_reads(causal: Callable[[str], Any], way: str) -> None:
    model = causal("gpt2")  # of 96 positions
    client = getattr(model, way)(model.key("orthogonal"))
    assert client([[1] * 96])[0]["logits"].shape == (96, 61)
    for asked in (lambda: client([[1] * 97]), lambda: client(torch.ones(1, 97, dtype=torch.int64))):
        with pytest.raises(InputError, match="97 tokens are asked for, and the model reads 96"):
            asked()
    with pytest.raises(InputError, match="101 tokens"):
        client.generate([[1] * 96], 5)
    assert client.generate([[1] * 91], 5).shape[1] <= 96
