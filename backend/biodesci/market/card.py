"""What a dataset's card says: what its owner says, and what may be told of the file, which is looked into
before it is published."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field, replace

from biodesci.core import croissant
from biodesci.core.container import ContainerInfo
from biodesci.core.croissant import DescribedTable, Edition, StoredSchema
from biodesci.core.documents.dataset_card import (
    MAX_FIELDS,
    MAX_TABLES,
    DatasetCard,
    FoundKind,
    IdentifierCheck,
    PermittedDiseases,
)
from biodesci.inspection.content import Declared
from biodesci.inspection.inspect import Inspection
from biodesci.ipfs import unixfs


@dataclass(frozen=True)
class DatasetMeta:
    """What the owner says of a dataset. `terms` are DUO bits.

    `declared` says what its columns are. `accept_risk` is the reason to publish in spite of what stops, and
    `confirmed` says that a person looked at what was asked; neither is public.
    `diseases` are those that the term DS permits; without them a person judges each purchase. `served_at` is
    the origin of the owner's server of containers (docs/private.md); None puts a copy on IPFS, which can't be
    called back.
    """

    name: str
    description: str
    terms: int
    creator: str = ""
    domain: str = ""
    license: str = ""
    keywords: tuple[str, ...] = ()
    parents: tuple[int, ...] = ()
    encoding_format: str | None = None
    declared: Declared = field(default_factory=Declared)
    accept_risk: str | None = None
    confirmed: bool = False
    diseases: PermittedDiseases | None = None
    served_at: str | None = None


def compose(
    meta: DatasetMeta, inspection: Inspection, content: bytes, info: ContainerInfo, edition: Edition
) -> DatasetCard:
    """The card of a publication. `content` is the digest of the container's CID, `info` what the container
    says of itself. Of what was found the card has kinds and levels alone, and of the file no name.

    Raises InputError for what does not fit a card.
    """
    about = croissant.About(
        meta.name,
        meta.description,
        meta.terms,
        creator=meta.creator,
        domain=meta.domain,
        license=meta.license,
        keywords=meta.keywords,
        diseases=meta.diseases,
    )
    media_type = meta.encoding_format or inspection.media_type or "application/octet-stream"
    stored = croissant.StoredFile(content, info, media_type, meta.served_at)
    return croissant.build(about, stored, _check(inspection), edition, _tables(inspection))


def schema_files(card: DatasetCard, inspection: Inspection) -> list[bytes]:
    """The files that the card names of tables with more columns than it has room for, as public as it is."""
    if not card.schema_files:
        return []
    by_content = {_digest(table.schema_file): table.schema_file for table in inspection.tables}
    return [by_content[file.content] for file in card.schema_files]


def _tables(inspection: Inspection) -> list[DescribedTable]:
    """The tables as they may be described, with their schemas where a card has no room for all columns."""
    tables = inspection.tables[:MAX_TABLES]
    if sum(len(summary.schema) for summary in tables) <= MAX_FIELDS:
        return [summary.table for summary in tables]
    return [replace(summary.table, schema=_stored(summary.schema_file)) for summary in tables]


def _stored(file: bytes) -> StoredSchema:
    return StoredSchema(_digest(file), len(file), hashlib.sha256(file).digest())


def _digest(file: bytes) -> bytes:
    return unixfs.digest_of(io.BytesIO(file))


def _check(inspection: Inspection) -> IdentifierCheck:
    kinds = sorted({(finding.kind, finding.level.value) for finding in inspection.findings})
    return IdentifierCheck(findings=tuple(FoundKind(kind=kind, level=level) for kind, level in kinds))
