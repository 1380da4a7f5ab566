"""Codecs and client halves that travel as files: sealed to one recipient, for one model key, without a chain.

An envelope's `info` is `envelope.info("codec", 0, zero address, key id, recipient)`, where the key id is the
integer that its 32 hexadecimal digits are, and the recipient the last 20 bytes of keccak256(public key), as
an address follows from an account's key. So what was sealed for one model, or to one recipient, opens for no
other. Chain 0 and the zero address keep it apart from what ModelRegistry records (`registry/codecs.py`).

The envelope says nothing of who sealed it: anybody can, who knows the recipient's public key and the key id.
So whoever carries the file could put a codec of their own in its place, which they can undo. What tells is
the secret's fingerprint, which the owner reads out to the recipient. What is sealed begins with 16 random
bytes, so that the fingerprint confirms no guess at the few orders of a small model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import torch

from biodesci.core import envelope, files
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError, WrongKeyError
from biodesci.core.keyfile import check_key_id
from biodesci.core.safetensors_header import Header
from biodesci.ee.codec import Codec, client_half
from biodesci.ee.codec.client_half import ClientHalf
from biodesci.ee.parts import Blocks, Part
from biodesci.party import keys

NOWHERE = "0x" + "00" * 20
SALT = 16  # bytes before the secret
DIGITS = 32  # of a secret's fingerprint: 128 bits, against a second secret with the same


def binding(key_id: str, public: bytes) -> bytes:
    """The envelope's `info` for a model key's id (32 hexadecimal digits) and a recipient's public key."""
    check_key_id(key_id)
    return envelope.info("codec", 0, NOWHERE, int(key_id, 16), keys.fingerprint(public))


def secret_fingerprint(data: bytes) -> str:
    """Names what was sealed, salt and secret: the first 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def read_fingerprint(text: str) -> str:
    """A secret's fingerprint as somebody typed it, spaces and capitals allowed; InputError."""
    digits = "".join(text.split()).lower()
    if len(digits) != DIGITS or set(digits) - set("0123456789abcdef"):
        raise InputError(
            "This is not the fingerprint of a codec.",
            f"It has {DIGITS} hexadecimal digits: `biodesci model grant` shows it to the model owner.",
        )
    return digits


def seal(target: Path, public: bytes, secret: Codec | ClientHalf) -> str:
    """Writes the secret, sealed to `public`, readable by its owner alone; the secret's fingerprint."""
    data = os.urandom(SALT) + secret.to_bytes()
    files.write_private(target, envelope.seal(public, data, binding(secret.key_id, public)))
    return secret_fingerprint(data)


def open_(
    path: Path,
    home: Path,
    passphrase: str,
    key_id: str,
    *,
    expected: str | None = None,
    on_fingerprint: Callable[[str], None] = lambda _: None,
) -> Codec | ClientHalf:
    """What was sealed to this home's key for the model key `key_id`. WrongKeyError for another recipient's,
    another model's, or a changed file, and for any whose fingerprint is not `expected`, if that is given;
    InputError for a codec that encodes nothing. `on_fingerprint` is called with the fingerprint."""
    wanted = None if expected is None else read_fingerprint(expected)
    seed = keys.load_seed(home, passphrase)
    sealed = files.read(path)
    try:
        data = envelope.open_(seed, sealed, binding(key_id, envelope.public_key(seed)))
    except WrongKeyError as exc:
        raise WrongKeyError(
            f"{path} does not open with this home's key for this model.",
            "It was sealed to another recipient or for another model, or was changed on the way. Send the "
            "model owner the file that `biodesci key export` writes, and ask for this very model.",
        ) from exc
    except IntegrityError as exc:
        raise InputError(
            f"{path} is not a sealed codec.", "Use the file that `biodesci model grant --out` wrote."
        ) from exc
    named = secret_fingerprint(data)
    if wanted not in (None, named):
        raise WrongKeyError(
            f"What {path} holds has the fingerprint {named}, not {wanted}.",
            "Use nothing of it: somebody may have put another codec in its place. Compare the fingerprint "
            "with the model owner, over a way that you trust, and ask for the file again.",
        )
    on_fingerprint(named)
    data = data[SALT:]
    try:
        half = _format(data) == client_half.FORMAT
        secret = ClientHalf.from_bytes(data) if half else Codec.from_bytes(data)
    except BioDeSciError as exc:
        raise InputError(f"What {path} holds is damaged.", "Ask the model owner for a new one.") from exc
    secret.check(key_id)
    if isinstance(secret, Codec):
        _check_encodes(secret)
    return secret


def open_codec(
    path: Path,
    home: Path,
    passphrase: str,
    key_id: str,
    *,
    expected: str | None = None,
    on_fingerprint: Callable[[str], None] = lambda _: None,
) -> Codec:
    """As `open_`, for a codec; InputError for a client half."""
    secret = open_(path, home, passphrase, key_id, expected=expected, on_fingerprint=on_fingerprint)
    if isinstance(secret, Codec):
        return secret
    raise InputError(
        f"{path} holds the client half of a split model, not a codec.",
        "Ask the model owner for a training codec: biodesci model grant.",
    )


def _check_encodes(codec: Codec) -> None:
    """InputError where all that the codec does to inputs is nothing."""
    parts = [part for name, part in codec.parts.items() if name.startswith("input:")]
    moved = any(bool(v.any()) for name, v in codec.vectors.items() if name.startswith("input:"))
    if parts and not moved and all(_identity(part) for part in parts):
        raise InputError(
            "This codec leaves inputs as they are: it would send your records in plain.",
            "Do not use it. Ask the model owner whether it is theirs, and for a new one.",
        )


def _identity(part: Part) -> bool:
    if isinstance(part, Blocks):
        eye = torch.eye(part.width, dtype=part.matrices.dtype)
        return bool(torch.allclose(part.matrices, eye.expand_as(part.matrices)))
    same = torch.equal(part.order, torch.arange(part.size))
    scale = part.scale
    return same and (scale is None or bool(torch.allclose(scale, torch.ones_like(scale))))


def _format(data: bytes) -> str:
    """The format that the secret names in its header; empty if it names none."""
    try:
        return Header.of(data).metadata.get("format", "")
    except InputError:
        return ""
