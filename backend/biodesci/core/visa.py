"""Types of GA4GH passport visas (https://github.com/ga4gh-duri/ga4gh-duri.github.io), as VisaRegistry counts
them.

An issuer signs a visa by EIP-712 (core/typed_data.py) and hands it over as a file (core/documents/visa.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from eth_utils.crypto import keccak

from biodesci.core.errors import InputError


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


def mask(names: Iterable[str]) -> int:
    """The set of types as a byte; "registered-access" stands for two of them. In any case, commas allowed.

    Raises InputError for a name that is no type.
    """
    known = {name.lower(): 1 << index for index, name in enumerate(NAMES)}
    known[_SHORTHAND] = REGISTERED_ACCESS
    types = 0
    for name in (part.strip() for text in names for part in text.split(",")):
        if name.lower() not in known:
            raise InputError(f"{name!r} is no type of visa.", f"Choose of {', '.join((_SHORTHAND, *NAMES))}.")
        types |= known[name.lower()]
    return types


def names(types: int) -> list[str]:
    """The names of a set of types, ascending."""
    return [name for index, name in enumerate(NAMES) if types >> index & 1]


def missing(types: int, shown: Iterable[VisaType]) -> int:
    """Of the types that are required, those that are not among those shown."""
    for kind in shown:
        types &= ~(1 << kind)
    return types


def visa_id(issuer: str, visa_hash: bytes) -> bytes:
    """Under which a visa is revoked (`VisaRegistry.idOf`)."""
    return keccak(bytes(12) + bytes.fromhex(issuer[2:]) + visa_hash)
