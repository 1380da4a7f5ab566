"""Key files: what `crypt4gh-keygen` writes is read here, and the other way round."""

from __future__ import annotations

import base64
from pathlib import Path

import crypt4gh.keys
import pytest
from crypt4gh.keys import c4gh, kdf

from biodesci.core.crypt4gh import keyfiles
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

PHRASE = "four words and more"


def by_the_package(folder: Path, passphrase: str | None, comment: bytes | None = None) -> tuple[bytes, bytes]:
    secret, public = folder / "key", folder / "key.pub"
    c4gh.generate(secret, public, passphrase and passphrase.encode(), comment)
    return secret.read_bytes(), public.read_bytes()


@pytest.mark.parametrize("passphrase", [None, PHRASE, "mañana über 日本"])
@pytest.mark.parametrize("comment", [None, b"of a hospital"])
def test_keys_of_the_package_are_read(tmp_path, passphrase, comment) -> None:
    secret, public = by_the_package(tmp_path, passphrase, comment)
    private = keyfiles.read_private(secret, passphrase)
    assert private == crypt4gh.keys.get_private_key(tmp_path / "key", lambda: passphrase)
    assert keyfiles.public_key(private) == keyfiles.read_public(public)


def test_the_package_reads_ours(tmp_path) -> None:
    private = keyfiles.generate()
    (tmp_path / "key").write_bytes(keyfiles.write_private(private, PHRASE))
    (tmp_path / "key.pub").write_bytes(keyfiles.write_public(keyfiles.public_key(private)))
    assert crypt4gh.keys.get_private_key(tmp_path / "key", lambda: PHRASE) == private
    assert crypt4gh.keys.get_public_key(tmp_path / "key.pub") == keyfiles.public_key(private)
    with pytest.raises(InputError, match="at least"):
        keyfiles.write_private(private, "short")


@pytest.mark.parametrize("name", [b"pbkdf2_hmac_sha256", b"bcrypt"])
def test_of_the_older_derivations_pbkdf2_is_read(tmp_path, monkeypatch, name) -> None:
    monkeypatch.setattr(c4gh, "get_kdf", lambda _: (16, 1_000 if name != b"bcrypt" else 4))
    monkeypatch.setattr(c4gh, "derive_key", lambda _, *rest: kdf.derive_key(name, *rest))
    secret, public = by_the_package(tmp_path, PHRASE)
    body = base64.b64decode(secret.splitlines()[1])
    assert body.startswith(b"c4gh-v1\x00\x06scrypt")
    body = b"c4gh-v1" + len(name).to_bytes(2, "big") + name + body[15:]
    secret = b"\n".join([secret.splitlines()[0], base64.b64encode(body), secret.splitlines()[2]])
    if name == b"bcrypt":
        with pytest.raises(InputError, match="bcrypt") as caught:
            keyfiles.read_private(secret, PHRASE)
        assert "--relock" in caught.value.hint
    else:
        private = keyfiles.read_private(secret, PHRASE)
        assert keyfiles.public_key(private) == keyfiles.read_public(public)


def test_what_does_not_open_says_why(tmp_path) -> None:
    secret, public = by_the_package(tmp_path, PHRASE)
    with pytest.raises(WrongKeyError) as caught:
        keyfiles.read_private(secret, "another phrase")
    assert "another phrase" not in str(caught.value)
    with pytest.raises(InputError, match="sealed"):
        keyfiles.read_private(secret)
    with pytest.raises(InputError, match="private key, which stays"):
        keyfiles.read_public(secret)
    with pytest.raises(InputError, match="no file of a Crypt4GH private key"):
        keyfiles.read_private(public)
    with pytest.raises(InputError, match="too large"):
        keyfiles.read_public(public + b" " * keyfiles.LARGEST)
    for ssh in (b"ssh-ed25519 AAAA me", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END"):
        with pytest.raises(InputError, match="SSH"):
            keyfiles.read_public(ssh)
    lines = secret.splitlines()
    for damaged in (b"!" + lines[1][1:], lines[1][:40], base64.b64encode(base64.b64decode(lines[1])[:-30])):
        with pytest.raises((IntegrityError, WrongKeyError)):
            keyfiles.read_private(b"\n".join([lines[0], damaged, lines[2]]), PHRASE)
