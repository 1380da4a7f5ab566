"""EIP-712 signatures: eth-account's hash of the types below, so that they check what the contracts hash.

Types: Orders.sol, VisaRegistry.sol, GuardedCustody.sol, ERC-2612 (Permit), ERC-3009
(ReceiveWithAuthorization).
"""

from __future__ import annotations

from typing import Any

from eth_account.messages import encode_typed_data
from vocabulary import EMPTY, Method

_PURPOSE = [("uint64", "duo"), ("uint32", "disease"), ("bytes32", "statement")]
_ORDER = [
    ("address", "buyer"),
    ("uint256", "offerId"),
    ("bytes32", "offerHash"),
    ("uint32", "version"),
    ("ResearchPurpose", "purpose"),
    ("address", "currency"),
    ("uint256", "price"),
    ("bool", "mayReview"),
    ("uint40", "visasUntil"),
    ("uint256", "nonce"),
    ("uint256", "deadline"),
]
_VISA = [
    ("address", "subject"),
    ("uint8", "visaType"),
    ("bytes32", "value"),
    ("address", "issuer"),
    ("uint40", "asserted"),
    ("uint40", "expires"),
]
_APPROVAL = [
    ("uint48", "licenseId"),
    ("address", "licensee"),
    ("bytes32", "envelope"),
    ("bytes32", "commitments"),
    ("uint32", "again"),
    ("uint40", "deadline"),
    ("bytes32", "set"),
]
_PERMIT = [
    ("address", "owner"),
    ("address", "spender"),
    ("uint256", "value"),
    ("uint256", "nonce"),
    ("uint256", "deadline"),
]
_AUTHORIZATION = [
    ("address", "from"),
    ("address", "to"),
    ("uint256", "value"),
    ("uint256", "validAfter"),
    ("uint256", "validBefore"),
    ("bytes32", "nonce"),
]

Fields = dict[str, Any]


def sign_order(signer: Any, licenses: Any, order: Fields) -> bytes:
    types = {"Order": _ORDER, "ResearchPurpose": _PURPOSE}
    return _sign(signer, licenses, "BioDeSci Access Licence", types, order)


def sign_visa(signer: Any, visas: Any, visa: Fields) -> bytes:
    return _sign(signer, visas, "BioDeSci Visas", {"Visa": _VISA}, visa)


def sign_delivery(signer: Any, custody: Any, delivery: Fields, guardians: bytes) -> bytes:
    """As a guardian of the set `guardians`."""
    fields = {**delivery, "set": guardians}
    return _sign(signer, custody, "BioDeSci Guarded Custody", {"Approval": _APPROVAL}, fields)


def permit(
    signer: Any, token: Any, spender: str, value: int, *, nonce: int = 0, deadline: int = 2**40
) -> Fields:
    """An ERC-2612 permit, as a payment."""
    fields = {
        "owner": signer.address,
        "spender": spender,
        "value": value,
        "nonce": nonce,
        "deadline": deadline,
    }
    signature = _sign(signer, token, token.name(), {"Permit": _PERMIT}, fields)
    return _payment(Method.PERMIT, signature, deadline=deadline)


def authorization(
    signer: Any, token: Any, to: str, value: int, nonce: bytes, *, deadline: int = 2**40
) -> Fields:
    """An ERC-3009 authorization to receive `value`, as a payment."""
    fields = {
        "from": signer.address,
        "to": to,
        "value": value,
        "validAfter": 0,
        "validBefore": deadline,
        "nonce": nonce,
    }
    types = {"ReceiveWithAuthorization": _AUTHORIZATION}
    signature = _sign(signer, token, token.name(), types, fields)
    return _payment(Method.AUTHORIZATION, signature, deadline=deadline, nonce=nonce)


def _sign(
    signer: Any, contract: Any, name: str, types: dict[str, list[tuple[str, str]]], message: Fields
) -> bytes:
    domain = {
        "name": name,
        "version": "1",
        "chainId": contract.provider.chain_id,
        "verifyingContract": contract.address,
    }
    listed = {kind: [{"type": of, "name": field} for of, field in fields] for kind, fields in types.items()}
    signature = signer.sign_message(encode_typed_data(domain, listed, message))
    return signature.r.rjust(32, b"\0") + signature.s.rjust(32, b"\0") + bytes([signature.v])


def _payment(method: int, signature: bytes, *, deadline: int, nonce: bytes = EMPTY) -> Fields:
    return {
        "method": method,
        "v": signature[64],
        "r": signature[:32],
        "s": signature[32:64],
        "validAfter": 0,
        "deadline": deadline,
        "nonce": nonce,
    }
