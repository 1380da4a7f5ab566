"""The search finds a secret that was planted, in each encoding, wherever it lies; and nothing else."""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.secrecy.search import Finding, Search

SECRET = bytes.fromhex("00ff10203a7e8190a0b0c0d0e0f0010203fefdfcfbfa9988776655443322115c")
PASSPHRASE = b"correct horse battery-staple_42"
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda secret: secret,
    "hex": lambda secret: secret.hex().encode(),
    "HEX": lambda secret: secret.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "decimal": lambda secret: str(int.from_bytes(secret, "big")).encode(),
    "escaped": lambda secret: repr(secret).encode(),
    "escaped in a URL": lambda secret: quote(secret, safe="").encode(),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", [SECRET, PASSPHRASE], ids=["bytes", "words"])
@pytest.mark.parametrize("before", range(9))
def test_a_planted_secret_is_found(way: str, secret: bytes, before: int) -> None:
    search = Search([("planted", secret), ("another", os.urandom(32))])
    noise = random.Random(before).randbytes(5_000)
    found = search.look("log", noise + b"x" * before + WAYS[way](secret) + noise)
    assert Finding("planted", way.partition(" ")[0], "log") in found or way in ("raw", "escaped")
    assert {one.secret for one in found} == {"planted"}


@pytest.mark.parametrize("before", range(3))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_is_found_within_a_longer_base64_text(before: int, encode: Callable[[bytes], bytes]) -> None:
    text = encode(os.urandom(before + 60) + SECRET + os.urandom(31))
    assert Search([("planted", SECRET)]).look("", text)


def test_a_piece_of_a_long_secret_is_enough() -> None:
    long = random.Random(1).randbytes(100_000)
    search = Search([("key", long)])
    assert search.look("", b"-" * 77 + long[:50_000].hex().encode())
    assert not search.look("", random.Random(2).randbytes(1_000_000))


def test_what_is_not_there_is_not_found() -> None:
    search = Search([(str(number), os.urandom(32)) for number in range(300)])
    assert search.look("", random.Random(3).randbytes(1_000_000)) == set()
    assert search.look("", b"") == search.look("", b"short") == set()


def test_a_finding_does_not_show_the_secret() -> None:
    found = Search([("planted", PASSPHRASE)]).look("log", PASSPHRASE + b"\n")
    assert found
    assert "horse" not in repr(found)
