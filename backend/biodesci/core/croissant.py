"""Dataset cards: Croissant 1.0 JSON-LD with DUO terms, and the statistics that may stand in them.

Format: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. A card is public for ever, so it
holds no raw values: no minimum or maximum, no count below 11, and nothing from which one could be worked out
by subtraction (complementary suppression; Hundepool et al., Statistical Disclosure Control, 2012, ch. 4).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from biodesci.core import cid, duo
from biodesci.core.container import ContainerInfo
from biodesci.core.errors import InputError

SMALL: Final = 11
_BINS: Final = 10
_MAX_CATEGORIES: Final = 20
_DATA_TYPES: Final = {
    "number": "sc:Float",
    "integer": "sc:Integer",
    "boolean": "sc:Boolean",
    "text": "sc:Text",
    "date": "sc:Date",
}
_CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "biodesci": "urn:biodesci:",
    "DUO": "http://purl.obolibrary.org/obo/DUO_",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


@dataclass(frozen=True)
class Bar:
    """A cell of a histogram: a category, or numbers from `low` up to `high`. None: suppressed."""

    count: int | None
    value: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Column:
    """What the card says of a column. What is None is suppressed, or makes no sense for the type."""

    name: str
    type: str  # number, integer, boolean, text or date
    unit: str = ""
    description: str = ""
    null_share: float | None = None
    mean: float | None = None
    std: float | None = None
    histogram: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Card:
    """A parsed card."""

    name: str
    description: str
    terms: int
    content: bytes  # digest of the container's CID
    file_name: str
    content_root: bytes
    size: int
    plaintext_size: int
    segment_size: int
    sha256: bytes
    encoding_format: str
    records: int | None
    document: Mapping[str, Any]


def summarize(
    name: str, values: Sequence[float | str | None], kind: str, *, unit: str = "", description: str = ""
) -> Column:
    """Statistics of a column, safe to publish. `values` are numbers for number and integer, else texts.

    Raises InputError for an unknown `kind`.
    """
    if kind not in _DATA_TYPES:
        raise InputError(
            f"Column {name!r} has the unknown type {kind!r}.", f"One of: {', '.join(_DATA_TYPES)}."
        )
    present = [value for value in values if value is not None and not _is_missing(value)]
    empty = Column(name, kind, unit, description)
    if len(present) < SMALL:
        return empty
    numbers = [float(value) for value in present if kind in ("number", "integer")]
    bars = _number_bars(numbers) if numbers else _category_bars([str(value) for value in present])
    nulls = len(values) - len(present)
    hidden = _suppressed([*(bar.count or 0 for bar in bars), nulls])
    visible = [
        Bar(None if hide else b.count, b.value, b.low, b.high) for b, hide in zip(bars, hidden, strict=False)
    ]
    mean, std = _moments(numbers)
    return Column(
        name,
        kind,
        unit,
        description,
        None if hidden[-1] else round(nulls / len(values), 3),
        mean,
        std,
        tuple(_trimmed(visible)),
    )


@dataclass(frozen=True)
class About:
    """What a dataset's owner says about it; `terms` are the bits of its data use terms (core/duo.py)."""

    name: str
    description: str
    terms: int
    creator: str = ""
    license: str = ""
    keywords: Sequence[str] = ()


@dataclass(frozen=True)
class StoredFile:
    """The encrypted file: the CID digest of its container, what the container says, and name and media type
    of the plain file."""

    content: bytes
    info: ContainerInfo
    name: str
    encoding_format: str


