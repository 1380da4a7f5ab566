"""What a buyer needs of a dataset's card that somebody published: each thing is read by itself.

Cards are for ever, and were written by earlier versions and by strangers. So what is needed must be right,
and whatever else stands in a card, or is amiss there, keeps no buyer from the file (docs/protocol.md).
`core/croissant.py` writes cards, and reads whole ones for lists.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from biodesci.core import cid, disease
from biodesci.core.errors import InputError, IntegrityError, NotFoundError

MAX_CARD: Final = 4 << 20  # bytes
_Read = TypeVar("_Read", bound=BaseModel)


def _digest(url: str) -> str:
    try:
        cid.to_digest(url.removeprefix("ipfs://"))
    except InputError as exc:
        raise ValueError(exc.message) from None
    return url


def _mondo(text: str) -> str:
    try:
        disease.parse(text)
    except InputError as exc:
        raise ValueError(exc.message) from None
    return text


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class _File(_Part):
    url: Annotated[str, AfterValidator(_digest), Field(alias="contentUrl")]


class _Named(_Part):
    id: Annotated[str, AfterValidator(_mondo)]


class Diseases(_Part):
    """The diseases that the card names for the term DS, and the release of MONDO that they are of."""

    named: list[_Named]
    ontology: str

    @property
    def numbers(self) -> list[int]:
        """Those of the MONDO ids, in the card's order."""
        return [disease.parse(one.id) for one in self.named]


def content(card: bytes) -> bytes:
    """The digest of the container's CID. Raises IntegrityError where the card does not name it."""
    try:
        return cid.to_digest(_read(_File, _fields(card)["distribution"][0]).url.removeprefix("ipfs://"))
    except (ValueError, LookupError, TypeError, RecursionError) as exc:
        raise IntegrityError(
            "The dataset's card does not say where its container is.",
            "Ask the publisher for a new version, or for a refund.",
        ) from exc


def diseases(card: bytes) -> Diseases:
    """What the card says of the term DS. Raises NotFoundError where it does not say it."""
    try:
        return _read(Diseases, _fields(card)["biodesci:diseases"])
    except (ValueError, LookupError, TypeError, RecursionError) as exc:
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


def _read(kind: type[_Read], value: object) -> _Read:
    try:
        return kind.model_validate(value)
    except ValidationError:
        raise ValueError(f"no {kind.__name__}") from None
