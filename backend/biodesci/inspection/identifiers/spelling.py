"""Names of columns in one spelling, so that patterns need to know one."""

from __future__ import annotations

import re
import unicodedata


def spaced(name: str) -> str:
    """A column's name in lower case, without accents, its words apart by one space."""
    text = unicodedata.normalize("NFKC", name).replace("ß", "ss")
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    if not text.isascii():
        text = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
    return re.sub(r"[\W_]+", " ", text).strip().lower()
