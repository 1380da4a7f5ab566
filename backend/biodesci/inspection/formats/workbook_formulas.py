"""Formulas of workbooks: the texts that they are put together of, and what they fetch or run elsewhere."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from biodesci.inspection.content import Item, Passage
from biodesci.inspection.finding import Finding, Level

# Of cells, and of the rules by which cells are coloured or what may be typed into them.
_XML: Final = re.compile(rb"<(?:\w+:)?(?:f|formula[12]?)(?:\s[^<>]*)?>([^<]+)<")
_OPEN_DOCUMENT: Final = re.compile(rb"\b(?:table:formula|table:condition)=(?:\"([^\"]*)\"|'([^']*)')")
_LITERAL: Final = re.compile(r'"((?:[^"]|"")*)"')
_CHARACTER: Final = re.compile(r"\b(?:_xlfn\.)?(?:UNI)?CHAR\(\s*(\d{2,7})\s*\)", re.IGNORECASE)
_CALLS: Final = re.compile(
    # Functions that reach beyond the workbook, another program (DDE), another workbook by number or name.
    r"\b(?:HYPERLINK|WEBSERVICE|IMAGE|IMPORT(?:XML|DATA|HTML|FEED|RANGE)|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE|"
    r"SQL\.REQUEST|STOCKHISTORY|CUBE\w+)\s*\(|\|"
    r"|\[[^\[\]]+\](?:\w[\w.]*!|[^'\[\]]*'!)|\[\d+\]!|'[^']*'#",
    re.IGNORECASE,
)
_LINKED: Final = re.compile(rb"<(?:\w+:)?(?:ddeLink|oleLink)\b")
_MOST: Final = 200_000  # different texts
_TOGETHER: Final = 4_000  # characters that are looked at in one passage


class Formulas:
    """Gathers the formulas of a workbook's parts. `place` is the workbook's."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._texts: dict[str, None] = {}
        self._calls = self._missed = 0

    def feed(self, part: bytes, name: str) -> None:
        """Takes a part of the workbook in, XML by the standard's names."""
        if name == "content.xml":
            written = [one or other for one, other in _OPEN_DOCUMENT.findall(part)]
        else:
            written = _XML.findall(part) if name.startswith("xl/worksheets/") else []
        for formula in written:
            self._take(html.unescape(formula.decode("utf-8", "replace")))
        if name.startswith("xl/externalLinks/"):
            self._calls += len(_LINKED.findall(part))

    def items(self) -> Iterator[Item]:
        """The texts as passages, and what stops."""
        gathered = ""
        for text in self._texts:
            if gathered and len(gathered) + len(text) > _TOGETHER:
                yield Passage(f"{self._place}, formulas", gathered, is_list=True)
                gathered = ""
            gathered += f"{text}\n"
        if gathered:
            yield Passage(f"{self._place}, formulas", gathered, is_list=True)
        if self._calls:
            reason = "a spreadsheet would fetch or run something elsewhere for it: keep its value alone"
            yield Finding(f"{self._place}, formulas", "formula", Level.STOP, reason, self._calls)
        if self._missed:
            reason = f"of more than {_MOST:,} different texts in formulas only these many were looked at"
            yield Finding(f"{self._place}, formulas", "values that are not read", Level.STOP, reason)

    def _take(self, formula: str) -> None:
        formula = _CHARACTER.sub(_spelled, formula)
        literals = [literal.replace('""', '"').strip("\n") for literal in _LITERAL.findall(formula)]
        # "An" & "na W" & "eber", and "Anna" & A1 & "Weber".
        for text in {"".join(literals), " ".join(literals)}:
            line = " ".join(text.split())
            if line and len(self._texts) < _MOST:
                self._texts[line] = None
            elif line:
                self._missed += line not in self._texts
        self._calls += _CALLS.search(_LITERAL.sub('""', formula)) is not None


def _spelled(match: re.Match[str]) -> str:
    number = int(match[1])
    character = chr(number) if number < 0xD800 or 0xE000 <= number < 0x110000 else " "
    return '"' + character.replace('"', '""') + '"'
