"""Signatures of the messages between a round's nodes and its aggregator."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from pydantic import TypeAdapter

from biodesci.core import commitment
from biodesci.core.documents.values import Bytes65
from biodesci.core.errors import AccessDeniedError
from biodesci.fl.masking import Context

MessageKind = Literal["shares", "masked", "unmask"]
SIGNATURE_HEADER: Final = "X-BioDeSci-Signature"
_SIGNATURE: Final = TypeAdapter[bytes](Bytes65)


def sign(account: LocalAccount, where: Context, kind: MessageKind, body: bytes) -> str:
    """EIP-191 signature over the round, the kind and the body's hash."""
    signed = account.sign_message(_signable(where, kind, body))
    return "0x" + bytes(signed.signature).hex()


def signer(where: Context, kind: MessageKind, body: bytes, signature: str) -> bytes:
    """Whose signature it is (20 bytes): `signature` is 0x and 130 hexadecimal digits, as `sign` writes it.

    Raises AccessDeniedError when it is none.
    """
    try:
        signed = _SIGNATURE.validate_python(signature)
        return commitment.address(Account.recover_message(_signable(where, kind, body), signature=signed))
    except (ValueError, TypeError, ValidationError, BadSignature) as exc:
        raise AccessDeniedError(
            "The message's signature is not valid.", "Sign it with the node's account."
        ) from exc


def _signable(where: Context, kind: MessageKind, body: bytes) -> SignableMessage:
    return encode_defunct(
        text="\n".join(
            (
                "BioDeSci round message v1",
                f"chain {where.chain_id}",
                f"registry 0x{where.registry.hex()}",
                f"round {where.round_id}",
                f"kind {kind}",
                f"sha256 {hashlib.sha256(body).hexdigest()}",
            )
        )
    )
