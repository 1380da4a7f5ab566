"""What guardians say to each other where a contract is the custodian: which delivery each approves.

The contract (contracts/GuardedCustody.sol) delivers what a threshold of them signed. So one of them puts the
released shares together, the others look at the result and sign its digest. Nothing here checks a signature
(market/guarded_custody.py).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.guarding import MOST, ReleasedShare, SharedKey, SignedRelease
from biodesci.core.documents.values import Address, Bytes32, HexBytes, Uint32, Uint256, UnixSeconds


class Approval(Part):
    """A delivery that a guardian signs. `contract` is the GuardedCustody, `envelope` the digest of the key in
    shares, `commitments` those of the version, `again` which delivery after the first it is (0: the first),
    `guardians` what the contract keeps of whom the owner named, `deadline` the last second in which the
    signature counts."""

    chain_id: Uint256
    contract: Address
    license_id: Annotated[int, Field(ge=1, lt=1 << 48)]
    licensee: Address
    envelope: Bytes32
    commitments: Bytes32
    again: Uint32
    deadline: UnixSeconds
    guardians: Bytes32


class SignedApproval(Part):
    """An approval with its guardian's signature (core/typed_data.py)."""

    approval: Approval
    guardian: Address
    signature: HexBytes


class DeliveryApproval(Document):
    """What a guardian hands to the one that delivers. It opens nothing, and needs no private channel."""

    title: ClassVar = "approval of a delivery"
    remedy: ClassVar = "Ask the guardian for it again: biodesci dataset approve-delivery."
    limit: ClassVar = 16 << 10

    format: Literal["biodesci-delivery-approval/1"] = "biodesci-delivery-approval/1"
    signed: SignedApproval


class GuardianAnswer(Document):
    """What a guardian's worker answers a fellow guardian about a licence, sealed to it: the share that it
    released, the shares that it would deliver (none: it has not enough, or not the turn), and which
    deliveries of others it approves."""

    title: ClassVar = "answer of a guardian"
    remedy: ClassVar = "It is asked again."
    limit: ClassVar = ReleasedShare.limit + SharedKey.limit + MOST * DeliveryApproval.limit

    format: Literal["biodesci-guardian-answer/1"] = "biodesci-guardian-answer/1"
    released: SignedRelease
    proposed: Annotated[tuple[SignedRelease, ...], Field(max_length=MOST)] = ()
    approvals: Annotated[tuple[SignedApproval, ...], Field(max_length=MOST)] = ()
