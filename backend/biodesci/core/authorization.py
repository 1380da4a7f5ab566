"""Logins for APIs of others, each the value of an Authorization header (RFC 9110, 11.6.2) in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from biodesci.core.errors import ConfigurationError

_LONGEST: Final = 8_192  # characters


def read(file: Path) -> str:
    """The header's value. ConfigurationError where the file cannot be read or holds something else."""
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(
            f"The file {file} of an IPFS API's login cannot be read.",
            "Check BIODESCI_IPFS_AUTH_FILE and BIODESCI_IPFS_REPLICAS.",
        ) from exc
    if not text or not text.isascii() or not text.isprintable() or len(text) > _LONGEST:
        raise ConfigurationError(
            f"The file {file} does not hold one line of an Authorization header.",
            "Write the header's value alone, such as `Bearer …` or `Basic …`.",
        )
    return text


def pairs(text: str) -> list[tuple[str, str | None]]:
    """The addresses in a text, by spaces, each with its header where it is written as ADDRESS=FILE."""
    parts = (one.partition("=") for one in text.split())
    return [(address, read(Path(file)) if file else None) for address, _, file in parts]
