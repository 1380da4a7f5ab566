"""Ids of research organizations (ROR, https://ror.readme.io/docs/identifier): https://ror.org/0xxxxxxNN.

Six characters of Crockford's base32 after the 0, and two digits by which a mistyped one is noticed: ISO/IEC
7064, MOD 97-10.
"""

from __future__ import annotations

import re
from typing import Final

from biodesci.core.errors import InputError

PREFIX: Final = "https://ror.org/"
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's, without i, l, o and u
_ID: Final = re.compile(f"0([{_ALPHABET}]{{6}})([0-9]{{2}})")


def parse(text: str) -> str:
    """The id as a URL, from a URL or from its last part. Raises InputError for what is none, and for one
    whose check digits do not fit."""
    id_ = text.strip().lower().removeprefix("https://").removeprefix("ror.org/")
    match = _ID.fullmatch(id_)
    if match is None:
        raise InputError(
            "This is no ROR id.", "Look it up at https://ror.org; it looks like https://ror.org/05gq02987."
        )
    number = 0
    for character in match[1]:
        number = 32 * number + _ALPHABET.index(character)
    if (100 * number + int(match[2])) % 97 != 1:
        raise InputError("The check digits of the ROR id do not fit: it is mistyped.", "Copy it again.")
    return PREFIX + id_
