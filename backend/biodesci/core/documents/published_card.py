"""A card that somebody published, of a dataset or a model: each thing in it is read by itself.

Cards are for ever, and were written by earlier versions and by strangers. So what is needed must be right,
and whatever else stands in a card, or is amiss there, keeps nobody from what is right (docs/protocol.md):

- a buyer needs the container (`content`) and, for the term DS, the diseases (`diseases`);
- a list of datasets has those of which all is right that lists show (`PublishedCard.require_listable`);
- people are shown the first characters of what is there (the rest of `PublishedCard`).

`dataset_card.py` is what this program writes. The page reads cards in lib/card.ts, and both refuse the same
ones (tests/vectors/cards.json).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, FailFast, Field, ValidationError

from biodesci.core import cid, disease, duo
from biodesci.core.documents import strangers
from biodesci.core.documents.base import first_reason
from biodesci.core.documents.content_request import origin
from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.core.documents.values import Text
from biodesci.core.errors import InputError, IntegrityError, NotFoundError

MAX_CARD: Final = DatasetCard.limit  # bytes
# Of what people are shown, in characters.
_NAME: Final = 300
_FIELD: Final = 200
_WORD: Final = 100
_DISEASES: Final = 256
_PUBLISH_AGAIN: Final = "Its publisher has to publish it again with a Croissant card as in docs/protocol.md."
# What a stranger's JSON can raise: pydantic's error for a wrong type is a ValueError.
_AMISS: Final = (InputError, ValueError, LookupError, TypeError)


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("it should not be empty")
    return text


def _of_ipfs(url: str) -> str:
    if _digest(url) is None:
        raise ValueError("it should be ipfs:// and a CID")
    return url


def _permitting(names: list[str]) -> list[str]:
    try:
        if duo.is_valid(duo.bits(names)):
            return names
    except InputError:
        pass
    raise ValueError("it should be DUO terms that permit something")


def _as_text(value: object) -> object:
    """Sizes are whole numbers, or texts such as "1234 B"."""
    return str(value) if type(value) is int else value


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


_Size = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[0-9]{1,15}(?:[ \t]|$)")]
_Hash = Annotated[str, Field(pattern=r"^(?:0x)?[0-9a-fA-F]{64}$")]


class _Container(_Part):
    url: Annotated[str, Field(alias="contentUrl")]


class _Served(_Part):
    at: Annotated[Text | None, Field(alias="biodesci:servedAt")] = None


class _Root(_Part):
    content_root: Annotated[_Hash, Field(alias="biodesci:contentRoot")]


class _ListedFile(_Part):
    url: Annotated[str, Field(alias="contentUrl"), AfterValidator(_of_ipfs)]
    name: str
    size: Annotated[_Size, Field(alias="contentSize")]
    encoding_format: Annotated[str, Field(alias="encodingFormat")]
    sha256: _Hash
    content_root: Annotated[_Hash, Field(alias="biodesci:contentRoot")]
    plaintext_size: Annotated[_Size, Field(alias="biodesci:plaintextSize")]
    segment_size: Annotated[_Size, Field(alias="biodesci:segmentSize")]


class _Listed(_Part):
    conforms_to: Annotated[Literal["http://mlcommons.org/croissant/1.0"], Field(alias="conformsTo")]
    name: Annotated[Text, AfterValidator(_filled)]
    description: Text = ""
    usage_info: Annotated[list[str], FailFast(), Field(alias="usageInfo"), AfterValidator(_permitting)]
    distribution: Annotated[list[Any], Field(min_length=1)]
    records: Annotated[_Size | None, Field(alias="biodesci:records")] = None


class _Disease(_Part):
    id: str


class _Diseases(_Part):
    named: Annotated[list[_Disease], FailFast()]
    ontology: Text


@dataclass(frozen=True)
class Diseases:
    """The diseases that a card names for the term DS, as the numbers of their MONDO ids, and the release of
    MONDO that they are of."""

    numbers: tuple[int, ...]
    ontology: str


def content(card: bytes) -> bytes:
    """The digest of the container's CID. Raises IntegrityError where the card does not name it."""
    try:
        container = _Container.model_validate(strangers.fields(card)["distribution"][0])
        return cid.to_digest(container.url.removeprefix("ipfs://"))
    except _AMISS as exc:
        raise IntegrityError(
            "The dataset's card does not say where its container is.",
            "Ask the publisher for a new version, or for a refund.",
        ) from exc


def served_at(card: bytes) -> str | None:
    """The origin of the owner's server that serves the container to those entitled; None where the card names
    none, so that the container is on public IPFS. Raises IntegrityError for what is no such address."""
    try:
        return _server(strangers.fields(card)["distribution"][0])
    except _AMISS as exc:
        raise IntegrityError(
            "The dataset's card does not say where its container is served.",
            "Ask the publisher for a new version, or for a refund.",
        ) from exc


def content_root(card: bytes) -> bytes | None:
    """The content root that the card gives its container; None where it gives none that can be read."""
    try:
        given = _Root.model_validate(strangers.fields(card)["distribution"][0]).content_root
    except _AMISS:
        return None
    return bytes.fromhex(given.removeprefix("0x"))


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
class ShownFile:
    """What a card says of the encrypted file, in the card's words; None for what it does not say.

    `size` is in bytes, `name`, `encoding_format` and `plaintext_size` are of the plain file. `served_at` is
    the origin of the owner's server that has a private one, and empty where the card names one that cannot be
    asked; None: the file is on public IPFS.
    """

    name: str | None
    url: str | None
    size: str | None
    encoding_format: str | None
    sha256: str | None
    plaintext_size: str | None
    segment_size: str | None
    served_at: str | None

    @property
    def content(self) -> bytes | None:
        """The digest of the container's CID; None where the card names none."""
        return _digest(self.url or "")

    def in_card(self) -> dict[str, str]:
        """As a card has it."""
        texts = ((key, getattr(self, name)) for name, key in _FILE.items())
        return {key: text for key, text in texts if text is not None}


