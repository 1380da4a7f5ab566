"""FHIR: names, addresses, narratives and free texts go, ids become hashes, dates move by person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.plan import OF_PERSON, Making
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
_PEOPLE: Final = frozenset({"Patient", "Person", "RelatedPerson", "Practitioner"})
_PERSON: Final = re.compile(r"(?:^|/)(?:Patient|Person|RelatedPerson|Practitioner)/([^/?|]+)")
_PERSONS: Final = ("subject", "patient", "individual", "beneficiary")


def ids(path: Path) -> Iterator[str]:
    """The ids of persons in FHIR: of their resources, in references to these, and in their identifiers."""
    for _, document in documents(Source.of(path)):
        yield from _ids(document)


def _ids(node: Any) -> Iterator[str]:
    for part in node if isinstance(node, list) else ():
        yield from _ids(part)
    if not isinstance(node, dict):
        return
    match = _PERSON.search(str(node.get("reference", "")))
    if match is not None:
        yield match[1]
    if str(node.get("resourceType")) in _PEOPLE:
        yield str(node.get("id", ""))
        identifiers = node.get("identifier")
        for identifier in identifiers if isinstance(identifiers, list) else ():
            if isinstance(identifier, dict):
                yield str(identifier.get("value", ""))
    for value in node.values():
        yield from _ids(value)


def mend(path: Path, target: Path, making: Making) -> None:
    """Writes a de-identified copy of FHIR JSON or NDJSON: a document in each line."""
    with target.open("w", encoding="utf-8") as stream:
        for _, document in documents(Source.of(path)):
            stream.write(json.dumps(_Mending(making).resource(document), ensure_ascii=False))
            stream.write("\n")


class _Mending:
    def __init__(self, making: Making, person: str = "") -> None:
        self._making, self._person = making, person
        self._secret, self._mends = making.secret, making.mends

    def resource(self, resource: dict[str, Any]) -> dict[str, Any]:
        kind = str(resource.get("resourceType"))
        inner = _Mending(self._making, _person(resource, kind) or self._person)
        return inner.node(resource, kind)

    def node(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        is_coded = "code" in node or "system" in node or "coding" in node
        for name, value in node.items():
            place = f"{path}.{name}" if name.isidentifier() else f"{path}.(an unknown element)"
            if name in _GONE and not (name == "url" and not isinstance(value, str)):
                self._mends.add(place, Action.REMOVED, "it may say who it is")
                continue
            if self._making.shared.holds(name):
                self._note_id(f"{path}.(an unknown element)")
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
            # What is called "value" is an amount, of a quantity.
            is_id = type(value) is int and name != "value" and self._making.shared.holds(str(value))
            if not is_id:
                return value
            self._note_id(place)
            return None
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
            if not self._making.shared.holds(value):
                return value
            self._note_id(place)
            return None
        self._mends.add(place, Action.REMOVED, "free text, or an element that is not known")
        return None

    def _note_id(self, place: str) -> None:
        self._mends.add(place, Action.REMOVED, OF_PERSON)

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
