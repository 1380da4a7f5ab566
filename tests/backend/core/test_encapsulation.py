"""The half of an envelope that another library makes: right by NIST's vectors, and open to `cryptography`."""

from __future__ import annotations

import ast
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

import biodesci
from biodesci.core import encapsulation, envelope

VECTORS = Path(__file__).parents[2] / "vectors"
NIST = json.loads((VECTORS / "ml_kem_768.json").read_text())["cases"]
CIPHERTEXT = 1_088


def combined(secret: bytes, x25519: X25519PrivateKey, sent: bytes) -> bytes:
    """X-Wing's secret as its receiver computes it, in draft-connolly-cfrg-xwing-kem's words."""
    own = x25519.public_key().public_bytes_raw()
    agreed = x25519.exchange(X25519PublicKey.from_public_bytes(sent))
    return hashlib.sha3_256(secret + agreed + sent + own + b"\\.//^\\").digest()


@pytest.mark.parametrize("case", NIST, ids=lambda case: f"tcId {case['tcId']}")
def test_nists_vectors(case: dict[str, Any]) -> None:
    receiver, ephemeral = X25519PrivateKey.generate(), os.urandom(32)
    public = bytes.fromhex(case["ek"]) + receiver.public_key().public_bytes_raw()
    sealed, secret = encapsulation.encapsulate(public, bytes.fromhex(case["m"]) + ephemeral)
    assert hashlib.sha256(sealed[:CIPHERTEXT]).hexdigest() == case["cSha256"]
    assert secret == combined(bytes.fromhex(case["k"]), receiver, sealed[CIPHERTEXT:])


def test_cryptography_decapsulates_to_the_same_secret() -> None:
    for _ in range(10):
        seed = os.urandom(envelope.SEED_SIZE)
        expanded = hashlib.shake_256(seed).digest(96)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        sealed, secret = encapsulation.encapsulate(envelope.public_key(seed), os.urandom(64))
        assert secret == combined(mlkem.decapsulate(sealed[:CIPHERTEXT]), x25519, sealed[CIPHERTEXT:])


def test_no_secret_key_is_used_by_the_library_that_is_not_in_constant_time() -> None:
    """It encapsulates, in one module; keys are made and used by `cryptography`."""
    used: dict[str, set[str]] = {}
    for path in Path(biodesci.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text())
        imported = [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kyber_py")
            for alias in node.names
        ]
        imported += [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.name.startswith("kyber_py")
        ]
        if imported:
            used[path.name] = {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in imported
            }
            assert imported == ["ML_KEM_768"]
    assert used == {"encapsulation.py": {"_encaps_internal"}}


def test_the_randomness_of_an_envelope_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the operating system for each: what timing shows of one says nothing of another."""
    asked: list[int] = []
    real = os.urandom
    monkeypatch.setattr(os, "urandom", lambda size: asked.append(size) or real(size))
    public = envelope.public_key(real(32))
    made = {envelope.seal_shown(public, b"key", bytes(32))[1] for _ in range(20)}
    assert len(made) == 20
    assert asked == [encapsulation.RANDOMNESS_SIZE] * 20
