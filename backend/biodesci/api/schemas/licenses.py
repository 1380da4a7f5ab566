"""Licences."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from biodesci.api.schemas.datasets import Container
from biodesci.api.schemas.values import Activity, Content, Currency, Duo, Right, Schema, VisaType

LicenseState = Literal[
    "inReview", "purchased", "delivered", "settled", "disputed", "refunded", "rejected", "revoked"
]


class Shares(Schema):
    """Who would be credited what, in smallest units, if a licence ended now (the contract's `sharesOf`)."""

    to_owner: str = Field(description="what time has earned since the last credit, with the royalty")
    to_licensee: str = Field(description="what is not earned yet")


class License(Schema):
    """A right on a dataset version that somebody bought, with its declared purpose and its terms in time
    and uses."""

    id: int
    offer_id: int
    dataset_id: int
    dataset_name: str
    version: int
    licensee: str
    owner: str = Field(description="the dataset's owner now")
    state: LicenseState
    right: Right
    active: bool = Field(description="delivered, not expired, revoked or refunded, as of the last block read")
    price: str = Field(description="in the currency's smallest unit")
    currency: Currency
    visas: list[VisaType] = Field(description="that were shown, as the offer requires")
    pro_rata: bool
    arbiter: str | None = Field(description="decides disputes; null: nothing can be disputed")
    conditions: list[str] = Field(description="how the money goes and how disputes end, in words")
    earned: str = Field(description="what owner and publisher were credited so far, in smallest units")
    shares: Shares | None = Field(description="of a settled licence whose price is earned over time")
    purpose: Duo
    disease: str | None = Field(examples=["MONDO:0005068"], description="declared by the buyer")
    statement: str | None = Field(description="salted hash of the research plan")
    uses_left: int | None = Field(description="null: not counted")
    purchased_at: datetime
    delivered_at: datetime | None
    deadline: datetime | None = Field(description="of the delivery, of a dispute, or of the arbiter")
    expires_at: datetime | None = Field(
        description="null: not delivered, or no end; never later than the visas' end"
    )
    envelope: Content | None = Field(description="the sealed key as delivered last; null: none, or not yet")
    block: int
    tx_hash: str


class LicenseDetail(License):
    """A licence with the encrypted container that it opens, and its events."""

    container: Container | None
    content_root: str
    key_commitment: str
    activity: list[Activity]


class LicensePage(Schema):
    """A page of licences, newest first; `next_cursor` is null on the last one."""

    items: list[License]
    next_cursor: str | None
    as_of: int


class LicenseAnswer(LicenseDetail):
    """A licence in detail as of a block."""

    as_of: int
