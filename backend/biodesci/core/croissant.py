"""What a card says of a dataset: its columns, summed up so that it is safe to publish, and its file.

A card is public for ever, so it holds no raw values: no minimum or maximum, no count below 11, and nothing
from which one could be worked out by subtraction (complementary suppression; Hundepool et al., Statistical
Disclosure Control, 2012, ch. 4).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from biodesci.core import duo
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import (
    SMALL,
    Category,
    Column,
    DatasetCard,
    DataType,
    FileObject,
    IdentifierCheck,
    Interval,
    Organization,
    PermittedDiseases,
    RecordSet,
    Statistics,
)
from biodesci.core.errors import InputError

_BINS: Final = 10
_MAX_CATEGORIES: Final = 20
_DATA_TYPES: Final[dict[str, DataType]] = {
    "number": "sc:Float",
    "integer": "sc:Integer",
    "boolean": "sc:Boolean",
    "text": "sc:Text",
    "date": "sc:Date",
}


def summarize(
    name: str, values: Sequence[float | str | None], kind: str, *, unit: str = "", description: str = ""
) -> Column:
    """A column of the card, safe to publish. `values` are numbers for number and integer, else texts.

    Raises InputError for an unknown `kind`.
    """
    if kind not in _DATA_TYPES:
        raise InputError(
            f"Column {name!r} has the unknown type {kind!r}.", f"One of: {', '.join(_DATA_TYPES)}."
        )
    return Column.of(name, _DATA_TYPES[kind], _statistics(values, kind), unit, description)


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
    check: IdentifierCheck,
    *,
    columns: Sequence[Column] = (),
    records: int | None = None,
    diseases: PermittedDiseases | None = None,
) -> DatasetCard:
    """The card of a dataset. `columns` and `records` are of a table; a small number of records is not told.

    Raises InputError without a name, for terms that permit nothing, and for what does not fit a card.
    """
    return DatasetCard(
        name=about.name,
        description=about.description,
        usage_info=tuple(duo.ids(about.terms)),
        terms=about.terms,
        distribution=(_file_object(file),),
        identifier_check=check,
        creator=Organization(name=about.creator) if about.creator else None,
        license=about.license or None,
        keywords=tuple(about.keywords) or None,
        records=records if records is not None and records >= SMALL else None,
        record_set=(RecordSet(field=tuple(columns)),) if columns else None,
        diseases=diseases,
    )


def _file_object(file: StoredFile) -> FileObject:
    return FileObject(
        name=file.name,
        content=file.content,
        size=file.info.size,
        encoding_format=file.encoding_format,
        sha256=file.info.sha256,
        content_root=file.info.content_root,
        segment_size=file.info.segment_size,
        plaintext_size=file.info.plaintext_size,
    )


def _statistics(values: Sequence[float | str | None], kind: str) -> Statistics:
    present = [value for value in values if value is not None and not _is_missing(value)]
    if len(present) < SMALL:
        return Statistics()
    numbers = [float(value) for value in present if kind in ("number", "integer")]
    bars: Sequence[Category | Interval] = (
        _number_bars(numbers) if numbers else _category_bars([str(value) for value in present])
    )
    nulls = len(values) - len(present)
    hidden = _suppressed([*(bar.count or 0 for bar in bars), nulls])
    visible: list[Category | Interval] = [
        bar.model_copy(update={"count": None}) if hide else bar
        for bar, hide in zip(bars, hidden, strict=False)
    ]
    mean, std = _moments(numbers)
    return Statistics(
        null_share=None if hidden[-1] else round(nulls / len(values), 3),
        mean=mean,
        std=std,
        histogram=tuple(_trimmed(visible)) or None,
    )


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


def _number_bars(numbers: Sequence[float]) -> list[Interval]:
    """Bins of a round width on a round grid, so that the edges tell no extreme value."""
    low, high = min(numbers), max(numbers)
    if not math.isfinite(high - low):
        return []
    width = _round_step((high - low) / _BINS) if high > low else max(1.0, _round_step(abs(low) / _BINS))
    first = math.floor(low / width)
    counts = Counter(math.floor(number / width) for number in numbers)
    last = max(counts)
    bins = last - first + 1
    if bins > 10 * _BINS or not all(math.isfinite(_tidy(edge * width)) for edge in (first, last + 1)):
        return []
    return [
        Interval(low=_tidy(i * width), high=_tidy((i + 1) * width), count=counts[i])
        for i in range(first, first + bins)
    ]


def _round_step(step: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= step * (1 - 1e-9))


def _category_bars(texts: Sequence[str]) -> list[Category]:
    """Values that at least 11 records share; rarer ones may name a person, so they are merged unnamed."""
    counts = Counter(texts)
    common = [(value, count) for value, count in counts.most_common(_MAX_CATEGORIES) if count >= SMALL]
    others = len(texts) - sum(count for _, count in common)
    bars = [Category(value=value[:80], count=count) for value, count in sorted(common)]
    return [*bars, Category(value="other", count=others)] if others else bars


def _trimmed(bars: list[Category | Interval]) -> list[Category | Interval]:
    """Without hidden or empty cells at the ends: where they begin and end is almost an extreme value."""
    if not bars or isinstance(bars[0], Category):
        return bars
    visible = [i for i, bar in enumerate(bars) if bar.count]
    return bars[visible[0] : visible[-1] + 1] if visible else []


def _moments(numbers: Sequence[float]) -> tuple[float | None, float | None]:
    """Mean and standard deviation; none of numbers whose squares are too large for a float."""
    if not numbers:
        return None, None
    try:
        mean = math.fsum(numbers) / len(numbers)
        variance = math.fsum((number - mean) ** 2 for number in numbers) / len(numbers)
    except OverflowError:
        return None, None
    mean, deviation = _tidy(mean, 3), _tidy(math.sqrt(variance), 3)
    return (mean, deviation) if math.isfinite(mean) and math.isfinite(deviation) else (None, None)


def _tidy(value: float, digits: int = 12) -> float:
    return float(f"{value:.{digits}g}")
