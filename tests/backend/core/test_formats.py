"""The shared vectors, and what identifiers, trees, commitments, envelopes and checkpoints refuse."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from biodesci.core import canonical, checkpoint, cid, commitment, container, duo, envelope, merkle
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError, WrongKeyError

VECTORS = Path(__file__).parents[2] / "vectors"
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def test_vectors_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("make_vectors", VECTORS / "make.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.syspath_prepend(VECTORS)  # where it finds its neighbour, as when it is run
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", ["make.py", "--check"])
    assert module.main() == 0


@pytest.mark.parametrize("case", vectors("container")["refused"], ids=lambda case: case["name"])
def test_damaged_containers(case: dict[str, Any]) -> None:
    found = vectors("container")
    whole = found["accepted"][found["refusedOf"]]
    raw = bytearray(base64.b64decode(whole["containerBase64"])[: case["keep"]])
    if case["flipAt"] is not None:
        raw[case["flipAt"]] ^= case["flip"]
    raw += bytes.fromhex(case["appendHex"])
    with pytest.raises(IntegrityError):
        container.decrypt(
            io.BytesIO(raw),
            io.BytesIO(),
            bytes.fromhex(whole["datasetKey"]),
            expected_root=bytes.fromhex(whole["contentRoot"]),
        )


@pytest.mark.parametrize("case", vectors("envelope")["refused"], ids=lambda case: case["name"])
def test_damaged_envelopes(case: dict[str, Any]) -> None:
    found = vectors("envelope")
    whole = found["accepted"][found["refusedOf"]]
    raw = bytearray.fromhex(whole["envelope"])
    raw[case["flipAt"]] ^= case["flip"]
    with pytest.raises((IntegrityError, WrongKeyError)):
        envelope.open_(bytes.fromhex(whole["seed"]), bytes(raw), bytes.fromhex(whole["info"]))


def test_envelope_opens_for_its_key_and_info_alone() -> None:
    seed = envelope.generate_seed()
    place = ("license", 31337, CONTRACT, 7, CONTRACT)
    info = envelope.info(*place)
    sealed = envelope.seal(envelope.public_key(seed), b"secret", info)
    assert len(sealed) == envelope.OVERHEAD + 6
    assert envelope.open_(seed, sealed, info) == b"secret"
    with pytest.raises(WrongKeyError):
        envelope.open_(envelope.generate_seed(), sealed, info)
    others = [
        ("codec", *place[1:]),
        ("license", 1, *place[2:]),
        ("license", 31337, "0x" + "1" * 40, 7, CONTRACT),
        ("license", 31337, CONTRACT, 8, CONTRACT),
        ("license", 31337, CONTRACT, 7, "0x" + "1" * 40),
    ]
    for other in others:
        with pytest.raises(WrongKeyError):
            envelope.open_(seed, sealed, envelope.info(*other))


def test_a_seed_gives_the_keys_of_the_protocol() -> None:
    seed = bytes(range(32))
    expanded = hashlib.shake_256(seed).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:64]).public_key().public_bytes_raw()
    curve = X25519PrivateKey.from_private_bytes(expanded[64:]).public_key().public_bytes_raw()
    assert (len(lattice), len(curve)) == (1184, 32)
    assert envelope.public_key(seed) == lattice + curve


def test_envelope_refuses_bad_arguments() -> None:
    info = bytes(32)
    seed = envelope.generate_seed()
    key = envelope.public_key(seed)
    calls = [
        lambda: envelope.seal(key[:-1], b"", info),
        lambda: envelope.seal(b"\xff" * 1216, b"", info),
        lambda: envelope.seal(key[:1184] + bytes(32), b"", info),  # a low-order point
        lambda: envelope.seal(key, b"", info[:-1]),
        lambda: envelope.public_key(seed[:-1]),
        lambda: envelope.info("diary", 1, CONTRACT, 1, CONTRACT),
        lambda: envelope.info("license", 1, "0x1234", 1, CONTRACT),
    ]
    for call in calls:
        with pytest.raises(InputError):
            call()
    for raw in (b"", b"BDSE", os.urandom(2000), b"BDSE\x02" + bytes(2000)):
        with pytest.raises(IntegrityError):
            envelope.open_(seed, raw, info)


@given(st.binary(min_size=32, max_size=32))
def test_cid_forms_agree(digest: bytes) -> None:
    assert cid.from_digest(digest).startswith("bafybei")
    for text in (cid.from_digest(digest), cid.to_v0(digest), "f01701220" + digest.hex()):
        assert cid.to_digest(text) == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Qm",
        "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQ0",
        "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQHH",
        "zdj7WWeQ43G6JJvLWQWZpyHuAMq6uYWRjkBXFad11vE2LHhQ7",
        "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",  # raw codec
        "BAFYBEIG7RQZVINNLROJCTWMFQ6LPEJXJ4MSMF4NIA6VFHJ2E7XB5YYIOME",
        "f01701220" + "AB" * 32,
        "f01551220" + "00" * 32,
        "../../etc/passwd",
    ],
)
def test_other_cids_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        cid.to_digest(text)


@given(st.integers(1, 70), st.data())
def test_inclusion_proofs(size: int, data: st.DataObject) -> None:
    leaves = [bytes([i]) * (i % 3) + bytes([i]) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    root, proof = merkle.root(leaves), merkle.prove(leaves, index)
    merkle.verify(root, leaves[index], index, size, proof)
    wrong: list[tuple[Any, ...]] = [
        (root, leaves[index] + b"x", index, size, proof),
        (os.urandom(32), leaves[index], index, size, proof),
        (root, leaves[index], size, size, proof),
        (root, leaves[index], index, size, [*proof, bytes(32)]),
    ]
    if proof:
        wrong += [
            (root, leaves[index], index, size, proof[:-1]),
            (root, leaves[index], (index + 1) % size, size, proof),
            (root, leaves[index], index, size, [bytes(32), *proof[1:]]),
        ]
    for arguments in wrong:
        with pytest.raises(IntegrityError):
            merkle.verify(*arguments)


def test_an_envelope_that_is_made_again_is_the_same_and_opens_as_any_other() -> None:
    """By `cryptography`'s HPKE, which took no part in sealing it."""
    public = b""
    for size in (0, 1, 64, 5_000):
        seed, info, plaintext = os.urandom(32), os.urandom(32), os.urandom(size)
        public = envelope.public_key(seed)
        sealed, randomness = envelope.seal_shown(public, plaintext, info)
        assert envelope.open_(seed, sealed, info) == plaintext
        assert envelope.seal_again(public, plaintext, info, randomness) == sealed
        others = [
            envelope.seal_again(public, plaintext + b"x", info, randomness),
            envelope.seal_again(public, plaintext, os.urandom(32), randomness),
            envelope.seal_again(public, plaintext, info, os.urandom(64)),
            envelope.seal_again(envelope.public_key(os.urandom(32)), plaintext, info, randomness),
        ]
        assert len({sealed, *others}) == 5
    with pytest.raises(InputError, match="64 random bytes"):
        envelope.seal_again(public, b"", bytes(32), bytes(63))
    with pytest.raises(InputError, match="not a valid public key"):
        envelope.seal_again(b"\xff" * 1216, b"", bytes(32), bytes(64))
    with pytest.raises(InputError, match="not a valid public key"):
        envelope.seal_again(public[:1184] + bytes(32), b"", bytes(32), bytes(64))


