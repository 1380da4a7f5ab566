"""Of somebody's document what lists show and what is searched: bounded, whatever the document holds.

A card may have 4 MiB, and a page of a hundred of them is asked for by anybody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

_NAME: Final = 300  # characters, as all that follow
_DESCRIPTION: Final = 2_000
_WORD: Final = 100
_FIELD: Final = 200
_KEYWORDS: Final = 32
_SEARCHED_KEYWORDS: Final = 64
_DISEASES: Final = 256
_FILE: Final = (
    "name", "contentUrl", "contentSize", "encodingFormat", "sha256", "biodesci:plaintextSize",
    "biodesci:segmentSize",
)  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """`body` is a document of the same form as the whole one; `searched` is folded."""

    name: str | None
    body: dict[str, Any]
    searched: str


def summarise(document: dict[str, Any]) -> Summary:
    """Of a card of a dataset or a model."""
    name = _text(document.get("name"), _NAME)
    description = description_of(document, _DESCRIPTION)
    keywords = keywords_of(document, _SEARCHED_KEYWORDS)
    body: dict[str, Any] = {"keywords": keywords[:_KEYWORDS]}
    if name:
        body["name"] = name
    if description:
        body["description"] = description
    if records := _text(document.get("biodesci:records"), _WORD):
        body["biodesci:records"] = records
    if file := _file(document.get("distribution")):
        body["distribution"] = [file]
    if diseases := _diseases(document.get("biodesci:diseases")):
        body["biodesci:diseases"] = diseases
    parts = (name or "", description, *keywords)
    searched = "\n".join(parts).casefold()
    return Summary(name, body, searched)


def row(document: dict[str, Any]) -> dict[str, str | None]:
    """Of a card, the columns of `summaries` by name."""
    summary = summarise(document)
    return {"name": summary.name, "body": json.dumps(summary.body), "searched": summary.searched}


def description_of(document: dict[str, Any], length: int) -> str:
    """The document's description, at most `length` characters of it; empty where it has none."""
    return _text(document.get("description"), length) or ""


def keywords_of(document: dict[str, Any], most: int) -> list[str]:
    """The document's first `most` keywords, from a list or a text with commas, each cut to a bounded
    length."""
    value = document.get("keywords")
    if isinstance(value, str):
        # The room that so many keywords take with their commas.
        parts: list[Any] = value[: most * (_WORD + 2)].split(",")
    else:
        parts = value if isinstance(value, list) else []
    texts = (_text(part, _WORD) for part in parts[:most])
    return [text.strip() for text in texts if text and text.strip()]


def _text(value: Any, length: int) -> str | None:
    # Text and numbers are what cards have there; whatever else would be written out in full first. A search
    # ends at a NUL, or the database takes none.
    return str(value)[:length].replace("\0", " ") if isinstance(value, str | int | float) else None


def _file(distribution: Any) -> dict[str, str] | None:
    first = distribution[0] if isinstance(distribution, list) and distribution else None
    if not isinstance(first, dict):
        return None
    fields = {key: _text(first.get(key), _FIELD) for key in _FILE}
    return {key: text for key, text in fields.items() if text is not None}


def _diseases(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    listed = value.get("named")
    named = [
        {"id": _text(one.get("id"), _WORD) or "", "name": _text(one.get("name"), _FIELD) or None}
        for one in (listed[:_DISEASES] if isinstance(listed, list) else [])
        if isinstance(one, dict)
    ]
    return {"named": named, "ontology": _text(value.get("ontology"), _WORD) or None}
