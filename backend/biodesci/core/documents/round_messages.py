"""What passes between a round's nodes and its aggregator: shares, inbox, unmask answer, the round's status.

The masked vector, the largest of their messages, is raw bytes (`fl/messages.py`).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema, model_validator

from biodesci.core import shamir
from biodesci.core.documents.base import Document
from biodesci.core.documents.values import Address, BareBytes32, Uint256, UnixSeconds
from biodesci.core.errors import IntegrityError

SEALED_SIZE: Final = 12 + 2 * shamir.SHARE_SIZE + 16
"""Bytes of two sealed shares: nonce, a share of each secret, tag (`fl.masking.seal_shares`)."""


def _from_hex(value: object, info: ValidationInfo) -> object:
    if info.mode != "json" or not isinstance(value, dict):
        return value
    try:
        return {bytes.fromhex(name.removeprefix("0x")): bytes.fromhex(text) for name, text in value.items()}
    except (ValueError, TypeError):
        raise ValueError("it should map addresses to hexadecimal digits") from None


def _to_hex(values: dict[bytes, bytes]) -> dict[str, str]:
    return {f"0x{address.hex()}": value.hex() for address, value in values.items()}


def _by_node(size: int) -> tuple[Any, ...]:
    """What makes values of `size` bytes by address from texts of hexadecimal digits.

    A map is converted as a whole, in one call: in a round of 100 nodes each message has 100 entries.
    """
    digits = {"type": "string", "pattern": f"^[0-9a-f]{{{2 * size}}}$"}
    addresses = {"pattern": "^0x[0-9a-f]{40}$"}
    return (
        BeforeValidator(_from_hex),
        PlainSerializer(_to_hex, when_used="json"),
        WithJsonSchema({"type": "object", "additionalProperties": digits, "propertyNames": addresses}),
    )


_Node = Annotated[bytes, Field(min_length=20, max_length=20)]
_Sealed = Annotated[bytes, Field(min_length=SEALED_SIZE, max_length=SEALED_SIZE)]
_Share = Annotated[bytes, Field(min_length=shamir.SHARE_SIZE, max_length=shamir.SHARE_SIZE)]
SealedByNode = Annotated[dict[_Node, _Sealed], *_by_node(SEALED_SIZE)]
"""By a node's address (20 bytes) the two shares that are sealed to it, or by it."""
DigestByNode = Annotated[dict[_Node, Annotated[bytes, Field(min_length=32, max_length=32)]], *_by_node(32)]
"""By a node's address (20 bytes) the digest of its inbox (`fl.messages.inbox_digest`)."""
ShareByNode = Annotated[dict[_Node, _Share], *_by_node(shamir.SHARE_SIZE)]
"""By a node's address (20 bytes) a share of one of its secrets."""


class _Message(Document):
    remedy: ClassVar = "It was damaged on the way, or is another message: send it again."
    limit: ClassVar = 1 << 20
    must_be_canonical: ClassVar = True
    refusal: ClassVar = IntegrityError


class Shares(_Message):
    """A node's shares of its secrets, two sealed to each peer, and the hash that its self-mask seed is held
    against."""

    title: ClassVar = "message of shares"

    seed_hash: BareBytes32
    sealed: SealedByNode


class Inbox(_Message):
    """What the aggregator relays to one node once sharing is over: the shares of all who take part, each
    sealed by the node that it is under; and the digests of all their inboxes, this node's too, which the
    chain names by one digest."""

    title: ClassVar = "inbox"

    sealed: SealedByNode
    digests: DigestByNode


class UnmaskAnswer(_Message):
    """For a survivor the share of its self-mask seed, for a dropout the share of its mask key; never both:
    together they would unmask its vector."""

    title: ClassVar = "unmask answer"

    seeds: ShareByNode
    keys: ShareByNode

    @model_validator(mode="after")
    def _keeps_one_secret(self) -> Self:
        if self.seeds.keys() & self.keys.keys():
            raise ValueError("it holds both shares of a node")
        return self


State = Literal["enrolling", "running", "unmasking", "finalized", "aborted"]
Stage = Literal[State, "sharing", "training"]


class RoundStatus(Document):
    """What an aggregator says of a round: what is awaited, from whom, until when (a time of the chain), and
    why it does not go on."""

    title: ClassVar = "round status"
    remedy: ClassVar = "Ask the aggregator's operator."
    limit: ClassVar = 64 << 10

    round_id: Uint256
    state: State
    stage: Stage
    awaited: tuple[Address, ...]
    until: UnixSeconds
    note: str
