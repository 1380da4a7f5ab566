"""Carries over purchases and renewals that a release before 0.4 signed, when there was no outbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from biodesci.chain.client import Chain
from biodesci.chain.outbox import Intent
from biodesci.core.errors import ConfigurationError


def adopt(chain: Chain, intent: Intent, folder: Literal["purchases", "renewals"], number: int) -> None:
    """Moves the old note of this offer's or licence's `number` into the outbox, if there is one."""
    if chain.home is None:
        return
    name = f"{chain.genesis[2:18]}-{chain.licenses.address}-{chain.address}-{number}.json"
    note = chain.home / folder / name
    if not note.exists():
        return
    intent.adopt(_signed(note))
    note.unlink()


def _signed(note: Path) -> bytes:
    try:
        return bytes.fromhex(json.loads(note.read_bytes())["signed"])
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigurationError(
            f"{note} is damaged. It noted a transaction that may have been sent.",
            "Look at what the account sent last, and move the file away only if that is something else.",
        ) from exc
