"""A release of the Research Organization Registry, from a file (https://ror.readme.io/docs/data-dump).

Nothing is asked over the network: who operates a verifier downloads a release, and names its JSON file. In
the schema 2 a record has `domains`, which curators checked, and a link to the website.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from biodesci.core.errors import ConfigurationError

_PIECE: Final = 1 << 20  # characters
_LONGEST_RECORD: Final = 4 << 20
_BETWEEN: Final = re.compile(r"[\s,]*")


class RorRelease:
    """Which domains belong to which ids. The file is read once, when first needed; some 100,000 records."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._domains: dict[str, tuple[str, ...]] | None = None

    def names(self, ror: str, domain: str) -> bool:
        """Whether the active record with this id (a URL) names the domain, or one above it.

        Raises ConfigurationError where the file cannot be read, or is no release.
        """
        if self._domains is None:
            self._domains = dict(self._read())
        return any(domain == one or domain.endswith(f".{one}") for one in self._domains.get(ror, ()))

    def _read(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        try:
            with self._file.open(encoding="utf-8") as source:
                for record in _records(iter(lambda: source.read(_PIECE), "")):
                    if record.get("status") == "active":
                        yield record["id"], tuple(_domains(record))
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
            raise ConfigurationError(
                "The file of ROR's release cannot be read, or is none of schema 2.",
                "Name its JSON file in BIODESCI_ROR_RELEASE (https://ror.readme.io/docs/data-dump).",
            ) from exc


def _domains(record: dict[str, Any]) -> Iterator[str]:
    yield from (domain.lower() for domain in record["domains"])
    if not record["domains"]:
        for link in record["links"]:
            if link["type"] == "website" and (host := urlsplit(link["value"]).hostname):
                yield host.removeprefix("www.")


def _records(pieces: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The objects of a JSON array, one by one: a release has hundreds of megabytes."""
    decoder, text = json.JSONDecoder(), next(pieces, "")
    at = _after_space(text, 0)
    if not text.startswith("[", at):
        raise ValueError("no array")
    at += 1
    while True:
        at = _after_space(text, at)
        if text.startswith("]", at):
            return
        try:
            record, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            more = next(pieces, "")
            if not more or len(text) - at > _LONGEST_RECORD:
                raise
            text, at = text[at:] + more, 0
            continue
        if not isinstance(record, dict):
            raise TypeError("no object")
        yield record


def _after_space(text: str, at: int) -> int:
    space = _BETWEEN.match(text, at)
    return space.end() if space else at
