"""JSON as it is written: of two fields of one name a parser keeps one, and whoever gets the file has both."""

from __future__ import annotations

import json
from typing import Any

import orjson

from biodesci.core.errors import InputError


def loads(data: bytes) -> Any:
    """The document. Raises ValueError for what is no JSON, InputError for a field that is there twice."""
    try:
        document = orjson.loads(data)
    except ValueError:
        document = json.loads(data)  # NaN, which pandas writes
    require_each_once(document, data)
    return document


def require_each_once(document: Any, written: bytes | str) -> None:
    """Raises InputError where an object of a document that was read of a text has one field twice.

    A field that was dropped took at least two quotes with it, so documents with as many quotes as their text
    are whole; only others are read with a look at each object. Raises it, too, where a text holds half of a
    character, as no file can hold it in UTF-8.
    """
    quote: Any = b'"' if isinstance(written, bytes) else '"'
    try:
        quotes = orjson.dumps(document).count(b'"')
    except TypeError:  # numbers of more than 64 bits, and what is no Unicode
        _require_unicode(document)
        quotes = json.dumps(document).count('"')
    if written.count(quote) != quotes:
        json.loads(written, object_pairs_hook=_pairs)


def _require_unicode(document: Any) -> None:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError(
            r"A JSON text holds half of a character (one of \ud800 to \udfff without its other half).",
            "Remove it, or write the text anew: a program cut it off within a character.",
        ) from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise InputError(
            "A JSON object has a field twice, of which programs read one and nobody looks at the other.",
            "Remove or rename one of them, then repeat.",
        )
    return fields
