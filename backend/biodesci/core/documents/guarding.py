"""A dataset key in the hands of guardians: how it was split, a share that one releases, the key in shares.

The owner splits key and salt so that any `threshold` shares give them back (core/shamir.py). Each share is
sealed to its guardian; a guardian that releases one seals it to the licensee, for one licence. Nothing here
checks a signature or opens a share (core/guarding.py, market/guardians.py).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from eth_utils.crypto import keccak
from pydantic import AfterValidator, Field, model_validator

from biodesci.core import canonical
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import (
    Address,
    Base64,
    Bytes32,
    HexBytes,
    Text,
    Uint32,
    Uint256,
    UnixSeconds,
)
from biodesci.core.errors import InputError, IntegrityError

MOST: Final = 32
"""Guardians of one version."""
_LOCAL: Final = {"127.0.0.1", "localhost", "::1"}


def _is_asked_safely(url: str) -> str:
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise InputError(
            "A guardian's address is https, without a login (http on this machine alone).",
            "Write it such as https://guardian.example.org.",
        )
    return url.rstrip("/")


class Guardian(Part):
    """Who holds a share, and what the share was committed to (`guarding.commitment`). The index of the first
    is 1. `url` is where its worker answers the other guardians; absent: a person releases its shares."""

    account: Address
    share: Bytes32
    url: Annotated[Text, Field(max_length=200), AfterValidator(_is_asked_safely)] | None = None


class Split(Part):
    """What the owner signs: whose shares open which version's key. `contract` is the DatasetNFT,
    `commitments` those of the version on chain, `made` in Unix seconds: a newer one replaces it."""

    chain_id: Uint256
    contract: Address
    dataset_id: Uint256
    version: Uint32
    commitments: Bytes32
    owner: Address
    made: UnixSeconds
    threshold: Annotated[int, Field(ge=2, le=MOST)]
    guardians: Annotated[tuple[Guardian, ...], Field(min_length=2, max_length=MOST)]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.threshold > len(self.guardians):
            raise InputError(
                f"{len(self.guardians)} guardians cannot be {self.threshold}.",
                "Name more guardians, or a lower threshold.",
            )
        if len({one.account for one in self.guardians}) < len(self.guardians):
            raise InputError("A guardian is named twice.", "Each holds one share: name different accounts.")
        return self

    @property
    def content(self) -> bytes:
        """The hash that stands for it: what is sealed, released or signed is bound to it."""
        return keccak(canonical.dumps(self.model_dump(mode="json")))

    def index_of(self, account: str) -> int | None:
        """The number of an account's share, from 1 on; None where it is no guardian."""
        accounts = [one.account for one in self.guardians]
        return accounts.index(account) + 1 if account in accounts else None


class SignedSplit(Part):
    """A split with its owner's signature (core/typed_data.py)."""

    split: Split
    signature: HexBytes


class SplitFile(Document):
    """What the owner hands to its guardians. `sealed` are the shares, in their order, each for its guardian
    alone: the file needs no private channel."""

    title: ClassVar = "key split"
    remedy: ClassVar = "Ask the dataset's owner for it again: biodesci dataset guard."
    limit: ClassVar = 128 << 10

    format: Literal["biodesci-key-split/1"] = "biodesci-key-split/1"
    signed: SignedSplit
    sealed: Annotated[tuple[Base64, ...], Field(min_length=2, max_length=MOST)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(self.sealed) != len(self.signed.split.guardians):
            raise InputError("A share is missing, or there is one too many.", "Make it again.")
        return self


class Release(Part):
    """A guardian's share for one licence: `sealed` opens with the licensee's key. `contract` is the
    AccessLicense, `split` the content of the split that the share is of."""

    chain_id: Uint256
    contract: Address
    license_id: Uint256
    licensee: Address
    split: Bytes32
    guardian: Address
    sealed: Base64


class SignedRelease(Part):
    """A release with its guardian's signature: who gives a wrong share can be named."""

    release: Release
    signature: HexBytes


class ReleasedShare(Document):
    """What a guardian hands to the one that delivers. With a threshold of them the licensee has the key: it
    travels by a private channel until the delivery is on chain."""

    title: ClassVar = "released share"
    remedy: ClassVar = "Ask the guardian for it again: biodesci dataset release-share."
    limit: ClassVar = 16 << 10

    format: Literal["biodesci-released-share/1"] = "biodesci-released-share/1"
    signed: SignedRelease


class ShareEvidence(Document):
    """What a guardian shows an arbiter: what was delivered (the bytes of a SharedKey), and how its share in
    it was sealed. Whoever has it knows the share: it travels sealed to the arbiter."""

    title: ClassVar = "evidence of a share"
    remedy: ClassVar = "Ask the guardian for it again: biodesci license evidence."
    limit: ClassVar = 512 << 10

    format: Literal["biodesci-share-evidence/1"] = "biodesci-share-evidence/1"
    delivered: Base64
    guardian: Address
    randomness: Annotated[Base64, Field(min_length=64, max_length=64)]
    share: Base64


class SharedKey(Document):
    """What is delivered in place of an envelope: shares, each sealed to the licensee, and whose they are."""

    title: ClassVar = "key in shares"
    remedy: ClassVar = "Ask the dataset's owner to deliver it again."
    limit: ClassVar = 256 << 10
    must_be_canonical: ClassVar = True
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-shared-key/1"] = "biodesci-shared-key/1"
    signed: SignedSplit
    shares: Annotated[tuple[SignedRelease, ...], Field(min_length=2, max_length=MOST)]
