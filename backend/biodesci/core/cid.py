"""Content identifiers: the 32-byte digest that contracts store, and its text forms (docs/protocol.md).

All three forms name the same dag-pb block: `Qm…` is CIDv0 (base58btc of the multihash 12 20 ‖ digest),
`bafybei…` is CIDv1 in base32 and `f01701220…` CIDv1 in base16 (https://github.com/multiformats/cid).
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from biodesci.core.errors import InputError

_MULTIHASH: Final = b"\x12\x20"  # sha2-256, 32 bytes
_CID_V1: Final = b"\x01\x70" + _MULTIHASH  # version 1, dag-pb
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE16_LENGTH: Final = 1 + 2 * 36
_BASE32_LENGTH: Final = 1 + 58


def from_digest(digest: bytes) -> str:
    """CIDv1 in base32 (`bafybei…`) of a dag-pb block with this SHA-256 digest."""
    _check_length(digest)
    return "b" + base64.b32encode(_CID_V1 + digest).decode("ascii").lower().rstrip("=")


def to_v0(digest: bytes) -> str:
    """CIDv0 (`Qm…`), the form that old tools want."""
    _check_length(digest)
    number = int.from_bytes(_MULTIHASH + digest, "big")
    text = ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return text


def to_digest(cid: str) -> bytes:
    """The digest inside `Qm…`, `bafybei…` or `f01701220…`. InputError for any other codec, hash or form."""
    if not isinstance(cid, str):
        raise InputError("A CID is text.", "Give it as Qm…, bafybei… or f01701220….")
    try:
        raw = _decode(cid)
    except (ValueError, binascii.Error) as exc:
        raise _refused(cid) from exc
    if len(raw) != 36 or not raw.startswith(_CID_V1):
        raise _refused(cid)
    digest = raw[4:]
    # Non-canonical base32 padding bits and upper case would make two texts name one blob.
    if cid not in (from_digest(digest), to_v0(digest), "f" + raw.hex()):
        raise _refused(cid)
    return digest


def _decode(cid: str) -> bytes:
    if len(cid) == 46 and cid.startswith("Qm"):
        number = 0
        for character in cid:
            number = number * 58 + _BASE58.index(character)
        raw = number.to_bytes(34, "big")
        return b"\x01\x70" + raw
    if len(cid) == _BASE32_LENGTH and cid[0] == "b":
        return base64.b32decode(cid[1:].upper() + "=" * (-(_BASE32_LENGTH - 1) % 8))
    if len(cid) == _BASE16_LENGTH and cid[0] == "f":
        return bytes.fromhex(cid[1:])
    raise ValueError("unknown form")


def _check_length(digest: bytes) -> None:
    if len(digest) != 32:
        raise InputError(f"A CID digest has 32 bytes, not {len(digest)}.")


def _refused(cid: str) -> InputError:
    return InputError(
        f"Not a CID this system uses: {cid[:80]!r}.",
        "Blobs are dag-pb with SHA-256: Qm…, bafybei… or f01701220….",
    )
