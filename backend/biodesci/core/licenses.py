"""The licence that a card names: an address, or the short name of a licence for data on SPDX's list.

SPDX License List: https://spdx.org/licenses/. Of its hundreds of licences, which are of software, those are
known here that are for data; any other one is named by its address.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from biodesci.core.errors import InputError

_LIST: Final = "https://spdx.org/licenses/"
_LONGEST: Final = 500
NAMES: Final = (
    "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0",
    "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "ODbL-1.0", "ODC-By-1.0",
    "PDDL-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "etalab-2.0",
    "DL-DE-BY-2.0", "DL-DE-ZERO-2.0", "OGL-UK-3.0", "NLOD-2.0",
)  # fmt: skip
"""Licences for data, by their short names."""
_BY_FOLDED: Final = {name.casefold(): name for name in NAMES}


def parse(text: str) -> str:
    """The address of a licence, given as such (https or http) or by its short name, in whatever case.

    Raises InputError for anything else: a card can't be changed, and its readers look an address up.
    """
    text = text.strip()
    name = _BY_FOLDED.get(text.casefold())
    if name is not None:
        return _LIST + name
    host = _host(text)
    is_plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= _LONGEST
    if host is None or not is_plain:
        raise InputError(
            f"{text!r} is no licence that is known here, and no address.",
            f"Give its address (https://...), or one of: {', '.join(NAMES)}.",
        )
    return text


def _host(text: str) -> str | None:
    """The host of a web address; None for what is none, or has somebody's account in it."""
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in ("https", "http") and parts.username is None
        return parts.hostname if is_web else None
    except ValueError:
        return None
