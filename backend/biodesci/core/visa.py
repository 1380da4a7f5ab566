"""GA4GH passport visas (https://github.com/ga4gh-duri/ga4gh-duri.github.io), as VisaRegistry checks them.

An issuer signs a visa by EIP-712 (core/typed_data.py) and hands it over as a JSON file. What it says of its
subject is personal until it is shown, and public from then on: it travels in the buyer's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from eth_utils.crypto import keccak

from biodesci.core import documents
from biodesci.core.errors import InputError

_FORMAT: Final = "biodesci-visa/1"
_WARNING: Final = (
    "Personal: this file says something about a person. Give it to its subject alone, by a private channel. "
    "A visa becomes public when it is shown in a purchase."
)
_AGAIN: Final = "Ask its issuer for it again."
_TIMES: Final = 2**40


class VisaType(IntEnum):
    """As `IVisaRegistry.VisaType`."""

    AFFILIATION_AND_ROLE = 0
    ACCEPTED_TERMS_AND_POLICIES = 1
    RESEARCHER_STATUS = 2
    CONTROLLED_ACCESS_GRANTS = 3


NAMES: Final = (
    "AffiliationAndRole",
    "AcceptedTermsAndPolicies",
    "ResearcherStatus",
    "ControlledAccessGrants",
)
REGISTERED_ACCESS: Final = 1 << VisaType.ACCEPTED_TERMS_AND_POLICIES | 1 << VisaType.RESEARCHER_STATUS
_SHORTHAND: Final = "registered-access"


@dataclass(frozen=True, repr=False)
class Visa:
    """As `IVisaRegistry.Visa`; times in seconds since 1970. `value` is 32 bytes."""

    subject: str
    type: VisaType
    value: bytes
    issuer: str
    asserted: int
    expires: int

    def __post_init__(self) -> None:
        if len(self.value) != 32:
            raise InputError(
                f"The value of a visa has 32 bytes, not {len(self.value)}.", "Give 64 hexadecimal digits."
            )
        if not 0 <= self.asserted < self.expires < _TIMES:
            raise InputError("A visa ends after it is asserted.", "Give an end that is later.")

    def __repr__(self) -> str:
        return f"Visa({NAMES[self.type]})"

    def tuple(self) -> tuple[str, int, bytes, str, int, int]:
        """As the contract takes it."""
        return (self.subject, int(self.type), self.value, self.issuer, self.asserted, self.expires)


@dataclass(frozen=True, repr=False)
class SignedVisa:
    """A visa for one VisaRegistry: that of `chain_id` at `registry`."""

    visa: Visa
    signature: bytes
    chain_id: int
    registry: str

    def __repr__(self) -> str:
        return f"SignedVisa({NAMES[self.visa.type]})"

    def tuple(self) -> tuple[tuple[str, int, bytes, str, int, int], bytes]:
        return (self.visa.tuple(), self.signature)

    def dump(self) -> bytes:
        """The JSON file that an issuer hands over."""
        return (json.dumps(self.document(), indent=2) + "\n").encode()

    def document(self) -> dict[str, Any]:
        visa = self.visa
        return {
            "format": _FORMAT,
            "warning": _WARNING,
            "chainId": self.chain_id,
            "registry": self.registry,
            "visa": {
                "subject": visa.subject,
                "visaType": NAMES[visa.type],
                "value": "0x" + visa.value.hex(),
                "issuer": visa.issuer,
                "asserted": visa.asserted,
                "expires": visa.expires,
            },
            "signature": "0x" + self.signature.hex(),
        }


def load(raw: bytes | str) -> SignedVisa:
    """A visa's file; the signature is not checked here (market/visa.py does)."""
    return parse(documents.read(raw, "visa", _AGAIN))


def parse(document: Any) -> SignedVisa:
    with documents.spoiled("visa", _AGAIN):
        documents.require_format(document, _FORMAT, "visa")
        fields = document["visa"]
        return SignedVisa(
            visa=Visa(
                subject=documents.address(fields["subject"]),
                type=VisaType(NAMES.index(fields["visaType"])),
                value=documents.data(fields["value"], 32),
                issuer=documents.address(fields["issuer"]),
                asserted=documents.whole(fields["asserted"], 40),
                expires=documents.whole(fields["expires"], 40),
            ),
            signature=documents.data(document["signature"]),
            chain_id=documents.whole(document["chainId"]),
            registry=documents.address(document["registry"]),
        )


def mask(names: Iterable[str]) -> int:
    """The set of types as a byte; "registered-access" stands for two of them. In any case, commas allowed."""
    known = {name.lower(): 1 << index for index, name in enumerate(NAMES)}
    known[_SHORTHAND] = REGISTERED_ACCESS
    types = 0
    for name in (part.strip() for text in names for part in text.split(",")):
        if name.lower() not in known:
            raise InputError(f"{name!r} is no type of visa.", f"Choose of {', '.join((_SHORTHAND, *NAMES))}.")
        types |= known[name.lower()]
    return types


def names(types: int) -> list[str]:
    return [name for index, name in enumerate(NAMES) if types >> index & 1]


def missing(types: int, visas: Sequence[SignedVisa]) -> int:
    """Of the types that are required, those that no visa is of."""
    for signed in visas:
        types &= ~(1 << signed.visa.type)
    return types


def visa_id(issuer: str, visa_hash: bytes) -> bytes:
    """Under which a visa is revoked (`VisaRegistry.idOf`)."""
    return keccak(bytes(12) + bytes.fromhex(issuer[2:]) + visa_hash)
