"""Reading the JSON files that people hand each other: visas, orders, registrations.

Whoever made a file may mean to break who reads it, so every field is checked for what the contracts take.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eth_utils.address import is_address, to_checksum_address

from biodesci.core.errors import InputError


@contextmanager
def spoiled(what: str, hint: str) -> Iterator[None]:
    """Says of anything amiss in the block that the file is no `what`, as an InputError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise InputError(f"This is no {what}: a field is missing or spoiled.", hint) from exc


def read(raw: bytes | str, what: str, hint: str) -> Any:
    """The JSON document; InputError where it is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"This is no {what}: not a JSON file.", hint) from exc


def require_format(document: Any, wanted: str, what: str) -> None:
    if document["format"] != wanted:
        raise InputError(f"This is no {what} of a format that is known.", "Update the program.")


def address(value: object) -> str:
    """Checksummed."""
    if not isinstance(value, str) or not is_address(value):
        raise ValueError("not an address")
    return str(to_checksum_address(value))


def data(value: object, length: int | None = None) -> bytes:
    """Of hexadecimal digits after 0x; of exactly `length` bytes where that is given."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError("not hexadecimal")
    found = bytes.fromhex(value[2:])
    if length is not None and len(found) != length:
        raise ValueError(f"not of {length} bytes")
    return found


def whole(value: object, bits: int = 256) -> int:
    """A number from 0 that fits into `bits`; large ones are written as decimal digits in a string."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise ValueError("not a whole number of that size")
    return value


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value
