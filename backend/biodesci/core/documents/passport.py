"""What a visa issuer is told, and what it and those who ask it send each other (passports/)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, HexBytes, Uint256, UnixSeconds
from biodesci.core.documents.visa import SignedVisa, TypeName
from biodesci.core.errors import InputError
from biodesci.core.visa import VisaType


def _url(text: str) -> str:
    """GA4GH Passport 1.2, URL Fields: at most 255 characters, compared as they are."""
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("it should be a URL")
    return text


Url = Annotated[str, Field(min_length=8, max_length=255), AfterValidator(_url)]
Text = Annotated[str, Field(min_length=1, max_length=255)]
By = Literal["self", "peer", "system", "so", "dac"]


class Broker(Part):
    """Whose tokens are believed: by whose keys they are verified, and for which sources they speak.

    `issuer` is compared with `iss`; `jwks` is a file, or an https URL. `links` are the `iss` of others, whose
    people it may link to its own (LinkedIdentities) by its word alone; nobody's, unless they are named.
    """

    issuer: Url
    jwks: Text
    sources: Annotated[tuple[Url, ...], Field(min_length=1, max_length=256)]
    links: Annotated[tuple[Text, ...], Field(min_length=1, max_length=64)] | None = None


class Rule(Part):
    """Which GA4GH visas become visas of this issuer: of this type, with one of these values, said by one of
    these authorities. Of a grant: for which dataset on chain the values stand."""

    type: TypeName
    values: Annotated[tuple[Text, ...], Field(min_length=1, max_length=256)]
    by: Annotated[tuple[By, ...], Field(min_length=1)]
    dataset: Annotated[int, Field(ge=1, lt=1 << 32)] | None = None

    @model_validator(mode="after")
    def _names_a_dataset(self) -> Self:
        if (self.type is VisaType.CONTROLLED_ACCESS_GRANTS) != (self.dataset is not None):
            raise InputError(
                "A grant is for a dataset, and other visas for none.", "Name it in grants alone."
            )
        return self


class IssuerTrust(Document):
    """Whom and what a visa issuer believes. `url` is where it is reached, as those who ask it type it."""

    title: ClassVar = "configuration of a visa issuer"
    remedy: ClassVar = "See docs/passports.md."
    limit: ClassVar = 1 << 20
    readable: ClassVar = True

    format: Literal["biodesci-issuer/1"] = "biodesci-issuer/1"
    url: Url
    brokers: Annotated[tuple[Broker, ...], Field(min_length=1, max_length=64)]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=256)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [broker.issuer for broker in self.brokers]
        if len(set(names)) != len(names):
            raise InputError("A broker is named twice.", "Name each once, with all of its sources.")
        return self


class SignInTerms(Document):
    """What a message to sign has to say (EIP-4361), besides who signs it and where."""

    title: ClassVar = "set of terms to sign in by"
    remedy: ClassVar = "Ask the issuer's operator."
    limit: ClassVar = 4 << 10

    format: Literal["biodesci-sign-in/1"] = "biodesci-sign-in/1"
    chain_id: Uint256
    registry: Address
    nonce: Annotated[str, Field(pattern="^[0-9a-f]{8,128}$")]
    issued_at: UnixSeconds
    expires: UnixSeconds


class VisaRequest(Document):
    """A passport, and a signed message by which an account asks for visas on it."""

    title: ClassVar = "request for visas"
    remedy: ClassVar = "Make it anew: biodesci visa request."
    limit: ClassVar = 256 << 10

    format: Literal["biodesci-visa-request/1"] = "biodesci-visa-request/1"
    passport: Annotated[str, Field(min_length=1, max_length=192 << 10)]
    message: Annotated[str, Field(min_length=1, max_length=4 << 10)]
    signature: Annotated[HexBytes, Field(max_length=8 << 10)]


class VisaAnswer(Document):
    """The visas that a passport gave, and why others of it gave none."""

    title: ClassVar = "answer of a visa issuer"
    remedy: ClassVar = "Ask the issuer's operator."
    limit: ClassVar = 256 << 10

    format: Literal["biodesci-visas/1"] = "biodesci-visas/1"
    visas: Annotated[tuple[SignedVisa, ...], Field(max_length=64)]
    ignored: Annotated[tuple[str, ...], Field(max_length=64)]
