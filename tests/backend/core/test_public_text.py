"""What somebody chose to publish holds no character that cannot be shown."""

from __future__ import annotations

import pytest

from biodesci.core.errors import InputError
from biodesci.core.public_text import require_printable


@pytest.mark.parametrize("text", ["", "Herzkohorte Zürich", "two\nlines\tand a tab", "心臓", "a\r\nb"])
def test_words_pass(text: str) -> None:
    require_printable(name=text)


@pytest.mark.parametrize("hidden", ["\x1b", "\0", "\x07", "\u202e", "\u200b", "\ud800", "\x7f"])
def test_what_cannot_be_shown_is_refused_by_its_field(hidden: str) -> None:
    with pytest.raises(InputError, match="The field description has a character that cannot be shown"):
        require_printable(name="Cohort", description=f"a{hidden}b")
