"""Texts in encodings of before Unicode: one that isn't read stops, and one that may be another asks."""

from __future__ import annotations

import pytest

from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect

ROWS = 60


def table(word: str, times: int = 1) -> str:
    """A table with a word in some of its cells."""
    cells = [word] * times + ["ok"] * (ROWS - times)
    return "sex,x7,hb\n" + "".join(f"{'mf'[row % 2]},{cells[row]},{10 + row % 5}\n" for row in range(ROWS))


def levels(path, kind: str) -> set[Level]:
    return {finding.level for finding in inspect(path).findings if finding.kind == kind}


@pytest.mark.parametrize("code_page", ["cp037", "cp273", "cp500", "cp1140"])
@pytest.mark.parametrize("text", [table("Anna Weber"), "Anna Weber came on Monday, and left again.\n" * 20])
def test_ebcdic_is_a_format_that_is_not_read(tmp_path, code_page, text) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(text.encode(code_page))
    assert levels(path, "format that is not read") == {Level.STOP}


@pytest.mark.parametrize(
    ("word", "encoding"),
    [
        ("Müller Jörg", "mac_roman"),
        ("René Lefèvre", "mac_roman"),
        ("Müller Jörg", "cp850"),
        ("Анна Вебер", "koi8-r"),
        ("Анна Вебер", "mac_cyrillic"),
        ("Άννα Παπαδοπούλου", "cp1253"),
        ("Żółć Łukasz", "cp1250"),
    ],
)
def test_a_text_that_may_be_in_another_encoding_asks(tmp_path, word, encoding) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(table(word).encode(encoding))
    assert levels(path, "encoding") == {Level.ASK}


@pytest.mark.parametrize(
    ("word", "encoding", "times"),
    [
        ("naïve café", "cp1252", 1),
        ("5 µg ±2 °C", "cp1252", 1),
        ("patient’s – l’eau…", "cp1252", 1),
        ("Größe ÄÖÜ", "cp1252", 1),
        ("内科病棟", "cp932", 20),
        ("отделение", "cp1251", 20),
        ("ok", "utf-16", 1),
    ],
)
def test_an_encoding_that_is_known_for_sure_asks_nothing(tmp_path, word, encoding, times) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(table(word, times).encode(encoding))
    assert levels(path, "encoding") == {Level.NOTE}