def test_commitments_bind_every_argument() -> None:
    a, b = os.urandom(32), os.urandom(32)
    by = commitment.Publisher(1, CONTRACT, CONTRACT)
    others = (
        replace(by, chain_id=2),
        replace(by, contract="0x" + "2" * 40),
        replace(by, account="0x" + "2" * 40),
    )
    keys = [commitment.key_commitment(publisher, a, b) for publisher in (by, *others)]
    assert len({*keys, commitment.key_commitment(by, b, a)}) == 5
    base = (1, CONTRACT, 2, CONTRACT, a, b, a)
    changed = [(2, *base[1:]), (1, "0x" + "2" * 40, *base[2:]), (1, CONTRACT, 3, *base[3:]), (*base[:6], b)]
    assert (
        len(
            {
                commitment.output_commitment(commitment.Answer(*args[:5]), *args[5:])
                for args in [base, *changed]
            }
        )
        == 5
    )
    with pytest.raises(IntegrityError, match="weights"):
        commitment.check(a, b, "weights")
    with pytest.raises(InputError):
        commitment.key_commitment(by, a[:-1], b)


def test_canonical_json() -> None:
    assert canonical.dumps({"b": [1, "é"], "a": None}) == b'{"a":null,"b":[1,"\\u00e9"]}'
    for bad in (float("nan"), {1, 2}, b"x", {"x": float("inf")}):
        with pytest.raises(InputError):
            canonical.dumps(bad)


