"""Datasets: versions, offers, provenance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from biodesci.api.schemas.values import (
    Activity,
    Content,
    Currency,
    Duo,
    Institution,
    Right,
    Role,
    Schema,
    VisaType,
)


class Offer(Schema):
    """What an owner sells: a right on a dataset, its price and its conditions."""

    id: int
    dataset_id: int
    right: Right
    price: str = Field(examples=["10000000000000000"], description="in the currency's smallest unit")
    currency: Currency
    visas: list[VisaType] = Field(description="a buyer shows one of each")
    pro_rata: bool = Field(description="the price is earned over the duration; see `conditions`")
    duration: int = Field(description="seconds of access from delivery; 0: no end")
    uses: int = Field(description="0: not counted")
    delivery_window: int = Field(description="seconds the custodian has to deliver")
    dispute_window: int = Field(description="seconds from delivery until anyone may have the owner paid")
    arbiter: str | None = Field(description="decides disputes; null: nothing can be disputed")
    conditions: list[str] = Field(description="how the money goes and how disputes end, in words")
    open: bool


class Container(Schema):
    """The encrypted file, as the card describes it; null fields until the card could be read."""

    content: Content
    url: str | None = Field(
        description="on the IPFS gateway; null: the file is private, and on no IPFS node (docs/private.md)"
    )
    served_at: str | None = Field(
        examples=["https://data.hospital.example"],
        description="origin of the owner's server, which gives a private file to those entitled on chain; "
        "null: the file is on IPFS, or (where url is null, too) the card names no address that can be asked",
    )
    size: int = Field(description="bytes of the encrypted container")
    plaintext_size: int | None
    segment_size: int | None
    encoding_format: str = Field(examples=["text/csv"], description="of the plaintext")
    file_name: str = Field(examples=["cleveland.csv"])
    sha256: str = Field(description="of the container")


class Disease(Schema):
    """A disease by its identifier in an ontology, such as MONDO."""

    id: str = Field(examples=["MONDO:0005068"])
    name: str | None = Field(examples=["myocardial infarction"])


class PermittedDiseases(Schema):
    """What the term DS permits: `root` is on chain, the rest is the card's account of it."""

    root: str = Field(description="Merkle root over the diseases named and all that descend from them")
    named: list[Disease] = Field(description="empty where the card names none, or could not be read")
    ontology: str | None = Field(examples=["releases/2025-06-03"], description="release of MONDO")


class DatasetVersion(Schema):
    """A version as its owner published it; the chain holds its digests, terms and key commitment."""

    version: int
    card: Content
    content_root: str
    key_commitment: str
    terms: Duo
    diseases: PermittedDiseases | None = Field(description="null: a person judges a disease")
    published_at: datetime
    withdrawn_at: datetime | None = Field(
        description="since when it is neither sold nor released; null: consent stands"
    )
    withdrawn_with: int | None = Field(
        description="the dataset that this one is proven to descend from, if its withdrawal ended it"
    )
    container: Container | None
    unreadable: str | None = Field(description="why the card could not be read, if so")
    block: int
    tx_hash: str


class DatasetSummary(Schema):
    """What lists show of a dataset: its latest version and open offers."""

    id: int
    owner: str
    institution: Institution | None = Field(description="who is behind the owner; null: unproven")
    name: str
    description: str
    keywords: list[str]
    records: int | None
    encoding_format: str | None
    size: int | None = Field(description="bytes of the encrypted container")
    latest_version: int
    withdrawn: bool = Field(
        description="consent is withdrawn for the latest version, or for what it is proven to descend from"
    )
    terms: Duo
    published_at: datetime
    updated_at: datetime
    offers: list[Offer] = Field(description="open offers")
    unreadable: str | None


class Descent(Schema):
    """A dataset that this one comes from, or that comes from this one."""

    id: int
    proven: bool = Field(
        description="its publisher owned the source or held a licence for it; if not, it only says so"
    )


class Mandate(Schema):
    """A role that a dataset's owner proposed to an account; it counts once the account accepted it."""

    role: Role
    account: str
    accepted: bool


class DatasetDetail(DatasetSummary):
    """A dataset with its card, all versions and offers, the datasets around it, and what happened to it."""

    roles: list[Mandate] = Field(description="whom the owner lets act for the dataset besides itself")
    card: dict[str, Any] | None = Field(description="the Croissant JSON-LD of the latest version, from IPFS")
    versions: list[DatasetVersion]
    all_offers: list[Offer]
    parents: list[Descent]
    children: list[Descent]
    licenses: int = Field(description="licences bought so far")
    rounds: list[int] = Field(description="training rounds it took part in")
    activity: list[Activity]


class DatasetPage(Schema):
    """A page of datasets, newest first; `next_cursor` is null on the last one."""

    items: list[DatasetSummary]
    next_cursor: str | None
    as_of: int


class DatasetAnswer(DatasetDetail):
    """A dataset in detail as of a block."""

    as_of: int
