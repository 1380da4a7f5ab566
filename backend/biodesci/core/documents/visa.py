"""The file of a visa, as its issuer hands it over (core/visa.py says what types there are).

What a visa says of its subject is personal until it is shown, and public from then on: it travels in the
buyer's transaction.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema, model_validator

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Bytes32, HexBytes, Uint256, UnixSeconds
from biodesci.core.errors import InputError
from biodesci.core.visa import NAMES, VisaType

_WARNING: Final = (
    "Personal: this file says something about a person. Give it to its subject alone, by a private channel. "
    "A visa becomes public when it is shown in a purchase."
)


def _from_name(value: object, info: ValidationInfo) -> object:
    if info.mode != "json":
        return value
    if value not in NAMES:
        raise ValueError(f"it should be one of {', '.join(NAMES)}")
    return VisaType(NAMES.index(str(value)))


TypeName = Annotated[
    VisaType,
    BeforeValidator(_from_name),
    PlainSerializer(lambda kind: NAMES[kind], when_used="json"),
    WithJsonSchema({"type": "string", "enum": list(NAMES)}),
]


class Visa(Part):
    """As `IVisaRegistry.Visa`; times in seconds since 1970."""

    subject: Address
    type: Annotated[TypeName, Field(validation_alias="visaType", serialization_alias="visaType")]
    value: Bytes32
    issuer: Address
    asserted: UnixSeconds
    expires: UnixSeconds

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.asserted >= self.expires:
            raise InputError("A visa ends after it is asserted.", "Give an end that is later.")
        return self

    def struct(self) -> tuple[str, int, bytes, str, int, int]:
        """As the contract takes it."""
        return (self.subject, int(self.type), self.value, self.issuer, self.asserted, self.expires)


class SignedVisa(Document):
    """A visa for one VisaRegistry: that of `chain_id` at `registry`. Nothing here checks the signature
    (market/visa.py asks the contract)."""

    title: ClassVar = "visa"
    remedy: ClassVar = "Ask its issuer for it again."
    limit: ClassVar = 16 << 10  # a contract's signature may be long
    readable: ClassVar = True

    format: Literal["biodesci-visa/1"] = "biodesci-visa/1"
    warning: str = _WARNING
    chain_id: Uint256
    registry: Address
    visa: Visa
    signature: HexBytes

    def struct(self) -> tuple[tuple[str, int, bytes, str, int, int], bytes]:
        """As the contract takes it."""
        return (self.visa.struct(), self.signature)
