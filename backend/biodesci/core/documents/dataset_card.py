"""The card of a dataset as it is published: Croissant 1.0 JSON-LD with DUO terms, public for ever.

Format: https://docs.mlcommons.org/croissant/docs/croissant-spec.html. A card leaves only as such a document.
Cards of strangers and of earlier versions are read otherwise (published_card.py).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from biodesci.core import cid, duo
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import BareBytes32, Bytes32, Count, Disease, DuoBits, Text
from biodesci.core.errors import InputError

SMALL: Final = 11
"""The smallest count that a card tells."""
CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"
CONTEXT: Final[dict[str, Any]] = {
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
_SCHEME: Final = "ipfs://"


def _is_croissant(context: dict[str, Any]) -> dict[str, Any]:
    if context != CONTEXT:
        raise ValueError("it should be the context that the schema of a card has")
    return context


def _from_url(value: object, info: ValidationInfo) -> object:
    if info.mode != "json":
        return value
    try:
        if isinstance(value, str) and value.startswith(_SCHEME):
            return cid.to_digest(value.removeprefix(_SCHEME))
    except InputError:
        pass
    raise ValueError("it should be ipfs:// and a CID")


def _from_size(value: object, info: ValidationInfo) -> object:
    if info.mode != "json":
        return value
    if not isinstance(value, str) or not re.fullmatch(r"(?:0|[1-9][0-9]{0,15}) B", value):
        raise ValueError('it should be a number of bytes, such as "1064 B"')
    return int(value.removesuffix(" B"))


_Context = Annotated[dict[str, Any], AfterValidator(_is_croissant), WithJsonSchema({"const": CONTEXT})]
_IpfsUrl = Annotated[
    bytes,
    Field(min_length=32, max_length=32),
    BeforeValidator(_from_url),
    PlainSerializer(lambda digest: _SCHEME + cid.from_digest(digest), when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^ipfs://bafybei[a-z2-7]{52}$"}),
]
_Size = Annotated[
    int,
    Field(ge=0, lt=1 << 53),
    BeforeValidator(_from_size),
    PlainSerializer(lambda size: f"{size} B", when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^(0|[1-9][0-9]*) B$"}),
]
_Filled = Annotated[Text, Field(min_length=1)]
DataType = Literal["sc:Float", "sc:Integer", "sc:Boolean", "sc:Text", "sc:Date"]


class Organization(Part):
    """Who made the dataset."""

    type: Annotated[Literal["sc:Organization"], Field(alias="@type")] = "sc:Organization"
    name: _Filled


class FileObject(Part):
    """The encrypted file. `content` is the digest of its CID, `size` its bytes, `sha256` the hash of them;
    `name`, `encoding_format` and `plaintext_size` are of the plain file."""

    type: Annotated[Literal["cr:FileObject"], Field(alias="@type")] = "cr:FileObject"
    id: Annotated[Literal["container"], Field(alias="@id")] = "container"
    name: Text
    content: Annotated[_IpfsUrl, Field(alias="contentUrl")]
    size: Annotated[_Size, Field(alias="contentSize")]
    encoding_format: Text
    sha256: BareBytes32
    content_root: Annotated[Bytes32, Field(alias="biodesci:contentRoot")]
    segment_size: Annotated[Count, Field(alias="biodesci:segmentSize")]
    plaintext_size: Annotated[Count, Field(alias="biodesci:plaintextSize")]


class Category(Part):
    """A bar of a histogram: how many records have a value. None: suppressed."""

    value: Text
    count: Count | None


class Interval(Part):
    """A bar of a histogram: how many records have a number from `low` up to `high`. None: suppressed."""

    low: Annotated[float, Field(alias="from")]
    high: Annotated[float, Field(alias="to")]
    count: Count | None


class Statistics(Part):
    """What may be said of a column's values. What is absent is suppressed, or makes no sense for its type."""

    null_share: Annotated[float | None, Field(ge=0, le=1)] = None
    mean: float | None = None
    std: float | None = None
    histogram: Annotated[tuple[Category | Interval, ...] | None, Field(min_length=1)] = None


class Reference(Part):
    """The file that a column is in."""

    id: Annotated[Literal["container"], Field(alias="@id")] = "container"


class Extract(Part):
    """How the column is named there."""

    column: Text


class Source(Part):
    """Where a column's values come from."""

    file_object: Reference
    extract: Extract