# The fields of ShownFile, as a card names them.
_FILE: Final = {
    "name": "name",
    "url": "contentUrl",
    "size": "contentSize",
    "encoding_format": "encodingFormat",
    "sha256": "sha256",
    "plaintext_size": "biodesci:plaintextSize",
    "segment_size": "biodesci:segmentSize",
    "served_at": "biodesci:servedAt",
}


@dataclass(frozen=True)
class ShownDisease:
    """A disease in a card's words; the id may be empty, or none of MONDO."""

    id: str
    name: str | None


@dataclass(frozen=True)
class ShownDiseases:
    """The diseases that a card names, and the release of the ontology that they are of."""

    named: tuple[ShownDisease, ...]
    ontology: str | None

    def in_card(self) -> dict[str, Any]:
        """As a card has it."""
        named = [{"id": one.id, "name": one.name} for one in self.named]
        return {"named": named, "ontology": self.ontology}


@dataclass(frozen=True, repr=False)
class PublishedCard:
    """A card, whatever it holds. What people are shown of it are the first characters of what is there,
    without a NUL, at which a search would end; None, or nothing, where the card has it not, or has something
    else there. `fields` is the card's JSON object."""

    fields: Mapping[str, Any]

    @classmethod
    def read(cls, card: bytes) -> Self:
        """Raises InputError for what is no JSON object."""
        try:
            return cls(strangers.fields(card))
        except _AMISS as exc:
            raise InputError("The card is no JSON object.", _PUBLISH_AGAIN) from exc

    def require_listable(self) -> None:
        """Raises InputError, saying what is amiss, unless all is right that lists show of a dataset."""
        where = ""
        try:
            listed = _Listed.model_validate(self.fields)
            where = "in distribution.0, "
            _ListedFile.model_validate(listed.distribution[0])
        except ValidationError as exc:
            raise InputError(
                f"The card cannot be listed: {where}{first_reason(exc)}.", _PUBLISH_AGAIN
            ) from exc

    @property
    def name(self) -> str | None:
        """Its title."""
        return _text(self.fields.get("name"), _NAME)

    def description(self, length: int) -> str:
        """At most `length` characters of it."""
        return _text(self.fields.get("description"), length) or ""

    def keywords(self, most: int) -> list[str]:
        """The first `most` of a list, or of a text with commas."""
        value = self.fields.get("keywords")
        if isinstance(value, str):
            # The room that so many keywords take with their commas.
            parts: list[Any] = value[: most * (_WORD + 2)].split(",")
        else:
            parts = value if isinstance(value, list) else []
        texts = (_text(part, _WORD) for part in parts[:most])
        return [text.strip() for text in texts if text and text.strip()]

    @property
    def records(self) -> int | None:
        """How many there are."""
        return number(_text(self.fields.get("biodesci:records"), _WORD))

    @property
    def file(self) -> ShownFile | None:
        """The encrypted file, and the plain one in it."""
        distribution = self.fields.get("distribution")
        parts = distribution[:2] if isinstance(distribution, list) else []
        if not parts or not isinstance(parts[0], Mapping):
            return None
        container, plain = parts[0], parts[-1]
        if not isinstance(plain, Mapping) or "containedIn" not in plain:
            plain = container  # of earlier versions, whose container is described by what is in it
        shown = {name: _text(container.get(key), _FIELD) for name, key in _FILE.items()}
        shown |= {name: _text(plain.get(_FILE[name]), _FIELD) for name in ("name", "encoding_format")}
        try:
            shown["served_at"] = _server(container)
        except _AMISS:
            shown["served_at"] = ""
        return ShownFile(**shown)

    @property
    def diseases(self) -> ShownDiseases | None:
        """Those of the term DS."""
        value = self.fields.get("biodesci:diseases")
        if not isinstance(value, Mapping):
            return None
        listed = value.get("named")
        named = tuple(
            ShownDisease(_text(one.get("id"), _WORD) or "", _text(one.get("name"), _FIELD) or None)
            for one in (listed[:_DISEASES] if isinstance(listed, list) else [])
            if isinstance(one, Mapping)
        )
        return ShownDiseases(named, _text(value.get("ontology"), _WORD) or None)


def _server(container: object) -> str | None:
    """The origin that a card's container is served at. Raises one of _AMISS for what is no such address."""
    named = _Served.model_validate(container).at
    return None if named is None else origin(named)


def number(text: str | None) -> int | None:
    """The number at the beginning of a text such as "1234 B"; None where there is none."""
    digits = re.match(r"([0-9]{1,15})(?:[ \t]|\Z)", text or "")
    return int(digits[1]) if digits else None


def _text(value: Any, length: int) -> str | None:
    # Texts and numbers are what cards have there; whatever else would be written out in full first.
    return strangers.shown(str(value)[:length]) if isinstance(value, str | int | float) else None


def _digest(url: str) -> bytes | None:
    try:
        return cid.to_digest(url.removeprefix("ipfs://"))
    except InputError:
        return None
