"""What a buyer needs of a dataset's card that somebody published: each thing is read by itself.

Cards are for ever, and were written by earlier versions and by strangers. So what is needed must be right,
and whatever else stands in a card, or is amiss there, keeps no buyer from the file (docs/protocol.md).
`core/croissant.py` writes cards, and reads whole ones for lists.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from biodesci.core import cid, disease
from biodesci.core.errors import InputError, IntegrityError, NotFoundError

MAX_CARD: Final = 4 << 20  # bytes
# What a stranger's JSON can raise: pydantic's error for a wrong type is a ValueError.
_AMISS: Final = (InputError, ValueError, LookupError, TypeError, RecursionError)


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
        file = _File.model_validate(_fields(card)["distribution"][0])
        return cid.to_digest(file.url.removeprefix("ipfs://"))
    except _AMISS as exc:
        raise IntegrityError(
            "The dataset's card does not say where its container is.",
            "Ask the publisher for a new version, or for a refund.",
        ) from exc


def diseases(card: bytes) -> Diseases:
    """What the card says of the term DS. Raises NotFoundError where it does not say it."""
    try:
        part = _Diseases.model_validate(_fields(card)["biodesci:diseases"])
        return Diseases(tuple(disease.parse(one.id) for one in part.named), part.ontology)
    except _AMISS as exc:
        raise NotFoundError(
            "The dataset's card does not name the diseases that its terms permit.",
            "Buy without --mondo, so that a person judges; or ask the publisher for a new version.",
        ) from exc


def _fields(card: bytes) -> dict[str, Any]:
    # Not pydantic's reader, which refuses a whole card for half a character anywhere in it.
    fields = json.loads(card)
    if not isinstance(fields, dict):
        raise TypeError("no object")
    return fields