def build(
    about: About,
    file: StoredFile,
    *,
    columns: Sequence[Column] = (),
    records: int | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The card as a JSON object. `extra` are further `biodesci:` entries (the check's report, say).

    Raises InputError without a name, and for terms that permit nothing.
    """
    if not about.name.strip():
        raise InputError("A dataset needs a name.", "Give --name.")
    if not duo.is_valid(about.terms):
        raise InputError("The terms permit nothing.", "Name a permission, such as GRU or HMB.")
    card: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS_TO,
        "name": about.name,
        "description": about.description,
        "usageInfo": duo.ids(about.terms),
        "biodesci:terms": str(about.terms),
        "distribution": [_file_object(file)],
    }
    if about.creator:
        card["creator"] = {"@type": "sc:Organization", "name": about.creator}
    if about.license:
        card["license"] = about.license
    if about.keywords:
        card["keywords"] = list(about.keywords)
    if records is not None and records >= SMALL:
        card["biodesci:records"] = records
    if columns:
        card["recordSet"] = [
            {
                "@type": "cr:RecordSet",
                "@id": "records",
                "name": "records",
                "field": [_field(column) for column in columns],
            }
        ]
    for key, value in (extra or {}).items():
        card[f"biodesci:{key}"] = value
    return card


def parse(data: bytes) -> Card:
    """Reads somebody's card. Raises InputError naming what is wrong with it."""
    try:
        document = json.loads(data)
        file = document["distribution"][0]
        url = file["contentUrl"]
        terms = duo.bits(document["usageInfo"])
        records = document.get("biodesci:records")
        card = Card(
            name=_text(document["name"]),
            description=_text(document.get("description", "")),
            terms=terms,
            content=cid.to_digest(url.removeprefix("ipfs://")),
            file_name=_text(file["name"]),
            content_root=_digest(file["biodesci:contentRoot"]),
            size=_size(file["contentSize"]),
            plaintext_size=_size(file["biodesci:plaintextSize"]),
            segment_size=_size(file["biodesci:segmentSize"]),
            sha256=_digest(file["sha256"]),
            encoding_format=_text(file["encodingFormat"]),
            records=None if records is None else _size(records),
            document=document,
        )
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as exc:
        what = f"lacks {exc}" if isinstance(exc, KeyError) else f"is malformed ({type(exc).__name__})"
        raise InputError(
            f"The card {what}.",
            "Its publisher has to publish it again with a Croissant card as in docs/protocol.md.",
        ) from exc
    if document.get("conformsTo") != _CONFORMS_TO or not card.name.strip() or not duo.is_valid(terms):
        raise InputError(
            "The card is not a Croissant 1.0 card with a name and DUO terms.",
            "Its publisher has to publish it again.",
        )
    return card


def _file_object(file: StoredFile) -> dict[str, Any]:
    info = file.info
    return {
        "@type": "cr:FileObject",
        "@id": "container",
        "name": file.name,
        "contentUrl": f"ipfs://{cid.from_digest(file.content)}",
        "contentSize": f"{info.size} B",
        "encodingFormat": file.encoding_format,
        "sha256": info.sha256.hex(),
        "biodesci:contentRoot": "0x" + info.content_root.hex(),
        "biodesci:segmentSize": info.segment_size,
        "biodesci:plaintextSize": info.plaintext_size,
    }


def _field(column: Column) -> dict[str, Any]:
    statistics: dict[str, Any] = {
        "nullShare": column.null_share,
        "mean": column.mean,
        "std": column.std,
        "histogram": [
            {"value": bar.value, "count": bar.count}
            if bar.value is not None
            else {"from": bar.low, "to": bar.high, "count": bar.count}
            for bar in column.histogram
        ],
    }
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"records/{column.name}",
        "name": column.name,
        "description": column.description,
        "dataType": _DATA_TYPES[column.type],
        "source": {"fileObject": {"@id": "container"}, "extract": {"column": column.name}},
        "biodesci:statistics": {key: value for key, value in statistics.items() if value not in (None, [])},
    }
    if column.unit:
        field["biodesci:unit"] = column.unit
    return field


def _is_missing(value: float | str) -> bool:
    return value == "" or (isinstance(value, float) and not math.isfinite(value))


def _suppressed(counts: Sequence[int]) -> list[bool]:
    """Which cells to hide: those of 1 to 10, and then the next smallest until nothing can be worked out."""
    hidden = [0 < count < SMALL for count in counts]
    by_size = sorted((i for i, count in enumerate(counts) if count >= SMALL), key=lambda i: counts[i])
    while any(hidden) and by_size:
        # The total is known, so the hidden cells' sum is: it must be large, and of several cells.
        if sum(hidden) > 1 and sum(c for c, hide in zip(counts, hidden, strict=True) if hide) >= SMALL:
            break
        hidden[by_size.pop(0)] = True
    return hidden


def _number_bars(numbers: Sequence[float]) -> list[Bar]:
    """Bins of a round width on a round grid, so that the edges tell no extreme value."""
    low, high = min(numbers), max(numbers)
    if not math.isfinite(high - low):
        return []
    width = _round_step((high - low) / _BINS) if high > low else max(1.0, _round_step(abs(low) / _BINS))
    first = math.floor(low / width)
    counts = Counter(math.floor(number / width) for number in numbers)
    bins = max(counts) - first + 1
    if bins > 10 * _BINS:
        return []
    return [
        Bar(counts[i], None, _tidy(i * width), _tidy((i + 1) * width)) for i in range(first, first + bins)
    ]


def _round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= step * (1 - 1e-9))


def _category_bars(texts: Sequence[str]) -> list[Bar]:
    """Values that at least 11 records share; rarer ones may name a person, so they are merged unnamed."""
    counts = Counter(texts)
    common = [(value, count) for value, count in counts.most_common(_MAX_CATEGORIES) if count >= SMALL]
    others = len(texts) - sum(count for _, count in common)
    bars = [Bar(count, value[:80]) for value, count in sorted(common)]
    return [*bars, Bar(others, "other")] if others else bars


def _trimmed(bars: list[Bar]) -> list[Bar]:
    """Without hidden or empty cells at the ends: where they begin and end is almost an extreme value."""
    if not bars or bars[0].value is not None:
        return bars
    visible = [i for i, bar in enumerate(bars) if bar.count]
    return bars[visible[0] : visible[-1] + 1] if visible else []


def _moments(numbers: Sequence[float]) -> tuple[float | None, float | None]:
    if not numbers:
        return None, None
    mean = math.fsum(numbers) / len(numbers)
    variance = math.fsum((number - mean) ** 2 for number in numbers) / len(numbers)
    return _tidy(mean, 3), _tidy(math.sqrt(variance), 3)


def _tidy(value: float, digits: int = 12) -> float:
    return float(f"{value:.{digits}g}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _size(value: object) -> int:
    """Sizes are numbers, or text such as "1234 B"."""
    size = int(str(value).split()[0])
    if size < 0 or isinstance(value, bool):
        raise ValueError("not a size")
    return size


def _digest(value: object) -> bytes:
    digest = bytes.fromhex(_text(value).removeprefix("0x"))
    if len(digest) != 32:
        raise ValueError("not 32 bytes")
    return digest
