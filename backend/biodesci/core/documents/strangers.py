"""Documents of strangers of which one thing is needed, and read by itself: whatever else stands in them, or
is amiss there, does not matter. The page reads cards by the same rules (lib/card.ts; the vectors are in
tests/vectors/cards.json)."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_MAX_DEPTH: Final = 64
_MAX_DIGITS: Final = 1_000
_HALF: Final = re.compile("[\ud800-\udfff]")


def fields(raw: bytes) -> dict[str, Any]:
    """The fields of the outermost object. Raises ValueError for what is no JSON object, or nested too
    deeply."""
    # Not pydantic's reader, which refuses a whole document for half a character anywhere in it.
    try:
        document = json.loads(raw.decode("utf-8-sig", "replace"), parse_int=_whole)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if not isinstance(document, dict):
        raise ValueError("no object")
    if is_too_deep(document):
        raise ValueError("nested too deeply")
    return document


def shown(text: str) -> str:
    """A text as people are shown it: in place of each NUL, at which a search would end, is a space, and in
    place of half a surrogate pair, which cannot be written, the mark for what is no character."""
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", text.replace("\0", " "))


def is_too_deep(value: Any) -> bool:
    """Whether JSON is nested in more levels than readers take, so that all of them refuse the same."""
    depth, level = 0, [value]
    while level and depth <= _MAX_DEPTH:
        depth += 1
        inside = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list)]
        level = [child for children in inside for child in children]
    return depth > _MAX_DEPTH


def _whole(digits: str) -> int | float:
    """Python's own reader refuses a whole document for a number of more digits than it likes to read."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)
