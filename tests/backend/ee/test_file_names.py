"""The files of equivariant encryption have the tensors and the metadata that docs/protocol.md says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from biodesci.ee.adapter_key import AdapterKey
from biodesci.ee.keys import ModelKey
from tests.backend.ee.codec.test_codec import key_of
from tests.backend.ee.codec.test_split import halves
from tests.backend.ee.test_keys import CONFIG
from tests.backend.ee.training.drift_table import subject
from tests.backend.ee.training.test_lora import key_of as key_of_subject
from tests.backend.ee.training.test_lora import plain_adapter

PROTOCOL = Path(__file__).parents[3] / "docs" / "protocol.md"
TYPES = {"order": "I64", "scale": "F64", "matrices": "F64"}


def table() -> dict[str, str]:
    """The row of docs/protocol.md for each format: what it says of tensors and metadata."""
    rows = re.findall(r"^\| `(biodesci/[\w/-]+)` \| [^|]* \| (.*) \|$", PROTOCOL.read_text(), re.M)
    return dict(rows)


def contents(data: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """The type of each tensor by name, and the metadata, whose JSON is read."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    metadata = header.pop("__metadata__")
    read = {k: json.loads(v) if v[0] in "{[" else v for k, v in metadata.items()}
    return {name: tensor["dtype"] for name, tensor in header.items()}, read


def test_a_key_file() -> None:
    said = table()["biodesci/ee-key/v1"]
    stock, metadata = contents(key_of("GPT2LMHeadModel").to_bytes())
    own, _ = contents(ModelKey.generate(CONFIG.settings(), CONFIG.shapes(), "general").to_bytes())
    tensors = {**stock, **own}
    assert set(metadata) == {"format", "key"}
    assert metadata["format"] == "biodesci/ee-key/v1"
    assert set(metadata["key"]) == {
        *("config", "names", "mode", "keyId", "shuffle", "generation", "plain"),
    }
    kinds = {name.split(":")[0] for name in tensors}
    assert kinds == {"part", "shift", "plain"}
    for name, type_ in tensors.items():
        kind, _, piece = name.split(":") if name.count(":") == 2 else (*name.split(":"), "")
        assert f"`{kind}:" in said
        assert type_ == (TYPES[piece] if kind == "part" else "F64")
    assert all(field in said for field in ("config", "names", "mode", "keyId", "shuffle", "generation"))


def test_a_codec_file() -> None:
    said = table()["biodesci/codec/v2"]
    inference, metadata = contents(
        key_of("BertForSequenceClassification", shuffle=True).codec("inference").to_bytes()
    )
    assert (
        {"format", "kind", "key_id"} <= set(metadata) <= {"format", "kind", "key_id", "settings", "classes"}
    )
    training, _ = contents(key_of("GPT2LMHeadModel").codec("training").to_bytes())
    for name, type_ in {**inference, **training}.items():
        if name.startswith("vector:"):
            assert type_ == "F64"
            continue
        part, way, what, piece = name.split(":")
        assert f"`{part}:{way}:<what>:<piece>`" in said
        assert what in said
        assert type_ == TYPES[piece]


def test_a_client_half() -> None:
    assert "`blocks.…`" in table()["biodesci/client-half/v1"]
    tensors, metadata = contents(halves("GPT2LMHeadModel", blocks=1)[0].client.to_bytes())
    assert set(metadata) == {"format", "key_id", "half"}
    assert set(metadata["half"]) == {"blocks", "reads", "config", "types"}
    assert set(metadata["half"]["types"]) == set(tensors)
    assert {name for name in tensors if not name.startswith("blocks.")} == {
        "tokens",
        "positions",
        "head.weight",
    }


def test_an_adapter_key() -> None:
    assert "`<module>:<piece>`" in table()["biodesci/adapter-key/v1"]
    one = subject("gpt2")
    config, state = plain_adapter(one)
    tensors, metadata = contents(
        AdapterKey.generate(key_of_subject(one, "orthogonal"), config, state).to_bytes()
    )
    assert set(metadata) == {"format", "key"}
    assert set(metadata["key"]) == {"baseKeyId", "keyId", "mode", "ranks"}
    assert {name.split(":")[0] for name in tensors} == set(metadata["key"]["ranks"])
    assert all(type_ == TYPES[name.split(":")[1]] for name, type_ in tensors.items())
