"""Research statements: a salted hash on chain, text and salt at home, to be shown to a committee."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from biodesci.core import commitment, files
from biodesci.core.errors import InputError, IntegrityError

_LONGEST = 1 << 20


def keep(home: Path, text: str) -> bytes:
    """The hash that goes on chain. What opens it is in `home/statements/<hash>.json`, readable by its owner.

    The same text has the same hash again, so that a purchase that was interrupted goes on.
    """
    if not text.strip() or len(text.encode()) > _LONGEST:
        raise InputError(
            f"A research statement has 1 to {_LONGEST} bytes.", "Give the text, or a file of it."
        )
    for known in sorted((home / "statements").glob("*.json")):
        try:
            kept = json.loads(files.read(known))
            if kept["text"] == text:
                return bytes.fromhex(kept["hash"][2:])
        except (ValueError, KeyError, TypeError) as exc:
            raise IntegrityError(
                f"{known} is damaged, and a committee may ask for it.",
                "Restore it from a copy, or move it away.",
            ) from exc
    salt = secrets.token_bytes(32)
    hashed = commitment.statement(salt, text)
    document = {
        "kind": "biodesci/statement",
        "version": 1,
        "text": text,
        "salt": "0x" + salt.hex(),
        "hash": "0x" + hashed.hex(),
    }
    files.write_private(path(home, hashed), (json.dumps(document, indent=1) + "\n").encode())
    return hashed


def path(home: Path, hashed: bytes) -> Path:
    """Where a party keeps the statement with this hash."""
    return home / "statements" / f"{hashed.hex()}.json"
