"""What answers of several kinds are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from biodesci.index.accounts import Part as AccountPart
from biodesci.index.accounts import Role as AccountRole

Right = Literal["none", "download", "train", "infer"]
Role = Literal["custodian", "operator", "committee"]
VisaType = Literal[
    "AffiliationAndRole", "AcceptedTermsAndPolicies", "ResearcherStatus", "ControlledAccessGrants"
]


class Schema(BaseModel):
    """Base of all answers: snake_case in Python, camelCase in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Content(Schema):
    """A blob on IPFS: the digest that is on chain, and its CIDv1 text form."""

    digest: str = Field(examples=["0x" + "5a" * 32])
    cid: str = Field(examples=["bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"])


class DuoTerm(Schema):
    """A term of the GA4GH Data Use Ontology."""

    id: str = Field(examples=["DUO:0000042"])
    code: str = Field(examples=["GRU"])
    label: str = Field(examples=["general research use"])


class Duo(Schema):
    """A set of DUO terms: as bits, as on chain, and spelled out."""

    bits: str = Field(examples=["1"])
    terms: list[DuoTerm]


class Currency(Schema):
    """What a price is in. A token says its symbol and decimals itself: go by the address."""

    address: str | None = Field(description="of the ERC-20; null: ether")
    symbol: str | None = Field(examples=["ETH"], description="null: the token says none")
    decimals: int | None = Field(examples=[18], description="null: the token says none; show smallest units")


class Credit(Schema):
    """What an account is credited, in smallest units of a currency."""

    amount: str = Field(examples=["10000000000000000"])
    currency: Currency


class Involved(Schema):
    """An account that an event tells of."""

    part: AccountPart = Field(
        description="by: it called; credits: it gets money; names: it is told of besides"
    )
    address: str
    role: AccountRole = Field(description="what the account was when it happened")
    credit: Credit | None = Field(description="null: the event credits it nothing")


class Institution(Schema):
    """Who is behind an account. The domain is what is proven: the other words are the domain's own."""

    domain: str = Field(examples=["hospital.example"], description="in ASCII: others in their xn-- form")
    name: str = Field(examples=["Example Hospital"])
    ror: str | None = Field(examples=["https://ror.org/05gq02987"])
    ror_listed: bool | None = Field(
        description="whether a release of ROR has the domain for this id; null: not checked, only claimed"
    )
    proven_at: datetime = Field(description="when its proof was fetched by HTTPS and checked")
    until: datetime = Field(description="when that ends, unless it is fetched again")


class Activity(Schema):
    """One event on chain, for timelines."""

    name: str = Field(examples=["LicenseDelivered"])
    contract: str = Field(examples=["AccessLicense"])
    block: int
    time: datetime
    tx_hash: str
    accounts: list[Involved] = Field(
        description="who called comes first, then who is credited, then who is named"
    )
    details: dict[str, Any]
