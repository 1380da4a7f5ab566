"""What a buyer needs of a dataset's card that somebody published: each thing is read by itself.

Cards are for ever, and were written by earlier versions and by strangers. So what is needed must be right,
and whatever else stands in a card, or is amiss there, keeps no buyer from the file (docs/protocol.md).
`dataset_card.py` is what this program writes; `parse` reads whole ones for lists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from biodesci.core import cid, disease, duo
from biodesci.core.documents import strangers
from biodesci.core.documents.dataset_card import CONFORMS_TO, DatasetCard
from biodesci.core.errors import InputError, IntegrityError, NotFoundError

MAX_CARD: Final = DatasetCard.limit  # bytes
# What a stranger's JSON can raise: pydantic's error for a wrong type is a ValueError.
_AMISS: Final = (InputError, ValueError, LookupError, TypeError)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class _File(_Part):
    url: Annotated[str, Field(alias="contentUrl")]


class _Disease(_Part):
    id: str


class _Diseases(_Part):
    named: list[_Disease]
    ontology: str


@dataclass(frozen=True)
class Diseases:
    """The diseases that a card names for the term DS, as the numbers of their MONDO ids, and the release of
    MONDO that they are of."""

    numbers: tuple[int, ...]
    ontology: str


def content(card: bytes) -> bytes:
    """The digest of the container's CID. Raises IntegrityError where the card does not name it."""
    try:
        file = _File.model_validate(strangers.fields(card)["distribution"][0])
        return cid.to_digest(file.url.removeprefix("ipfs://"))
    except _AMISS as exc:
        raise IntegrityError(
            "The dataset's card does not say where its container is.",
            "Ask the publisher for a new version, or for a refund.",
        ) from exc


def diseases(card: bytes) -> Diseases:
    """What the card says of the term DS. Raises NotFoundError where it does not say it."""
    try:
        part = _Diseases.model_validate(strangers.fields(card)["biodesci:diseases"])
        return Diseases(tuple(disease.parse(one.id) for one in part.named), part.ontology)
    except _AMISS as exc:
        raise NotFoundError(
            "The dataset's card does not name the diseases that its terms permit.",
            "Buy without --mondo, so that a person judges; or ask the publisher for a new version.",
        ) from exc


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
    if document.get("conformsTo") != CONFORMS_TO or not card.name.strip() or not duo.is_valid(terms):
        raise InputError(
            "The card is not a Croissant 1.0 card with a name and DUO terms.",
            "Its publisher has to publish it again.",
        )
    return card


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
