"""What somebody chose to publish holds no character that cannot be shown."""

from __future__ import annotations

import pytest

from biodesci.core.errors import InputError
from biodesci.core.public_text import reason_on_chain, require_printable

HIDDEN = ["\x1b", "\0", "\x07", "\r", "\x0b", "\x85", "\u2028", "\u202e", "\u200b", "\ud800", "\x7f"]


@pytest.mark.parametrize("text", ["", "Herzkohorte Zürich", "心臓"])
def test_words_pass(text: str) -> None:
    require_printable("name", text)


def test_a_description_may_have_lines_and_a_name_may_not() -> None:
    require_printable("description", "two\nlines\tand a tab", lines=True)
    with pytest.raises(InputError, match=r"The name has a character that cannot be shown, '\\n'"):
        require_printable("name", "two\nlines")


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("lines", [False, True])
def test_what_cannot_be_shown_is_refused_by_its_field(hidden: str, lines: bool) -> None:
    with pytest.raises(InputError, match="The description has a character that cannot be shown"):
        require_printable("description", f"a{hidden}b", lines=lines)


def test_a_reason_fills_32_bytes() -> None:
    assert reason_on_chain("wrong key") == b"wrong key".ljust(32, b"\0")
    assert reason_on_chain("ä" * 16) == ("ä" * 16).encode()


@pytest.mark.parametrize(
    ("text", "match"), [("", "1 to 32"), ("ä" * 17, "1 to 32"), ("a\x1bb", "shown"), ("\udcff", "shown")]
)
def test_a_reason_that_is_none_is_refused(text: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        reason_on_chain(text)
