"""JSON beside an image, whose keys are DICOM's keywords: what converters copied out of the scanner's file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Passage
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.tally import Tally

_DEEPEST: Final = 50
_LONGEST_TEXT: Final = 1 << 16
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
PUBLIC: Final = frozenset(
    {
        "Authors",
        "Acknowledgements",
        "HowToAcknowledge",
        "Funding",
        "EthicsApprovals",
        "ReferencesAndLinks",
        "DatasetDOI",
        "BIDSVersion",
        "License",
        "GeneratedBy",
    }
)
"""Of a dataset's description: who made it, which it says to everybody."""


def look(document: Any, place: str, tally: Tally, depth: int = 0) -> Iterator[Passage]:
    """Tallies the document's fields as the attributes that they are called after; yields other texts."""
    if depth > _DEEPEST:
        raise InputError("A JSON document is nested more than 50 deep.", "Leave it out.")
    if isinstance(document, dict):
        for key, value in document.items():
            if key in PUBLIC:
                continue
            if isinstance(value, dict | list):
                yield from look(value, f"{place}, {key[:40]}", tally, depth + 1)
            elif value is not None and not isinstance(value, bool):
                yield from _field(key, str(value), f"{place}, {key[:40]}", tally)
    elif isinstance(document, list):
        for value in document:
            if isinstance(value, str | dict | list):
                yield from look({"": value} if isinstance(value, str) else value, place, tally, depth + 1)


def _field(key: str, text: str, place: str, tally: Tally) -> Iterator[Passage]:
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # noqa: PLC0415  # slow to load

    from biodesci.inspection.formats.dicom.attributes import Attribute  # noqa: PLC0415  # as above

    tag = tag_for_keyword(re.sub(r"[^A-Za-z]", "", key))
    if tag is not None:
        verdict = Attribute(tag, dictionary_VR(tag), key, text, False, False).verdict()
        if verdict is None:
            return
        if verdict.kind:
            tally.add(place, verdict.kind, verdict.level, verdict.reason)
        if not verdict.check_text:
            return
    elif _DAY.match(text):
        tally.add(place, "date", Level.STOP, "days of a visit or a treatment lead to a person")
        return
    elif _TIME.fullmatch(text) or re.fullmatch(r"[-+\d.eE]*", text):
        return
    yield from tally.passages(place, text[:_LONGEST_TEXT])
