"""Whole Crypt4GH files: a header, and the data that it opens."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import BinaryIO, cast

from biodesci.core.crypt4gh import body, header
from biodesci.core.crypt4gh.body import Opened, Writer
from biodesci.core.errors import IntegrityError


def encrypt(source: BinaryIO, target: BinaryIO, readers: Sequence[bytes]) -> None:
    """Encrypts `source` to its end for the readers with these public keys, under a new data key.

    Raises InputError without readers, or for a public key that is none.
    """
    key = os.urandom(32)
    target.write(header.seal(key, readers))
    with Writer(target, key) as writer:
        shutil.copyfileobj(source, cast("BinaryIO", writer), 1 << 20)


def decrypt(source: BinaryIO, target: BinaryIO, private: bytes) -> Opened:
    """Decrypts a file with a reader's private key, as `header.open_` and `body.decrypt` say.

    Raises IntegrityError for one without any data, too: whether it was cut off cannot be seen.
    """
    opened = body.decrypt(source, target, header.open_(source, private))
    if opened.size == 0:
        raise IntegrityError(
            "The Crypt4GH file holds no data: it is cut off behind its header, or of an empty file.",
            "Fetch the file again; if it stays so, ask whoever wrote it.",
        )
    return opened
