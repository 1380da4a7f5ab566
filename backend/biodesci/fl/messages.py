"""The masked vector of a secure aggregation, and its bytes. The other messages are JSON documents
(`core/documents/round_messages.py`).

    magic "BDSM" ‖ version u8 = 2 ‖ 3 zero bytes ‖ digest of what was dealt (32) ‖ entries u32, big-endian
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from biodesci.core.errors import IntegrityError
from biodesci.fl.masking import Context
from biodesci.fl.quantize import Ring

Address = bytes  # 20 bytes

MAGIC: Final = b"BDSM\x02\x00\x00\x00"
HEADER: Final = len(MAGIC) + 32


def hex_address(address: Address) -> str:
    """An address as 0x and lower-case hexadecimal digits, as messages and errors name it."""
    return "0x" + address.hex()


@dataclass(frozen=True, slots=True)
class MaskedVector:
    """A masked vector (P,), and the digest of what was dealt by those whom it is masked against."""

    dealt: bytes
    vector: Ring

    def to_bytes(self) -> bytes:
        """The raw message: magic, digest of what was dealt, then 4 bytes for each of the P entries."""
        return MAGIC + self.dealt + vector_bytes(self.vector)

    @classmethod
    def from_bytes(cls, data: bytes) -> MaskedVector:
        """The vector in these bytes. Raises IntegrityError for a wrong head or a cut-off entry."""
        if data[: len(MAGIC)] != MAGIC or len(data) < HEADER or (len(data) - HEADER) % 4:
            raise IntegrityError("This is not a masked vector.", "It was truncated, or is another message.")
        vector = np.frombuffer(data, dtype=">u4", offset=HEADER).astype(np.uint32)
        return cls(data[len(MAGIC) : HEADER], vector)

    def digest(self) -> bytes:
        """SHA-256 of the vector's bytes: what the commitment on chain is made from."""
        return hashlib.sha256(vector_bytes(self.vector)).digest()


def vector_bytes(vector: Ring) -> bytes:
    """The entries (P,) as big-endian u32, 4·P bytes."""
    return np.asarray(vector, dtype=np.uint32).astype(">u4").tobytes()


def inbox_digest(sealed: Mapping[Address, bytes]) -> bytes:
    """The 32 bytes that name what was dealt to one node: SHA-256 over its senders and their bundles."""
    listed = b"".join(sender + sealed[sender] for sender in sorted(sealed))
    return hashlib.sha256(b"biodesci/inbox/v1" + listed).digest()


def dealt_digest(context: Context, inboxes: Mapping[Address, bytes]) -> bytes:
    """The 32 bytes that name who dealt, and what each of them got: `inboxes` are the dealers' digests.

    It goes on chain before anybody masks, so that all dealers know of one set of dealers (docs/protocol.md,
    "Digest of what was dealt").
    """
    listed = b"".join(dealer + inboxes[dealer] for dealer in sorted(inboxes))
    return hashlib.sha256(context.info("biodesci/dealt/v1", b"", listed)).digest()


def seed_hash(context: Context, address: Address, seed: bytes) -> bytes:
    """What a node publishes of its self-mask seed, so that a reconstructed one can be checked (32 bytes).

    It is bound to the round and the node: SHA-256 over `Context.info`, see docs/protocol.md.
    """
    return hashlib.sha256(context.info("biodesci/self-seed/v1", address, seed)).digest()
