"""The three messages of a secure aggregation, and their bytes.

Shares and answers are canonical JSON with hexadecimal values; the masked vector is raw:
`magic "BDSM" ‖ version u8 = 1 ‖ 3 zero bytes ‖ peers digest (32) ‖ entries u32, big-endian`.
A decoder accepts one encoding only: what it read, encoded again, must be the bytes it got.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from biodesci.core.errors import IntegrityError
from biodesci.fl.quantize import MAX_NODES, Ring

Address = bytes  # 20 bytes

MAGIC: Final = b"BDSM\x01\x00\x00\x00"
HEADER: Final = len(MAGIC) + 32
SMALL_MESSAGE: Final = 1 << 20  # bytes of a message other than a masked vector
MAX_INBOX: Final = MAX_NODES * SMALL_MESSAGE  # one bundle out of each node's shares


def hex_address(address: Address) -> str:
    """An address as 0x and lower-case hexadecimal digits, as messages and errors name it."""
    return "0x" + address.hex()


@dataclass(frozen=True, slots=True)
class Shares:
    """A node's shares, one encrypted bundle a peer, and the hash its self-mask seed is checked against."""

    seed_hash: bytes
    sealed: Mapping[Address, bytes]

    def to_bytes(self) -> bytes:
        """The message as canonical JSON, the one encoding that `from_bytes` takes."""
        return _dump({"seedHash": self.seed_hash.hex(), "sealed": _hex_map(self.sealed)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Shares:
        """The message in these bytes. Raises IntegrityError for any but the canonical encoding of one."""
        document = _load(data, {"seedHash", "sealed"})
        return _canonical(data, cls(_bytes(document["seedHash"], 32), _bytes_map(document["sealed"])))


@dataclass(frozen=True, slots=True)
class Inbox:
    """What the aggregator relays to one node once sharing is over: the bundles of all who take part."""

    sealed: Mapping[Address, bytes]

    def to_bytes(self) -> bytes:
        """The message as canonical JSON, the one encoding that `from_bytes` takes."""
        return _dump({"sealed": _hex_map(self.sealed)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Inbox:
        """The message in these bytes. Raises IntegrityError for any but the canonical encoding of one."""
        return _canonical(data, cls(_bytes_map(_load(data, {"sealed"})["sealed"])))


@dataclass(frozen=True, slots=True)
class UnmaskAnswer:
    """For a survivor the share of its self-mask seed, for a dropout the share of its mask key; never both."""

    seeds: Mapping[Address, bytes]
    keys: Mapping[Address, bytes]

    def to_bytes(self) -> bytes:
        """The message as canonical JSON, the one encoding that `from_bytes` takes."""
        return _dump({"seeds": _hex_map(self.seeds), "keys": _hex_map(self.keys)})

    @classmethod
    def from_bytes(cls, data: bytes) -> UnmaskAnswer:
        """The answer in these bytes.

        Raises IntegrityError for any but the canonical encoding of one, and for an answer that holds both
        shares of one node: together they would unmask its vector.
        """
        document = _load(data, {"seeds", "keys"})
        answer = _canonical(data, cls(_bytes_map(document["seeds"]), _bytes_map(document["keys"])))
        if answer.seeds.keys() & answer.keys.keys():
            raise IntegrityError("An unmask answer holds both shares of a node.", "Refuse it.")
        return answer

    def __repr__(self) -> str:
        return f"UnmaskAnswer({len(self.seeds)} seeds, {len(self.keys)} keys)"


@dataclass(frozen=True, slots=True)
class MaskedVector:
    """A masked vector (P,), and the digest of the set of peers that it is masked against."""

    peers: bytes
    vector: Ring

    def to_bytes(self) -> bytes:
        """The raw message: magic, digest of the peers, then 4 bytes for each of the P entries."""
        return MAGIC + self.peers + vector_bytes(self.vector)

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


def peers_digest(peers: Iterable[Address]) -> bytes:
    """The 32 bytes that name a set of nodes: SHA-256("biodesci/peers/v1" ‖ its addresses, ascending)."""
    return hashlib.sha256(b"biodesci/peers/v1" + b"".join(sorted(peers))).digest()


M = TypeVar("M", Shares, Inbox, UnmaskAnswer)


def _dump(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _load(data: bytes, fields: set[str]) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise IntegrityError(
            "A round message is not JSON.", "It was damaged on the way: send it again."
        ) from exc
    if not isinstance(document, dict) or set(document) != fields:
        raise IntegrityError(f"A round message must have the fields {sorted(fields)}.", "Send it again.")
    return document


def _canonical(data: bytes, message: M) -> M:
    if message.to_bytes() != data:
        raise IntegrityError(
            "A round message is not in canonical form.", "Send it as the protocol page says."
        )
    return message


def _hex_map(values: Mapping[Address, bytes]) -> dict[str, str]:
    return {hex_address(address): value.hex() for address, value in values.items()}


def _bytes_map(value: object) -> dict[Address, bytes]:
    if not isinstance(value, dict):
        raise IntegrityError("A round message must map addresses to values.", "Send it again.")
    return {_bytes(str(key).removeprefix("0x"), 20): _bytes(item) for key, item in value.items()}


def _bytes(value: object, size: int | None = None) -> bytes:
    try:
        raw = bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError as exc:
        raise IntegrityError("A value in a round message is not hexadecimal.", "Send it again.") from exc
    if size is not None and len(raw) != size:
        raise IntegrityError(f"A value in a round message must have {size} bytes.", "Send it again.")
    return raw
