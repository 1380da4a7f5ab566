"""The JSON in the metadata of keys, codecs and client halves: read whole, or refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from safetensors.numpy import load

from biodesci.core.errors import InputError
from biodesci.core.safetensors_header import Header
from biodesci.ee.adapter_key import AdapterKey
from biodesci.ee.codec import Codec
from biodesci.ee.codec.client_half import ClientHalf
from biodesci.ee.keys import ModelKey
from biodesci.ee.partfile import dump_parts
from tests.backend.ee.codec.test_codec import key_of
from tests.backend.ee.codec.test_split import halves
from tests.backend.ee.training.drift_table import subject
from tests.backend.ee.training.test_lora import key_of as key_of_subject
from tests.backend.ee.training.test_lora import plain_adapter


class Case(NamedTuple):
    """A kind of file, and the name of the JSON in its metadata."""

    kind: type[ModelKey | AdapterKey | Codec | ClientHalf]
    name: str
    write: Callable[[], bytes]


def model_key() -> bytes:
    return key_of("GPT2LMHeadModel").to_bytes()


def adapter_key() -> bytes:
    plain = subject("gpt2")
    return AdapterKey.generate(key_of_subject(plain, "orthogonal"), *plain_adapter(plain)).to_bytes()


def client_half() -> bytes:
    return halves("GPT2LMHeadModel")[0].client.to_bytes()


def codec() -> bytes:
    return key_of("ViTModel", "general", image_size=8, patch_size=4).codec("inference").to_bytes()


CASES = [
    Case(ModelKey, "key", model_key),
    Case(AdapterKey, "key", adapter_key),
    Case(ClientHalf, "half", client_half),
    Case(Codec, "settings", codec),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.kind.__name__)
def written(request: Any) -> tuple[Case, dict[str, Any], dict[str, str]]:
    """A case, its tensors and its metadata."""
    data = request.param.write()
    return request.param, load(data), dict(Header.of(data).metadata)


def refused(written: tuple[Case, dict[str, Any], dict[str, str]], text: str) -> None:
    case, parts, metadata = written
    with pytest.raises(InputError) as caught:
        case.kind.from_bytes(dump_parts(metadata["format"], parts, {**metadata, case.name: text}))
    assert caught.value.hint
    assert "secret" not in str(caught.value)


def test_what_was_written_is_read(written: tuple[Case, dict[str, Any], dict[str, str]]) -> None:
    case, parts, metadata = written
    again = case.kind.from_bytes(dump_parts(metadata["format"], parts, metadata)).to_bytes()
    read = dict(Header.of(again).metadata)
    assert json.loads(read.pop(case.name)) == json.loads(metadata[case.name])
    assert read == {name: value for name, value in metadata.items() if name != case.name}


def test_no_field_is_unknown_missing_or_converted(
    written: tuple[Case, dict[str, Any], dict[str, str]],
) -> None:
    case, _, metadata = written
    fields = json.loads(metadata[case.name])
    for name, value in fields.items():
        if case.kind is not Codec:  # which sizes there are depends on the inputs
            refused(written, json.dumps({other: fields[other] for other in fields if other != name}))
        for wrong in (1.5, [[value]]):
            refused(written, json.dumps({**fields, name: wrong}))
    refused(written, json.dumps({**fields, "surplus": ["secret"]}))


def test_no_field_stands_twice(written: tuple[Case, dict[str, Any], dict[str, str]]) -> None:
    case, _, metadata = written
    name, value = next(iter(json.loads(metadata[case.name]).items()))
    refused(written, f'{{"{name}": {json.dumps(value)}, {metadata[case.name][1:]}')


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "7", "[" * 100_000, '{"a":' * 100_000], ids=range(7))
def test_what_is_no_object_is_refused(
    written: tuple[Case, dict[str, Any], dict[str, str]], text: str
) -> None:
    refused(written, text)
