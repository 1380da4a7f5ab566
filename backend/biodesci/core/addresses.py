"""What of a service's address is for those alone who pay for it, or have its password."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

SHORTEST: Final = 6  # characters of a secret that is blotted out of texts: a shorter one stands in many words
# Providers put their customers' keys in the path. What is as short as these words holds none.
_WORD: Final = re.compile(r"[A-Za-z-]{1,12}|v\d{1,2}")
# Some put them in the host's name.
_KEY_IN_NAME: Final = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{16,}", re.IGNORECASE)


def secrets_in(url: str) -> list[str]:
    """The parts that may be a password or a key, as they stand there and without percent signs; all of it
    where it is no address. In one that is not of HTTP, path and name are plain words.
    """
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:
        return [url]
    pairs = [pair.partition("=") for pair in parts.query.split("&")]
    found = [password, *(value or name for name, _, value in pairs), parts.fragment]
    if parts.scheme in ("http", "https"):
        named = [parts.username or "", *parts.path.split("/")]
        found += [one for one in named if not _WORD.fullmatch(one)]
        found += _KEY_IN_NAME.findall(parts.netloc.rpartition("@")[2])
    return list(dict.fromkeys(one for part in found for one in (part, unquote(part)) if one))


def without_secrets(url: str, text: str) -> str:
    """`text` without the secrets of an address: servers repeat them."""
    for secret in sorted(secrets_in(url), key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "...")
    return text


def without_key(host: str) -> str:
    """A host's name, of which everything may be shown."""
    return _KEY_IN_NAME.sub("...", host)
