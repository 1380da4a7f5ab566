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
