"""FHIR as JSON: one resource or bundle, or a resource in each line."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Rows, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.fhir.elements import Walk
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_START: Final = re.compile(rb'^(\xef\xbb\xbf)?\s*\{[^{}\[\]]{0,4096}?"resourceType"\s*:\s*"[A-Za-z]+"')
_ANYWHERE: Final = re.compile(rb'"resourceType"\s*:\s*"[A-Za-z]+"')
_LARGEST: Final = 256 << 20  # of a document that is read whole
_LONGEST_LINE: Final = 64 << 20
_VALIDATED: Final = 50  # resources of each type that are held against R4
_BATCH: Final = 50_000
_SCHEMA: Final = pa.schema([("resource_type", pa.string()), ("status", pa.string())])


class Fhir:
    """Resources in JSON."""

    name = "FHIR R4"
    media_type = "application/fhir+json"

    def recognises(self, source: Source) -> bool:
        """A JSON object that says which type of resource it is, at its beginning or in its first line."""
        if not source.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return False
        if _START.match(source.head):
            return True
        first = source.head.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0]
        if _ANYWHERE.search(first):
            return True
        return b'"fullUrl"' in source.head and bool(_ANYWHERE.search(source.head))

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings by element, texts, and a table of the resources' types and states."""
        tally = Tally(source.where)
        walk, validated = Walk(tally), Counter[str]()
        met: Counter[tuple[str, str | None]] = Counter()
        for resource in _resources(source):
            name, status = str(resource.get("resourceType")), resource.get("status")
            met[name, status if isinstance(status, str) else None] += 1
            validated[name] += 1
            if validated[name] <= _VALIDATED and not _is_valid(name, resource):
                reason = "R4 does not describe it so; its elements were looked at all the same"
                tally.add("resources", "resource that is not valid", Level.NOTE, reason)
            yield from walk.resource(resource)
        rows = Rows.PEOPLE if {name for name, _ in met} == {"Patient"} else Rows.THINGS
        yield Table("resources", _SCHEMA, _batches(met), rows=rows)
        yield from tally.findings()


def _batches(met: Counter[tuple[str, str | None]]) -> Iterator[pa.RecordBatch]:
    """A row for each resource, those of one kind after the other."""
    for (name, status), amount in met.items():
        for start in range(0, amount, _BATCH):
            rows = min(_BATCH, amount - start)
            columns = [pa.array([name] * rows, pa.string()), pa.array([status] * rows, pa.string())]
            yield pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def _resources(source: Source) -> Iterator[dict[str, Any]]:
    """The resources; of a bundle each entry's, the bundle itself without them first."""
    for place, document in documents(source):
        if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
            raise InputError(f"{place} is no FHIR resource: it names no resourceType.", "Export it again.")
        entries = document.get("entry")
        if document["resourceType"] != "Bundle" or not isinstance(entries, list):
            yield document
            continue
        yield {**document, "entry": [_without_resource(entry) for entry in entries]}
        for entry in entries:
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield entry["resource"]


def _without_resource(entry: object) -> object:
    if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
        return {name: value for name, value in entry.items() if name != "resource"}
    return entry


def documents(source: Source) -> Iterator[tuple[str, Any]]:
    """The JSON documents with their places: one, or one in each line. Raises InputError for damage."""
    with source.open() as stream:
        first = stream.readline(_LONGEST_LINE).lstrip(b"\xef\xbb\xbf")
        while first and not first.strip():
            first = stream.readline(_LONGEST_LINE)
        try:
            document = _parsed(first, "Line 1")
        except InputError:
            rest = stream.read(_LARGEST + 1 - len(first))
            if len(first) + len(rest) > _LARGEST:
                raise InputError(
                    "This FHIR document has more than 256 MiB.",
                    "Export it as NDJSON, a resource in each line.",
                ) from None
            yield "The file", _parsed(first + rest, "The file")
            return
        yield "Line 1", document
        number = 1
        while line := stream.readline(_LONGEST_LINE):
            number += 1
            if line.strip():
                yield f"Line {number}", _parsed(line, f"Line {number}")


def _parsed(raw: bytes, place: str) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise InputError(f"{place} nests objects without an end.", "Leave it out.") from None
    except ValueError:  # a UnicodeDecodeError is one, too
        advice = "Export it again: in UTF-8, each field of an object once, each resource whole."
        raise InputError(f"{place} is no JSON that can be read.", advice) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands in an object twice")
    return fields


def _is_valid(name: str, resource: dict[str, Any]) -> bool:
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415  # slow to load

    try:
        get_fhir_model_class(name).model_validate(resource)
    except (ValueError, KeyError, LookupError, TypeError, AttributeError):
        return False
    return True
