"""Names of columns of several parts, each of which may say what it holds: "Kfz-Kennz./FIN", "KVNR (eGK)"."""

from __future__ import annotations

import re
from typing import Final

from biodesci.inspection.identifiers import lexicon
from biodesci.inspection.identifiers.lexicon import Part
from biodesci.inspection.identifiers.spelling import plain, spaced

# A slash between single letters is an abbreviation's: a/c, p/code, Angehörige/r.
_BETWEEN: Final = re.compile(r"[()\[\]{}<>|;:,、・【】「」]|\s-\s|(?<=\w\w)\.?\s*/\s*(?=\w\w)|(?<=\s)/(?=\s)")
_ONE: Final = (
    r"(?:[kmcdnpfuµμMG]?(?:g|l|L|m|mol|M|s|IU|U|[Ee]q|Pa|V|A|Hz|Bq|cal|J|W|[Oo]sm)|mmHg|min|h|d|wk|"
    r"mo|yrs?|bpm|gsm|pts?|dB|cells?|copies|pp[mb]|au|\d+|%|‰|°[CF])"
)
_UNIT: Final = re.compile(rf"(?=..|%){_ONE}\d?(?:[ /·*^x-]+{_ONE}\d?)*")
_HOW_MANY: Final = frozenset(("n", "N", "n=", "N=", "k"))
# Words that are an alternative beside an identifier, and make a phrase with it another thing's.
_MAY_STAND_BESIDE: Final = frozenset(("name", "names", "date", "datum", "fecha", "country", "pays", "land"))


def parts(name: str) -> tuple[str, ...]:
    """The parts of a name that has several; none where one of them is of a count, a type or a unit."""
    several = tuple(part.strip(" .") for part in _split(name))
    if len(several) < 2 or is_quantity(name) or any(map(_is_of_something_else, several)):
        return ()
    return several


def is_quantity(name: str) -> bool:
    """Whether one of a name's parts is a unit, or that it is of how many: "Reg. (n)"."""
    several = _split(name)
    return len(several) > 1 and any(part in _HOW_MANY or _UNIT.fullmatch(part) for part in several)


def _split(name: str) -> list[str]:
    return [part for text in _BETWEEN.split(plain(name)) if (part := text.strip())]


def _is_of_something_else(part: str) -> bool:
    words = lexicon.words(spaced(part))
    return any(Part.ELSE in word.parts and word.text not in _MAY_STAND_BESIDE for word in words)
