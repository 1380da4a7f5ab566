"""Words that somebody chose, before they are published for ever."""

from __future__ import annotations

from biodesci.core.errors import InputError


def require_printable(**texts: str) -> None:
    """Raises InputError for the first of `texts`, by its name, that has a character which cannot be shown.

    Such characters command a terminal, or make one name look like another. Line breaks and tabs may be.
    """
    for name, text in texts.items():
        for line in text.replace("\t", " ").splitlines():
            if not line.isprintable():
                hidden = next(character for character in line if not character.isprintable())
                raise InputError(
                    f"The field {name} has a character that cannot be shown, {hidden!a}.",
                    "Leave it out: what is published stays for ever.",
                )
