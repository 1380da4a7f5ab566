"""Documents of strangers of which one thing is needed, and read by itself: whatever else stands in them, or
is amiss there, does not matter."""

from __future__ import annotations

import json
from typing import Any


def fields(raw: bytes) -> dict[str, Any]:
    """The fields of the outermost object. Raises ValueError for what is no JSON object, or nested too
    deeply."""
    # Not pydantic's reader, which refuses a whole document for half a character anywhere in it.
    try:
        document = json.loads(raw)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    if not isinstance(document, dict):
        raise ValueError("no object")
    return document
