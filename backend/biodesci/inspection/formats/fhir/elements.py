"""What elements of a FHIR resource say of a person, by the names and shapes of R4 (hl7.org/fhir/R4).

The names of elements and the shapes of their values are gone by, and not the resource's definition: what no
definition foresees is looked at as well.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Passage
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.tally import Tally

_DEEPEST: Final = 100
_LONGEST_TEXT: Final = 1 << 16
_OLD: Final = 90
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEAR: Final = re.compile(r"\d{4}$")
_MONTH: Final = re.compile(r"\d{4}-\d{2}$")
_TAGS: Final = re.compile(r"<[^>]*>")
_OPAQUE_ID: Final = re.compile(
    r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{32,64}|[A-Za-z]{0,12}[-.]?\d{1,5}", re.IGNORECASE
)
_PEOPLE: Final = re.compile(r"(^|/)(Patient|Practitioner|RelatedPerson|Person)(/|\?|$)")

# Strings that say what something is, and never whom it is of.
TECHNICAL: Final = frozenset(
    {
        "resourceType",
        "code",
        "system",
        "url",
        "status",
        "use",
        "unit",
        "type",
        "language",
        "contentType",
        "versionId",
        "profile",
        "hash",
        "linkId",
        "gender",
        "mode",
        "kind",
        "intent",
        "priority",
        "comparator",
        "criticality",
        "verificationStatus",
        "clinicalStatus",
        "period",
        "version",
        "expression",
        "operator",
        "relation",
        "implicitRules",
        "lang",
    }
)
_FREE: Final = frozenset(
    {
        "note",
        "comment",
        "comments",
        "conclusion",
        "description",
        "valueString",
        "valueMarkdown",
        "patientInstruction",
        "authorString",
        "instruction",
        "summary",
        "details",
        "content",
        "answer",
        "contentString",
        "reason",
        "text",
    }
)
_INSTITUTIONS: Final = frozenset(
    {"Organization", "Location", "HealthcareService", "Endpoint", "Device", "Medication", "InsurancePlan"}
)
_TOLD_BY_URL: Final = (
    (re.compile(r"mothersMaidenName|humanname|own-name|maiden", re.IGNORECASE), "name"),
    (re.compile(r"birthTime$"), "date of birth"),
    (re.compile(r"birthPlace|geolocation|latitude|longitude", re.IGNORECASE), "address"),
)


class Walk:
    """Walks through resources one by one, and tallies what may name people."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def resource(self, resource: dict[str, Any], depth: int = 0) -> Iterator[Passage]:
        """Takes a resource in; yields the texts that stand in it for the first time at their place."""
        name = resource.get("resourceType")
        yield from self._object(
            resource, name if isinstance(name, str) and name.isalpha() else "resource", depth
        )

    def _object(self, node: dict[str, Any], path: str, depth: int) -> Iterator[Passage]:
        if depth > _DEEPEST:
            raise InputError("A FHIR resource is nested more than 100 deep.", "Leave it out.")
        key = path.rsplit(".", 1)[-1]
        is_settled = self._shape(node, key, path)
        for name, value in node.items():
            if isinstance(value, str) and (is_settled or name in TECHNICAL):
                continue
            place = f"{path}.{name}" if name.isidentifier() else f"{path}.(an unknown element)"
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict) and "resourceType" in part:
                    yield from self.resource(part, depth + 1)
                elif isinstance(part, dict):
                    yield from self._object(part, place, depth + 1)
                elif isinstance(part, list):
                    raise InputError("A FHIR element is a list within a list.", "Export the resource again.")
                elif isinstance(part, str) and not is_settled and name not in TECHNICAL:
                    yield from self._string(node, name, part, place)

    def _shape(self, node: dict[str, Any], key: str, path: str) -> bool:
        """Whether the object is one that a finding settles: a name, an address, an identifier."""
        kind, reason = "", ""
        if "family" in node or "given" in node or (key in {"name", "valueHumanName"} and "text" in node):
            if node.get("use") == "anonymous":
                return False
            kind, reason = "name", "it is a person's name"
        elif key in {"telecom", "valueContactPoint"} and node.get("value"):
            kind, reason = "telephone number or e-mail address", "a person is reached by it"
        elif (
            key in {"address", "valueAddress"}
            and {"line", "text", "city", "district", "postalCode"} & node.keys()
        ):
            kind, reason = "address", "it says where a person lives"
        elif key in {"identifier", "valueIdentifier"} and node.get("value"):
            kind, reason = "record number", "it leads to a person in the system that gave it"
        elif key == "photo":
            kind, reason = "photograph", "it shows a person"
        elif key.endswith("Age") and _number(node.get("value")) >= _OLD and node.get("code", "a") == "a":
            kind, reason = "age over 89", "few people are as old"
        elif isinstance(node.get("url"), str):
            kind = next((kind for pattern, kind in _TOLD_BY_URL if pattern.search(node["url"])), "")
            reason = "the extension's address says what it holds"
        if kind and path.split(".", 1)[0] in _INSTITUTIONS:
            self._tally.add(
                path, "institution or device", Level.ASK, "it names an institution, and no person"
            )
        elif kind:
            self._tally.add(path, kind, Level.STOP, reason)
        return bool(kind)

    def _string(self, node: dict[str, Any], name: str, text: str, place: str) -> Iterator[Passage]:
        if not text.strip() or name == "lastUpdated" or _YEAR.match(text):
            return
        if name == "div":
            self._tally.add(place, "narrative", Level.ASK, "a text that was made of the resource")
            yield from self._tally.passages(place, _TAGS.sub(" ", text)[:_LONGEST_TEXT])
        elif name == "data" and len(node) <= 10:
            yield from self._attachment(node, text, place)
        elif _DAY.match(text) or _MONTH.match(text):
            self._date(name, text, place)
        elif name in {"id", "reference"}:
            yield from self._id(text, place)
        elif name == "display" and _PEOPLE.search(str(node.get("reference", node.get("type", "")))):
            self._tally.add(place, "name", Level.STOP, "it is how a person is shown")
        elif name == "fullUrl":
            if not text.startswith("urn:"):
                self._tally.add(place, "address of a server", Level.NOTE, "it leads to the institution")
        else:
            if name in _FREE and "coding" not in node:
                self._tally.add(place, "free text", Level.ASK, "people may be named in it")
            yield from self._tally.passages(place, text[:_LONGEST_TEXT])

    def _date(self, name: str, text: str, place: str) -> None:
        if name == "birthDate":
            level = Level.STOP if _DAY.match(text) else Level.ASK
            self._tally.add(place, "date of birth", level, "it is a person's birthday")
        elif name == "deceasedDateTime" and _DAY.match(text):
            self._tally.add(place, "date of death", Level.STOP, "deaths are published by day")
        elif _DAY.match(text):
            self._tally.add(place, "date", Level.ASK, "days of a treatment lead to a person unless shifted")

    def _id(self, text: str, place: str) -> Iterator[Passage]:
        own = text.rstrip("/").rsplit("/", 1)[-1].removeprefix("urn:uuid:").lstrip("#")
        if _OPAQUE_ID.fullmatch(own):
            return
        self._tally.add(
            place, "resource id", Level.ASK, "it isn't random, so it may be a record number or a name"
        )
        yield from self._tally.passages(place, re.sub(r"[-._]", " ", own))

    def _attachment(self, node: dict[str, Any], text: str, place: str) -> Iterator[Passage]:
        if str(node.get("contentType", "")).startswith("text/"):
            try:
                content = base64.b64decode(text, validate=False)
            except (binascii.Error, ValueError):
                content = b""
            if content:
                self._tally.add(place, "attached text", Level.ASK, "people may be named in it")
                start = content[:_LONGEST_TEXT].decode("utf-8", "replace")
                yield from self._tally.passages(place, _TAGS.sub(" ", start))
                if len(content) <= _LONGEST_TEXT:
                    return
        if "dimensions" not in node:  # SampledData, which is numbers
            self._tally.add(place, "attached document", Level.STOP, "nobody looked into it")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