class Column(Part):
    """A column of the table in the file."""

    type: Annotated[Literal["cr:Field"], Field(alias="@type")] = "cr:Field"
    id: Annotated[Text, Field(alias="@id")]
    name: Text
    description: Text
    data_type: DataType
    source: Source
    statistics: Annotated[Statistics, Field(alias="biodesci:statistics")]
    unit: Annotated[_Filled | None, Field(alias="biodesci:unit")] = None

    @model_validator(mode="after")
    def _is_of_one_column(self) -> Self:
        if self.id != f"records/{self.name}" or self.source.extract.column != self.name:
            raise ValueError("its @id and its source should be those of the column that it names")
        return self

    @classmethod
    def of(
        cls, name: str, data_type: DataType, statistics: Statistics, unit: str = "", description: str = ""
    ) -> Self:
        """The column `name` of the file that the card describes; an empty `unit` is left out."""
        return cls(
            id=f"records/{name}",
            name=name,
            description=description,
            data_type=data_type,
            source=Source(file_object=Reference(), extract=Extract(column=name)),
            statistics=statistics,
            unit=unit or None,
        )


class RecordSet(Part):
    """The table in the file."""

    type: Annotated[Literal["cr:RecordSet"], Field(alias="@type")] = "cr:RecordSet"
    id: Annotated[Literal["records"], Field(alias="@id")] = "records"
    name: Literal["records"] = "records"
    field: Annotated[tuple[Column, ...], Field(min_length=1)]


class IdentifierCheck(Part):
    """What was looked at before the file was published, what was found there that may name people, and why
    the file was published in spite of it."""

    checked: Literal["column names, values, file name", "file name"]
    findings: tuple[Text, ...]
    note: Literal["A pass is evidence, not anonymity."] = "A pass is evidence, not anonymity."
    accepted_risk: Text | None = None

    @model_validator(mode="after")
    def _is_accepted(self) -> Self:
        if bool(self.findings) != (self.accepted_risk is not None):
            raise ValueError("acceptedRisk should be there if there are findings, and only then")
        return self


class NamedDisease(Part):
    """A disease with its name in the ontology; empty where that has none."""

    id: Disease
    name: Text


class PermittedDiseases(Part):
    """What the term DS permits: the diseases that the owner `named`, the release of MONDO that they are of
    (`ontology`), all that descend from them there (`permitted`), and the `root` over all, which is on chain.

    With `permitted` a buyer proves a disease without the ontology, as the web page does.
    """

    named: tuple[NamedDisease, ...]
    ontology: Text
    permitted: tuple[Disease, ...]
    root: Bytes32


class DatasetCard(Document):
    """A card holds no raw values: no minimum or maximum, and no count below 11. `terms` are DUO bits, of
    which `usageInfo` has the ids; `biodesci:records` is absent for a file that is no table, or a short one.
    """

    title: ClassVar = "dataset card"
    remedy: ClassVar = "Its publisher has to publish the dataset again."
    limit: ClassVar = 4 << 20
    must_be_canonical: ClassVar = True

    context: Annotated[_Context, Field(alias="@context")] = CONTEXT
    type: Annotated[Literal["sc:Dataset"], Field(alias="@type")] = "sc:Dataset"
    conforms_to: Literal["http://mlcommons.org/croissant/1.0"] = CONFORMS_TO
    name: Text
    description: Text
    usage_info: tuple[Text, ...]
    terms: Annotated[DuoBits, Field(alias="biodesci:terms")]
    distribution: Annotated[tuple[FileObject, ...], Field(min_length=1, max_length=1)]
    identifier_check: Annotated[IdentifierCheck, Field(alias="biodesci:identifierCheck")]
    creator: Organization | None = None
    license: _Filled | None = None
    keywords: Annotated[tuple[Text, ...] | None, Field(min_length=1)] = None
    records: Annotated[Count | None, Field(alias="biodesci:records", ge=SMALL)] = None
    record_set: Annotated[tuple[RecordSet, ...] | None, Field(min_length=1, max_length=1)] = None
    diseases: Annotated[PermittedDiseases | None, Field(alias="biodesci:diseases")] = None

    @model_validator(mode="after")
    def _is_described(self) -> Self:
        require_described(self.name, self.terms)
        if self.usage_info != tuple(duo.ids(self.terms)):
            raise ValueError("usageInfo should have the ids of biodesci:terms")
        return self


def require_described(name: str, terms: int) -> None:
    """Raises InputError for a card without a name, and for terms (DUO bits) that permit nothing."""
    if not name.strip():
        raise InputError("A dataset needs a name.", "Give --name.")
    if not duo.is_valid(terms):
        raise InputError("The terms permit nothing.", "Name a permission, such as GRU or HMB.")
