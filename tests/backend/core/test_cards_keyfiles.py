"""Key files and cards."""

from __future__ import annotations

import subprocess
import sys

import pytest

from biodesci.core import keyfile
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

FAST = 1 << 10


def test_key_file_round_trip() -> None:
    sealed = keyfile.seal(b"secret", "correct horse", "hpke-seed", n=FAST)
    assert keyfile.open_(sealed, "correct horse", "hpke-seed") == b"secret"
    assert sealed != keyfile.seal(b"secret", "correct horse", "hpke-seed", n=FAST)
    for passphrase, purpose in (("correct horsf", "hpke-seed"), ("correct horse", "dataset-key")):
        with pytest.raises(WrongKeyError) as caught:
            keyfile.open_(sealed, passphrase, purpose)
        assert passphrase not in str(caught.value)


def test_the_cost_that_people_get() -> None:
    """In a process of its own: this one has a lower cost, for all tests."""
    program = (
        "import sys, tempfile; from pathlib import Path; from biodesci.core import keyfile; "
        "from biodesci.party import keys; home = Path(tempfile.mkdtemp()); "
        "print(keyfile.seal(b'secret', 'ten letters', 'x')[5], "
        "keys.create(home, 'ten letters').read_bytes()[5])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["15", "15"]  # log2 of scrypt's n


def test_key_file_in_both_unicode_forms() -> None:
    assert keyfile.open_(keyfile.seal(b"s", "many caf\u00e9s", "p", n=FAST), "many cafe\u0301s", "p") == b"s"


def test_every_byte_of_a_key_file_counts() -> None:
    sealed = keyfile.seal(b"secret", "ten letters", "x", n=FAST)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        # The lowest bit of the cost byte: 2^11 instead of 2^10 still is a legal, cheap cost.
        changed[position] ^= 1
        with pytest.raises((IntegrityError, WrongKeyError)):
            keyfile.open_(bytes(changed), "ten letters", "x")
    for bad in (b"", sealed[:-1], sealed[:30], sealed[:5] + b"\x3f" + sealed[6:]):
        with pytest.raises((IntegrityError, WrongKeyError)):
            keyfile.open_(bad, "ten letters", "x")
    for n in (0, 1000, 1 << 9, 1 << 21):
        with pytest.raises(InputError):
            keyfile.seal(b"", "ten letters", "x", n=n)
    with pytest.raises(InputError):
        keyfile.seal(b"", "", "x", n=FAST)
