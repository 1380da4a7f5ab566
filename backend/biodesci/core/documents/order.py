"""A purchase in the form that AccessLicense takes (`IAccessLicense`), and the file of a signed one.

An order's file holds visas, which are personal: it goes to the relayer alone, by a private channel.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import (
    Address,
    Amount,
    Byte,
    Bytes32,
    DuoBits,
    HexBytes,
    Uint32,
    Uint256,
    UnixSeconds,
)
from biodesci.core.documents.visa import SignedVisa

NEVER: Final = 2**256 - 1  # a deadline that does not come
_WARNING: Final = (
    "Private: whoever holds this file can carry out the purchase, and it may hold visas, which are personal. "
    "Give it to the one who submits it, and to nobody else."
)


class Purpose(Part):
    """What the data are for: DUO purpose bits, a disease's number (0: none), a salted hash (0: none)."""

    duo: DuoBits
    disease: Uint32 = 0
    statement: Bytes32 = bytes(32)

    def struct(self) -> tuple[int, int, bytes]:
        """As the contract takes it."""
        return (self.duo, self.disease, self.statement)


class Order(Part):
    """What a buyer signs; `price` in the currency's smallest unit, `version` the dataset's.

    `offer_hash` is of all that the offer says (`chain.records.Offer.hash`): its number alone binds nothing.

    `may_review` says whether the purchase may wait for the committee, `visas_until` until when at least the
    visas shown are valid (seconds; 0 where the offer requires none): a relayer chooses the evidence.
    """

    buyer: Address
    offer_id: Uint256
    offer_hash: Bytes32
    version: Uint32
    purpose: Purpose
    currency: Address
    price: Amount
    may_review: bool
    visas_until: UnixSeconds
    nonce: Amount
    deadline: Uint256

    def struct(self) -> tuple[str, int, bytes, int, tuple[int, int, bytes], str, int, bool, int, int, int]:
        """As the contract takes it."""
        return (
            self.buyer, self.offer_id, self.offer_hash, self.version, self.purpose.struct(), self.currency,
            self.price, self.may_review, self.visas_until, self.nonce, self.deadline,
        )  # fmt: skip


class Method(IntEnum):
    """As `IAccessLicense.Method`."""

    DIRECT = 0
    PERMIT = 1
    AUTHORIZATION = 2


def _from_name(value: object, info: ValidationInfo) -> object:
    if info.mode != "json":
        return value
    for method in Method:
        if value == method.name.lower():
            return method
    raise ValueError(f"it should be one of {', '.join(method.name.lower() for method in Method)}")


MethodName = Annotated[
    Method,
    BeforeValidator(_from_name),
    PlainSerializer(lambda method: method.name.lower(), when_used="json"),
    WithJsonSchema({"type": "string", "enum": [method.name.lower() for method in Method]}),
]


class Payment(Part):
    """How the price comes; of a direct payment the rest is not looked at."""

    method: MethodName = Method.DIRECT
    v: Byte = 0
    r: Bytes32 = bytes(32)
    s: Bytes32 = bytes(32)
    valid_after: Uint256 = 0
    deadline: Uint256 = 0
    nonce: Bytes32 = bytes(32)

    def struct(self) -> tuple[int, int, bytes, bytes, int, int, bytes]:
        """As the contract takes it."""
        return (int(self.method), self.v, self.r, self.s, self.valid_after, self.deadline, self.nonce)


class Evidence(Part):
    """What proves that the buyer may: a path for the disease (core/disease.py), and visas."""

    disease_proof: tuple[Bytes32, ...] = ()
    visas: tuple[SignedVisa, ...] = ()

    def struct(self) -> tuple[list[bytes], list[object]]:
        """As the contract takes it."""
        return (list(self.disease_proof), [visa.struct() for visa in self.visas])


class SignedOrder(Document):
    """An order for one AccessLicense: that of `chain_id` at `licenses`. The contract checks the signature."""

    title: ClassVar = "order"
    remedy: ClassVar = "Ask the buyer for it again."
    limit: ClassVar = 256 << 10
    readable: ClassVar = True

    format: Literal["biodesci-order/3"] = "biodesci-order/3"
    warning: str = _WARNING
    chain_id: Uint256
    licenses: Annotated[Address, Field(validation_alias="contract", serialization_alias="contract")]
    order: Order
    signature: HexBytes
    evidence: Evidence
    payment: Payment
