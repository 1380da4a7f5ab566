"""What a dataset's card says: what its owner says, and what the file holds, which is looked into before it is
published. Identifiers stop it, a table is summed up."""

from __future__ import annotations

import csv
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from biodesci.core import croissant, identifiers
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import Column, DatasetCard, IdentifierCheck, PermittedDiseases
from biodesci.core.errors import InputError

_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}
_MISSING: Final = {"", "na", "n/a", "nan", "null", "none", "?"}
_CSV_FIELD_LIMIT: Final = 1 << 20


@dataclass(frozen=True)
class DatasetMeta:
    """What the card says. `terms` are DUO bits; `accept_risk` is the reason to publish in spite of hits.

    `diseases` are those that the term DS permits; without them a person judges each purchase.
    """

    name: str
    description: str
    terms: int
    creator: str = ""
    license: str = ""
    keywords: tuple[str, ...] = ()
    parents: tuple[int, ...] = ()
    encoding_format: str | None = None
    accept_risk: str | None = None
    diseases: PermittedDiseases | None = None


@dataclass(frozen=True)
class Inspected:
    """What a file holds. `records` and `columns` are of a table; an opaque file has neither."""

    encoding_format: str
    records: int | None
    columns: tuple[Column, ...]
    check: IdentifierCheck


def inspect(file: Path, accept_risk: str | None) -> Inspected:
    """Raises InputError naming the place where a person may be recognised, unless a reason accepts that."""
    table = _read(file) if file.suffix.lower() in _SEPARATORS else None
    findings = tuple(map(str, identifiers.check({"file name": [file.stem], **(table or {})})))
    if findings and not (accept_risk or "").strip():
        raise InputError(
            f"{file.name} may name people: {'; '.join(findings)}.",
            "Remove these, or publish in spite of them with a reason: --accept-risk REASON.",
        )
    check = IdentifierCheck(
        checked="file name" if table is None else "column names, values, file name",
        findings=findings,
        accepted_risk=accept_risk if findings else None,
    )
    if table is None:
        guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Inspected(guessed, None, (), check)
    columns = tuple(_summary(name, values) for name, values in table.items())
    records = max((len(values) for values in table.values()), default=0)
    kind = "text/csv" if file.suffix.lower() == ".csv" else "text/tab-separated-values"
    return Inspected(kind, records, columns, check)


def compose(
    meta: DatasetMeta, inspected: Inspected, file_name: str, content: bytes, info: ContainerInfo
) -> DatasetCard:
    """The card of a publication. `content` is the digest of the container's CID, `info` what the container
    says of itself. Where a table is so wide that readers would not take the card, it says less: no
    histograms, or no columns. Raises InputError for what does not fit even so.
    """
    about = croissant.About(
        meta.name,
        meta.description,
        meta.terms,
        creator=meta.creator,
        license=meta.license,
        keywords=meta.keywords,
    )
    stored = croissant.StoredFile(content, info, file_name, meta.encoding_format or inspected.encoding_format)

    def with_columns(columns: Sequence[Column]) -> DatasetCard:
        return croissant.build(
            about,
            stored,
            inspected.check,
            columns=columns,
            records=inspected.records,
            diseases=meta.diseases,
        )

    card = with_columns(inspected.columns)
    if card.fits:
        return card
    card = with_columns([_without_histogram(column) for column in inspected.columns])
    if card.fits:
        return card
    card = with_columns(())
    card.to_bytes()  # says how much too large it is
    return card


def _without_histogram(column: Column) -> Column:
    statistics = column.statistics.model_copy(update={"histogram": None})
    return column.model_copy(update={"statistics": statistics})


def _read(file: Path) -> dict[str, list[str | None]]:
    csv.field_size_limit(_CSV_FIELD_LIMIT)
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = csv.reader(source, delimiter=_SEPARATORS[file.suffix.lower()], strict=True)
            header = next(rows, [])
            if not header or len(set(header)) != len(header):
                raise InputError(
                    f"The first line of {file.name} is no header of different column names.",
                    "Give each column a name of its own.",
                )
            table: dict[str, list[str | None]] = {name: [] for name in header}
            for row in rows:
                if not row:
                    continue
                if len(row) != len(header):
                    raise InputError(
                        f"Line {rows.line_num} of {file.name} has {len(row)} fields, not {len(header)}.",
                        "Mend the line, or publish the file under another ending as an opaque one.",
                    )
                for name, value in zip(header, row, strict=True):
                    table[name].append(None if value.strip().lower() in _MISSING else value.strip())
    except UnicodeDecodeError as exc:
        raise InputError(f"{file.name} is not UTF-8 text.", "Save it as UTF-8, then repeat.") from exc
    except csv.Error as exc:
        raise InputError(f"{file.name} is not well-formed: {exc}.", "Mend it, then repeat.") from exc
    return table


def _summary(name: str, values: list[str | None]) -> Column:
    present = [value for value in values if value is not None]
    if present and {value.lower() for value in present} <= {"true", "false"}:
        return croissant.summarize(name, values, "boolean")
    try:
        numbers = [None if value is None else float(value) for value in values]
    except ValueError:
        return croissant.summarize(name, values, "text")
    whole = bool(present) and all(n is None or n.is_integer() for n in numbers)
    return croissant.summarize(name, numbers, "integer" if whole else "number")
