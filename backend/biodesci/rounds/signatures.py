"""Signatures of the messages between a round's nodes and its aggregator."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final, Literal

from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from pydantic import TypeAdapter

from biodesci.core import commitment
from biodesci.core.documents.values import Bytes65
from biodesci.core.errors import AccessDeniedError, InputError
from biodesci.fl.masking import Context

MessageKind = Literal["shares", "masked", "unmask"]
SIGNATURE_HEADER: Final = "X-BioDeSci-Signature"
DIGEST_HEADER: Final = "Content-Digest"  # RFC 9530: it tells what is signed before the body comes
_DIGEST: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):")
_SIGNATURE: Final = TypeAdapter[bytes](Bytes65)


def sign(account: LocalAccount, where: Context, kind: MessageKind, body: bytes) -> str:
    """EIP-191 signature over the round, the kind and the body's hash."""
    signed = account.sign_message(_signable(where, kind, hashlib.sha256(body).digest()))
    return "0x" + bytes(signed.signature).hex()


def signer(where: Context, kind: MessageKind, digest: bytes, signature: str) -> bytes:
    """Whose signature it is (20 bytes) of a body with this SHA-256: `signature` is 0x and 130 hexadecimal
    digits, as `sign` writes it.

    Raises AccessDeniedError when it is none.
    """
    try:
        signed = _SIGNATURE.validate_python(signature)
        return commitment.address(Account.recover_message(_signable(where, kind, digest), signature=signed))
    except (ValueError, TypeError, ValidationError, BadSignature) as exc:
        raise AccessDeniedError(
            "The message's signature is not valid.", "Sign it with the node's account."
        ) from exc


def write_digest(body: bytes) -> str:
    """The value of `Content-Digest` (RFC 9530, 2): a dictionary with the body's SHA-256."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def read_digest(field: str) -> bytes:
    """The SHA-256 (32 bytes) in such a value. Raises InputError where there is none."""
    said = _DIGEST.search(field)
    if said is None:
        raise InputError(
            "The message's headers do not say its digest.", f"Send {DIGEST_HEADER} with its SHA-256."
        )
    return base64.b64decode(said[1])


def _signable(where: Context, kind: MessageKind, digest: bytes) -> SignableMessage:
    return encode_defunct(
        text="\n".join(
            (
                "BioDeSci round message v1",
                f"chain {where.chain_id}",
                f"registry 0x{where.registry.hex()}",
                f"round {where.round_id}",
                f"kind {kind}",
                f"sha256 {digest.hex()}",
            )
        )
    )
