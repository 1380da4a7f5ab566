"""What the service answers and is asked, by the names of the specification; what is absent is left out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from biodesci.passports.passport import LIMIT

MOST_AT_ONCE: Final = 100
MOST_PASSPORTS: Final = 8
_Passport = Annotated[str, Field(min_length=1, max_length=LIMIT, description="a GA4GH Passport, a JWT")]
_Passports = Annotated[list[_Passport] | None, Field(max_length=MOST_PASSPORTS)]
_Id = Annotated[str, Field(min_length=1, max_length=200)]


class _Schema(BaseModel):
    model_config = ConfigDict(frozen=True)


class Checksum(_Schema):
    """Of the object's bytes."""

    checksum: str = Field(description="hexadecimal digits")
    type: Literal["sha-256"] = "sha-256"


class AccessUrl(_Schema):
    """Where the object's bytes are."""

    url: str


class Authorizations(_Schema):
    """What has to be shown for the object's bytes."""

    drs_object_id: str
    supported_types: list[Literal["None", "PassportAuth"]]
    passport_auth_issuers: list[str] | None = Field(
        default=None, description="`iss` of the passports that are believed"
    )


class AccessMethod(_Schema):
    """A way to the object's bytes, which are encrypted; `access_url` where nothing has to be shown.

    Without `authorizations` no way of DRS opens it: the description says where the owner serves the bytes.
    """

    type: Literal["https"] = "https"
    access_id: Literal["container"] = "container"
    access_url: AccessUrl | None = None
    available: bool = Field(description="false: consent was withdrawn, and nothing is released")
    authorizations: Authorizations | None = None


class DrsObject(_Schema):
    """A version of a dataset, encrypted: `size` and `checksums` are of what the access methods give."""

    id: str
    name: str
    self_uri: str = Field(
        examples=["drs://data.example.org/1-0x5FbDB2315678afecb367f032d93F642f64180aa3-1-1"]
    )
    size: int = Field(description="bytes")
    created_time: datetime
    updated_time: datetime = Field(description="as created: a version never changes")
    version: str
    mime_type: Literal["application/octet-stream"] = "application/octet-stream"
    checksums: list[Checksum]
    access_methods: list[AccessMethod]
    description: str
    aliases: list[str] = Field(description="`ipfs://` and the CID of the same bytes")


class PassportsBody(_Schema):
    """Who asks, as far as its passports say."""

    passports: _Passports = None


class ObjectBody(PassportsBody):
    """As above; nothing here is a bundle that could be expanded."""

    expand: bool = False


class _Bulk(PassportsBody):
    """Lists that are longer than the service says are answered with 413."""


class BulkObjectsBody(_Bulk):
    """Several objects at once."""

    bulk_object_ids: list[_Id] = Field(min_length=1, json_schema_extra={"maxItems": MOST_AT_ONCE})


class BulkAccessId(_Schema):
    """Ways to one object."""

    bulk_object_id: _Id
    bulk_access_ids: list[_Id] = Field(min_length=1, max_length=8)


class BulkAccessBody(_Bulk):
    """Several ways at once."""

    bulk_object_access_ids: list[BulkAccessId] = Field(
        min_length=1, json_schema_extra={"maxItems": MOST_AT_ONCE}
    )


class Summary(_Schema):
    """How many were asked for, and what became of them."""

    requested: int
    resolved: int
    unresolved: int


class Unresolved(_Schema):
    """Objects for which the answer would have been an error of this status."""

    error_code: int
    object_ids: list[str]


class BulkObjects(_Schema):
    """The objects that were found, and the others."""

    summary: Summary
    resolved_drs_object: list[DrsObject]
    unresolved_drs_objects: list[Unresolved]


class BulkAccessUrl(AccessUrl):
    """Where one object's bytes are."""

    drs_object_id: str
    drs_access_id: str


class BulkAccess(_Schema):
    """The addresses that were given, and the objects for which none was."""

    summary: Summary
    resolved_drs_object_access_urls: list[BulkAccessUrl]
    unresolved_drs_objects: list[Unresolved]


class ServiceType(_Schema):
    """What kind of service this is."""

    group: Literal["org.ga4gh"] = "org.ga4gh"
    artifact: Literal["drs"] = "drs"
    version: Literal["1.5.0"] = "1.5.0"


class Organization(_Schema):
    """Whose service it is: as far as this server knows, its own address."""

    name: str
    url: str


class DrsService(_Schema):
    """Bounds and sizes of the service."""

    maxBulkRequestLength: int = MOST_AT_ONCE
    objectCount: int


class ServiceInfo(_Schema):
    """GA4GH service-info 1.0, with what DRS adds to it."""

    id: str = Field(examples=["org.example.data.drs"])
    name: str
    type: ServiceType = ServiceType()
    description: str
    organization: Organization
    documentationUrl: str
    version: str
    maxBulkRequestLength: int = MOST_AT_ONCE
    drs: DrsService
