"""Canonical JSON, so that a document hashed by two parties gives one hash (docs/protocol.md, "Documents").

The form is exactly `json.dumps(sort_keys=True, separators=(",", ":"))`: ASCII escapes, no spaces, no NaN or
Infinity. Hashes of it are on chain, so it stays as it is. For ASCII texts and whole numbers below 2^53 it
gives the bytes of RFC 8785; it differs in that it escapes other characters, sorts by code points instead of
UTF-16 units, and writes other numbers as Python does (1.0 and 1e-05, where RFC 8785 has 1 and 0.00001).
"""

from __future__ import annotations

import hashlib
import json

from biodesci.core.errors import InputError


def dumps(obj: object) -> bytes:
    """The canonical bytes of a JSON-compatible object. Raises InputError for anything JSON cannot say."""
    try:
        text = json.dumps(obj, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise InputError(
            f"This cannot be written as canonical JSON: {exc}.",
            "Use strings, finite numbers, booleans, lists and string-keyed mappings only.",
        ) from exc
    return text.encode("ascii")


def sha256(obj: object) -> bytes:
    """SHA-256 of the canonical bytes, 32 bytes."""
    return hashlib.sha256(dumps(obj)).digest()
