"""FHIR: names, addresses, narratives and free texts go, ids become hashes, dates move by person."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any, Final

from biodesci.inspection.deidentify.mend import Action, Mends
from biodesci.inspection.deidentify.secret import Secret
from biodesci.inspection.deidentify.values import OLD, oldest_year
from biodesci.inspection.formats.fhir.elements import TECHNICAL
from biodesci.inspection.formats.fhir.file import documents
from biodesci.inspection.source import Source

_GONE: Final = frozenset(
    {
        "name",
        "telecom",
        "address",
        "photo",
        "text",
        "contact",
        "identifier",
        "note",
        "comment",
        "description",
        "conclusion",
        "div",
        "data",
        "url",
        "title",
        "extension",
        "modifierExtension",
        "meta",
        "patientInstruction",
        "details",
        "link",
    }
)
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(.*)", re.DOTALL)
_MONTH: Final = re.compile(r"(\d{4})-\d{2}")
_YEAR: Final = re.compile(r"\d{4}")
_LONGEST_LIFE: Final = 125
_OLD: Final = "it tells an age over 89"
_PERSONS: Final = ("subject", "patient", "individual", "beneficiary")


def mend(path: Path, target: Path, secret: Secret, mends: Mends) -> None:
    """Writes a de-identified copy of FHIR JSON or NDJSON: a document in each line."""
    with target.open("w", encoding="utf-8") as stream:
        for _, document in documents(Source.of(path)):
            stream.write(json.dumps(_Mending(secret, mends).resource(document), ensure_ascii=False))
            stream.write("\n")


class _Mending:
    def __init__(self, secret: Secret, mends: Mends, person: str = "") -> None:
        self._secret, self._mends, self._person = secret, mends, person

    def resource(self, resource: dict[str, Any]) -> dict[str, Any]:
        kind = str(resource.get("resourceType"))
        inner = _Mending(self._secret, self._mends, _person(resource, kind) or self._person)
        return inner.node(resource, kind)

    def node(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        is_coded = "code" in node or "system" in node or "coding" in node
        for name, value in node.items():
            place = f"{path}.{name}" if name.isidentifier() else f"{path}.(an unknown element)"
            if name in _GONE and not (name == "url" and not isinstance(value, str)):
                self._mends.add(place, Action.REMOVED, "it may say who it is")
                continue
            parts = value if isinstance(value, list) else [value]
            mended = [self._value(name, part, place, is_coded) for part in parts]
            mended = [part for part in mended if part is not None and part not in ({}, [])]
            if mended:
                kept[name] = mended if isinstance(value, list) else mended[0]
        return kept

    def _value(self, name: str, value: Any, place: str, is_coded: bool) -> Any:
        if isinstance(value, str):
            return self._string(name, value, place, is_coded)
        if not isinstance(value, dict):
            return value
        if "resourceType" in value:
            return self.resource(value)
        return self._aged(name, self.node(value, place), place)

    def _string(self, name: str, value: str, place: str, is_coded: bool) -> str | None:
        if name in {"id", "reference", "fullUrl"}:
            return self._id(value, place)
        match = _DAY.fullmatch(value)
        if name != "birthDate" and match:
            return self._moved(match, place)
        if name == "birthDate" or _MONTH.fullmatch(value) or _YEAR.fullmatch(value):
            return self._year(name, value, place)
        is_type = name.startswith("value") and name not in {"valueString", "valueMarkdown"}
        if name in TECHNICAL or is_type or (name == "display" and is_coded):
            return value
        self._mends.add(place, Action.REMOVED, "free text, or an element that is not known")
        return None

    def _year(self, name: str, value: str, place: str) -> str | None:
        is_birth = name == "birthDate"
        # Four digits may be another number than a year.
        if int(value[:4]) <= oldest_year() and (is_birth or int(value[:4]) in _years_of_the_old()):
            self._mends.add(place, Action.REMOVED, _OLD)
            return None
        if len(value) > len("2019"):
            what = "a date of birth" if is_birth else "a month"
            self._mends.add(place, Action.GENERALISED, f"{what} becomes its year")
        return value[:4]

    def _id(self, value: str, place: str) -> str:
        start, slash, own = value.rpartition("/")
        if not slash:
            start = next((mark for mark in ("urn:uuid:", "#") if value.startswith(mark)), "")
            own = value.removeprefix(start)
        self._mends.add(place, Action.REPLACED, "an id becomes a keyed hash, whose key is kept nowhere")
        kind = start.rsplit("/", 1)[-1] + slash if slash else start
        return f"{kind}{self._secret.uuid(own)}"

    def _moved(self, match: re.Match[str], place: str) -> str | None:
        try:
            day = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            self._mends.add(place, Action.REMOVED, "it is no date")
            return None
        moved = self._secret.moved(day, self._person)
        if min(day.year, moved.year) <= oldest_year():
            self._mends.add(place, Action.REMOVED, _OLD)
            return None
        self._mends.add(place, Action.SHIFTED, "all dates of a person by the same number of days")
        return f"{moved.isoformat()}{match[4]}"

    def _aged(self, name: str, node: dict[str, Any], place: str) -> dict[str, Any]:
        value = node.get("value")
        if name.endswith("Age") and isinstance(value, int | float) and value >= OLD:
            self._mends.add(place, Action.GENERALISED, "ages over 89 become 89")
            return {**node, "value": OLD - 1}
        return node


def _years_of_the_old() -> range:
    """Years in which who lives may have been born, and be over 89; four digits may be another number, too."""
    return range(date.today().year - _LONGEST_LIFE, oldest_year() + 1)


def _person(resource: dict[str, Any], kind: str) -> str:
    """Whose record a resource is: the last part of the reference, which is the patient's own id."""
    if kind == "Patient":
        return str(resource.get("id", ""))
    for name in _PERSONS:
        reference = resource.get(name)
        if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
            return str(reference["reference"]).rsplit("/", 1)[-1].removeprefix("urn:uuid:")
    return ""
