"""What a dataset's card says: what its owner says, and what an inspection found that may be told."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field

from biodesci.core import croissant
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import Column, DatasetCard, IdentifierCheck, PermittedDiseases
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import Inspection


@dataclass(frozen=True)
class DatasetMeta:
    """What the owner says of a dataset. `terms` are DUO bits.

    `declared` says what its columns are. `accept_risk` is the reason to publish in spite of what stops, and
    `confirmed` says that a person looked at what was asked; neither is public.
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
    declared: Declared = field(default_factory=Declared)
    accept_risk: str | None = None
    confirmed: bool = False
    diseases: PermittedDiseases | None = None


def compose(meta: DatasetMeta, inspection: Inspection, content: bytes, info: ContainerInfo) -> DatasetCard:
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
    media_type = meta.encoding_format or inspection.media_type or "application/octet-stream"
    # The file's own name stays at home: it may name a person.
    name = "data" + (mimetypes.guess_extension(media_type) or "")
    stored = croissant.StoredFile(content, info, name, media_type)
    table = inspection.tables[0] if len(inspection.tables) == 1 else None
    stops = tuple(sorted({finding.kind for finding in inspection.of(Level.STOP)}))
    check = IdentifierCheck(
        checked="file name" if inspection.format is None else "column names, values, file name",
        findings=stops,
        accepted_risk="accepted by its owner" if stops else None,
    )

    def with_columns(columns: Sequence[Column]) -> DatasetCard:
        return croissant.build(
            about,
            stored,
            check,
            columns=columns,
            records=None if table is None else table.records,
            diseases=meta.diseases,
        )

    card = with_columns(table.columns if table else ())
    if card.fits:
        return card
    card = with_columns([_without_histogram(column) for column in (table.columns if table else ())])
    if card.fits:
        return card
    card = with_columns(())
    card.to_bytes()  # says how much too large it is
    return card


def _without_histogram(column: Column) -> Column:
    statistics = column.statistics.model_copy(update={"histogram": None})
    return column.model_copy(update={"statistics": statistics})
