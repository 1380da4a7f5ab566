"""Research statements: a salted hash on chain, text and salt at home, to be shown to a committee."""

from __future__ import annotations

import secrets
from pathlib import Path

from biodesci.core import commitment, files
from biodesci.core.documents.declared import LONGEST_STATEMENT, Statement
from biodesci.core.errors import InputError, IntegrityError


def keep(home: Path, text: str) -> bytes:
    """The hash that goes on chain. What opens it is in `home/statements/<hash>.json`, readable by its owner.

    The same text has the same hash again, so that a purchase that was interrupted goes on.
    """
    if not text.strip() or len(text.encode()) > LONGEST_STATEMENT:
        raise InputError(
            f"A research statement has 1 to {LONGEST_STATEMENT} bytes.", "Give the text, or a file of it."
        )
    for known in sorted((home / "statements").glob("*.json")):
        try:
            kept = Statement.parse(files.read(known))
        except IntegrityError as exc:
            raise IntegrityError(f"{known} is damaged. {exc.message}", exc.hint) from exc
        if kept.text == text:
            return kept.hash
    salt = secrets.token_bytes(32)
    hashed = commitment.statement(salt, text)
    files.write_private(path(home, hashed), Statement(text=text, salt=salt, hash=hashed).to_bytes())
    return hashed


def path(home: Path, hashed: bytes) -> Path:
    """Where a party keeps the statement with this hash."""
    return home / "statements" / f"{hashed.hex()}.json"
