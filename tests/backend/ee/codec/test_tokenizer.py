"""The encrypted tokenizer: stock libraries read it, and every number is the key's."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from biodesci.core.errors import InputError, NotFoundError
from biodesci.ee.codec.tokenizer import (
    encrypted_tokenizer,
    encrypted_tokenizer_config,
    stock_tokenizer,
    write_tokenizer,
)
from biodesci.ee.codec.tokens import Tokens

Draw = Callable[[int], Tokens]


def opened(document: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(document))


def test_every_number_moves(document: dict[str, Any], tokens: Draw, texts: list[str]) -> None:
    plain = opened(document)
    key = tokens(plain.get_vocab_size())
    secret = opened(encrypted_tokenizer(key, document))
    assert secret.get_vocab_size() == plain.get_vocab_size()
    for text, number in plain.get_vocab().items():
        assert secret.token_to_id(text) == int(key.encode(number)), text
    pairs: list[Any] = [*texts, *itertools.pairwise(texts)]
    pairs += ["<|user|> hi <|end|>", "an aspirin-like aspirin", "antiaspirin [MASK] <mask>", "\x00\x003"]
    for given in pairs:
        text = given if isinstance(given, tuple) else (given,)
        want, got = plain.encode(*text), secret.encode(*text)
        assert torch.equal(key.encode(want.ids), torch.tensor(got.ids, dtype=torch.int64)), given
        assert (want.tokens, want.type_ids, want.offsets) == (got.tokens, got.type_ids, got.offsets)
        assert plain.decode(want.ids) == secret.decode(got.ids)
        assert plain.decode(want.ids, skip_special_tokens=False) == secret.decode(
            got.ids, skip_special_tokens=False
        )


def test_padding_has_its_number_too(document: dict[str, Any], tokens: Draw, texts: list[str]) -> None:
    if not document["padding"]:
        document["padding"] = {
            "strategy": "BatchLongest",
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": opened(document).id_to_token(0),
        }
    plain = opened(document)
    key = tokens(plain.get_vocab_size())
    secret = opened(encrypted_tokenizer(key, document))
    for want, got in zip(plain.encode_batch(texts), secret.encode_batch(texts), strict=True):
        assert key.encode(want.ids).tolist() == got.ids
        assert want.attention_mask == got.attention_mask


def test_the_document_is_left_alone(document: dict[str, Any], tokens: Draw) -> None:
    before = copy.deepcopy(document)
    encrypted_tokenizer(tokens(opened(document).get_vocab_size()), document)
    assert document == before


def test_another_vocabulary_is_refused(document: dict[str, Any], tokens: Draw, texts: list[str]) -> None:
    plain = opened(document)
    size = plain.get_vocab_size()
    for other in (size - 1, size + 1):
        with pytest.raises(InputError, match=f"Wrong vocabulary: the tokenizer has {size} tokens"):
            encrypted_tokenizer(tokens(other), document)
    with pytest.raises(InputError, match="Wrong vocabulary"):
        encrypted_tokenizer(tokens(size - 1), document, padded=True)
    key = tokens(size + 7)
    secret = opened(encrypted_tokenizer(key, document, padded=True))
    for text in texts:
        assert key.encode(plain.encode(text).ids).tolist() == secret.encode(text).ids


def test_damaged_documents_are_refused(document: dict[str, Any], tokens: Draw) -> None:
    key = tokens(opened(document).get_vocab_size())
    unknown = document | {"model": document["model"] | {"type": "Hashing"}}
    with pytest.raises(InputError, match="'Hashing' is not known"):
        encrypted_tokenizer(key, unknown)
    odd = document | {"post_processor": {"type": "Reversing"}}
    with pytest.raises(InputError, match="post-processor 'Reversing'"):
        encrypted_tokenizer(key, odd)
    with pytest.raises(InputError, match="damaged"):
        encrypted_tokenizer(key, {"model": {"type": "BPE"}})
    with pytest.raises(InputError, match="damaged"):
        encrypted_tokenizer(key, {})
    if document["added_tokens"]:
        first = document["added_tokens"][0]
        clash = document | {"added_tokens": [first | {"id": first["id"] + 1}]}
        with pytest.raises(InputError, match=r"two numbers|same number|damaged"):
            encrypted_tokenizer(key, clash)


def test_minilm_from_its_folder(minilm: Path, tmp_path: Path, tokens: Draw, texts: list[str]) -> None:
    """30,522 tokens, written to disk and opened as any pipeline opens one."""
    key = tokens(30_522)
    write_tokenizer(key, minilm, tmp_path / "secret")
    plain = AutoTokenizer.from_pretrained(minilm)
    for secret in (AutoTokenizer.from_pretrained(tmp_path / "secret"), stock_tokenizer(key, plain)):
        assert secret.get_vocab() == {t: int(key.moved[n]) for t, n in plain.get_vocab().items()}
        for name in ("pad", "cls", "sep", "mask", "unk"):
            want = getattr(plain, f"{name}_token_id")
            assert getattr(secret, f"{name}_token_id") == int(key.encode(want))
        given = {"padding": True, "truncation": True, "max_length": 12, "return_tensors": "pt"}
        want, got = plain(texts, **given), secret(texts, **given)
        assert torch.equal(key.encode(want["input_ids"]), got["input_ids"])
        assert torch.equal(want["attention_mask"], got["attention_mask"])
        assert plain.batch_decode(want["input_ids"], skip_special_tokens=True) == secret.batch_decode(
            got["input_ids"], skip_special_tokens=True
        )


def test_a_folder_without_tokenizer(tmp_path: Path, tokens: Draw) -> None:
    with pytest.raises(NotFoundError, match=r"no tokenizer\.json"):
        write_tokenizer(tokens(5), tmp_path, tmp_path / "secret")
    (tmp_path / "tokenizer.json").write_text("[1")
    with pytest.raises(InputError, match="not JSON"):
        write_tokenizer(tokens(5), tmp_path, tmp_path / "secret")
    (tmp_path / "tokenizer.json").write_text("[1]")
    with pytest.raises(InputError, match="no JSON object"):
        write_tokenizer(tokens(5), tmp_path, tmp_path / "secret")


@pytest.mark.parametrize("text", ["", "{", "\xff", "[" * 100_000, "[]", "null"], ids=range(6))
def test_a_folder_whose_tokenizer_is_no_json_object(tmp_path: Path, tokens: Draw, text: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"tokenizer\.json (is not JSON|holds no JSON object)"):
        write_tokenizer(tokens(5), tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_settings_name_tokens_by_number(tokens: Draw) -> None:
    key = tokens(9)
    got = encrypted_tokenizer_config(
        key, {"added_tokens_decoder": {"3": {"content": "<s>"}}, "tokenizer_class": "LlamaTokenizer"}
    )
    assert got["added_tokens_decoder"] == {str(int(key.encode(3))): {"content": "<s>"}}
    assert got["tokenizer_class"] == "PreTrainedTokenizerFast"
    with pytest.raises(InputError, match="no token 9"):
        encrypted_tokenizer_config(key, {"added_tokens_decoder": {"9": {}}})
    with pytest.raises(InputError, match="damaged"):
        encrypted_tokenizer_config(key, {"added_tokens_decoder": {"x": {}}})
