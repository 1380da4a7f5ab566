"""The files that a card names: the encrypted one, the plain one in it, and schemas of wide tables."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema, model_validator

from biodesci.core import cid
from biodesci.core.documents.base import Part
from biodesci.core.documents.content_request import Origin
from biodesci.core.documents.values import BareBytes32, Bytes32, Count, Text
from biodesci.core.errors import InputError

_SCHEME: Final = "ipfs://"


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
Filled = Annotated[Text, Field(min_length=1)]
"""A text that is not empty."""


class ContainerReference(Part):
    """The encrypted file."""

    id: Annotated[Literal["container"], Field(alias="@id")] = "container"


class FileObject(Part):
    """The encrypted file, as everybody may have it. `content` is the digest of its CID, `size` its bytes,
    `sha256` the hash of them; `plaintext_size` is of the file in it. `served_at` is the origin of the server
    that gives a private one to those entitled; without it the container is on IPFS, for everybody."""

    type: Annotated[Literal["cr:FileObject"], Field(alias="@type")] = "cr:FileObject"
    id: Annotated[Literal["container"], Field(alias="@id")] = "container"
    name: Literal["container"] = "container"
    content: Annotated[_IpfsUrl, Field(alias="contentUrl")]
    size: Annotated[_Size, Field(alias="contentSize")]
    encoding_format: Literal["application/octet-stream"] = "application/octet-stream"
    sha256: BareBytes32
    content_root: Annotated[Bytes32, Field(alias="biodesci:contentRoot")]
    segment_size: Annotated[Count, Field(alias="biodesci:segmentSize")]
    plaintext_size: Annotated[Count, Field(alias="biodesci:plaintextSize")]
    served_at: Annotated[Origin | None, Field(alias="biodesci:servedAt")] = None


class PlainFile(Part):
    """The file that a licensee decrypts. Its name says its format, and is not the owner's own file name."""

    type: Annotated[Literal["cr:FileObject"], Field(alias="@type")] = "cr:FileObject"
    id: Annotated[Literal["data"], Field(alias="@id")] = "data"
    name: Filled
    content: Annotated[Filled, Field(alias="contentUrl")]
    encoding_format: Filled
    contained_in: ContainerReference = ContainerReference()


class SchemaFile(Part):
    """The names and types of all columns of a table of which the card describes some: a Parquet file without
    rows, on IPFS for everybody. `schema` is of the table `records`, `schema-2` of `records-2`."""

    type: Annotated[Literal["cr:FileObject"], Field(alias="@type")] = "cr:FileObject"
    id: Annotated[str, Field(alias="@id", pattern=r"^schema(-[1-9][0-9]?)?$")]
    name: str
    content: Annotated[_IpfsUrl, Field(alias="contentUrl")]
    size: Annotated[_Size, Field(alias="contentSize")]
    encoding_format: Literal["application/vnd.apache.parquet"] = "application/vnd.apache.parquet"
    sha256: BareBytes32

    @model_validator(mode="after")
    def _is_named_by_its_id(self) -> Self:
        if self.name != f"{self.id}.parquet":
            raise ValueError("its name should be its @id and .parquet")
        return self
