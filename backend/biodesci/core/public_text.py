"""Words that somebody chose, before they are published for ever."""

from __future__ import annotations

from biodesci.core.errors import InputError


def require_printable(field: str, text: str, *, lines: bool = False) -> None:
    """Raises InputError, which calls the text by its `field`, for a character that cannot be shown.

    Such characters command a terminal, or make one name look like another. With `lines` line feeds and tabs
    may be.
    """
    for character in text:
        if not character.isprintable() and not (lines and character in "\n\t"):
            raise InputError(
                f"The {field} has a character that cannot be shown, {character!a}.",
                "Leave it out: what is published stays for ever.",
            )


def reason_on_chain(text: str) -> bytes:
    """A reason as bytes32: public for ever, so short and without names. Raises InputError if it is not."""
    require_printable("reason", text)
    raw = text.encode()
    if not 1 <= len(raw) <= 32:
        raise InputError("A reason on chain has 1 to 32 bytes.", "Shorten it; name no person.")
    return raw.ljust(32, b"\0")