def test_checkpoint_round_trip_and_views() -> None:
    tensors = {
        "w": np.arange(12.0, dtype=np.float32).reshape(3, 4).T,
        "scalar": np.array(2.5),
        "n": np.arange(3, dtype=np.int32)[::-1],
        "empty": np.zeros((0, 2)),
    }
    loaded = checkpoint.load(checkpoint.dump(tensors, {"architecture": "x"}))
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype
        assert np.array_equal(loaded[name], tensor)
        assert loaded[name].shape == tensor.shape
        loaded[name][...] = 0  # an own copy can be written to
    assert checkpoint.root(tensors) == checkpoint.root(checkpoint.load(checkpoint.dump(tensors)))


def test_vector_round_trip() -> None:
    tensors = {"b": np.array([[1, 2], [3, 4]], dtype=np.float32), "a": np.array([9], dtype=np.float64)}
    vector = checkpoint.flatten(tensors)
    assert vector.tolist() == [9, 1, 2, 3, 4]
    back = checkpoint.unflatten(vector, tensors)
    assert all(np.array_equal(back[n], t) and back[n].dtype == t.dtype for n, t in tensors.items())
    with pytest.raises(InputError):
        checkpoint.unflatten(vector[:-1], tensors)


def test_tensor_root_binds_name_shape_type_and_values() -> None:
    base = {"a": np.zeros((2, 3), dtype=np.float32)}
    others = [
        {"b": base["a"]},
        {"a": base["a"].reshape(3, 2)},
        {"a": base["a"].astype(np.int32)},
        {"a": base["a"] + 1},
        {**base, "b": base["a"]},
    ]
    assert len({checkpoint.root(tensors) for tensors in [base, *others]}) == 6


def test_checkpoint_refuses_what_is_not_finite_or_not_safetensors() -> None:
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(InputError):
            checkpoint.dump({"a": np.array([1.0, bad])})
    whole = bytearray(checkpoint.dump({"a": np.array([1.0, 2.0])}))
    whole[-8:] = np.array([np.nan]).tobytes()
    for raw in (bytes(whole), b"", b"{}", bytes(whole[:-1]), os.urandom(200)):
        with pytest.raises(IntegrityError):
            checkpoint.load(raw)
    with pytest.raises(InputError):
        checkpoint.dump({"a": np.array(["text"])})


def test_duo_in_words_and_ids() -> None:
    terms = duo.parse_terms(["HMB", "duo:0000046", " irb "])
    assert terms == 1 << 2 | 1 << 12 | 1 << 21
    assert duo.ids(terms) == ["DUO:0000006", "DUO:0000046", "DUO:0000021"]
    assert len(duo.describe(terms)) == 3
    purpose = duo.parse_purpose(["HMB", "IRB"])
    assert duo.match(terms, purpose) is duo.Decision.REVIEW
    assert duo.match(terms, purpose | duo.parse_purpose(["HMB", "COMMERCIAL"])) is duo.Decision.DENY
    assert duo.match(duo.parse_terms(["GRU"]), duo.parse_purpose(["DS"])) is duo.Decision.APPROVE
    for call in (
        lambda: duo.parse_terms(["IRB"]),
        lambda: duo.parse_terms(["HMB", "COMMERCIAL"]),
        lambda: duo.parse_purpose(["NPU", "HMB"]),
        lambda: duo.parse_purpose(["COMMERCIAL"]),
        lambda: duo.bits(["ABC"]),
    ):
        with pytest.raises(BioDeSciError):
            call()
