"""What a node keeps on disk of a round, secrets included, to go on after `kill -9`. It stays at the node."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo

from biodesci.core.documents.base import Document
from biodesci.core.documents.values import BareAddress, BareBytes32, BareHex, Count, Uint256, Version1
from biodesci.core.errors import IntegrityError


def _keys_from_hex(value: object, info: ValidationInfo) -> object:
    if info.mode != "json" or not isinstance(value, dict):
        return value
    try:
        return {bytes.fromhex(name): entry for name, entry in value.items()}
    except ValueError:
        raise ValueError("its names should be hexadecimal digits") from None


class NodeState(Document):
    """The fields of `protocol.Node`; those of steps that are still to come are empty. An entry of `roster` is
    a node's account and its two round keys, as in `protocol.Member`."""

    title: ClassVar = "stored round state"
    remedy: ClassVar = "Skip this round; the next one is fresh."
    limit: ClassVar = 1 << 20
    refusal: ClassVar = IntegrityError

    version: Version1 = 1
    chain_id: Uint256
    registry: BareAddress
    round_id: Uint256
    address: BareAddress
    mask_key: BareBytes32
    share_key: BareBytes32
    seed: BareBytes32
    roster: tuple[tuple[BareAddress, BareBytes32, BareBytes32], ...]
    threshold: Count
    dealt: BareHex
    own: BareHex
    received: Annotated[
        dict[Annotated[bytes, Field(min_length=20, max_length=20)], BareHex],
        BeforeValidator(_keys_from_hex),
        PlainSerializer(
            lambda values: {address.hex(): shares.hex() for address, shares in values.items()},
            when_used="json",
        ),
    ]
    agreed: BareHex
    masked: BareHex
    question: tuple[BareAddress, ...]
    answer: BareHex
