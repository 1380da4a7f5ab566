"""Names that are written without a space between them: Weber/Anna, Weber^Anna (DICOM), AnnaWeber."""

from __future__ import annotations

import re
from typing import Final

from biodesci.inspection.identifiers import lists, names
from biodesci.inspection.identifiers.names import Grade

_WORD: Final = r"[^\W\d_]+(?:['-][^\W\d_]+)*"
_MARKS: Final = r"[/^_|\\+;=:]"
_MARKED: Final = re.compile(rf"(?<![\w.]){_WORD}(?:{_MARKS}+{_WORD}){{1,4}}(?![\w.])")
_DOTTED: Final = re.compile(rf"{_WORD}\.{_WORD}")
_CASED: Final = re.compile(
    r"(?<![^\W\d_])[^\W\d_a-zß-ÿ][^\W\d_A-ZÀ-Þ]+(?:[^\W\d_a-zß-ÿ][^\W\d_A-ZÀ-Þ]+){1,2}(?![^\W\d_])"
)
_CASE_CHANGES: Final = re.compile(r"(?<=[^\W\d_A-ZÀ-Þ])(?=[^\W\d_a-zß-ÿ])")
_ADDRESS: Final = re.compile(r"(?:://|\bwww\.)\S+")
_SPLIT: Final = re.compile(rf"(?:{_MARKS}|\.)+")
_PRECHECK: Final = re.compile(rf"[^\W\d_](?:{_MARKS}|\.)[^\W\d_]|[^\W\d_A-ZÀ-Þ][A-ZÀ-Þ]")


def grade(text: str) -> Grade:
    """How much words that stand together without a space look like a name.

    FULL is for a listed given name with a listed family name, LIKELY for others in DICOM's notation.
    """
    if not _PRECHECK.search(text):
        return Grade.NONE
    best = Grade.NONE
    text = _ADDRESS.sub(" ", text)
    for match in _MARKED.finditer(text):
        best = max(best, _of(_SPLIT.split(match[0]), person_name="^" in match[0]))
    for match in _CASED.finditer(text):
        best = max(best, _of(_CASE_CHANGES.split(match[0]), person_name=False))
    if _DOTTED.fullmatch(text):
        best = max(best, _of(text.split("."), person_name=False))
    return best


def _of(words: list[str], *, person_name: bool) -> Grade:
    words = [word for word in words if len(word) > 1]
    if len(words) < 2:
        return Grade.NONE
    first = [i for i, word in enumerate(words) if lists.is_only(word, lists.FIRST)]
    last = [i for i, word in enumerate(words) if lists.is_only(word, lists.LAST)]
    if any(i != j for i in first for j in last):
        return Grade.FULL
    capital = all(word[0].isupper() for word in words)
    if person_name and capital and not any(lists.known(word) & lists.WORD for word in words):
        return Grade.LIKELY
    return max(Grade.NONE, names.grade(" ".join(words))) if person_name else Grade.NONE
