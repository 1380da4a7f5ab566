"""What people sign (EIP-712, https://eips.ethereum.org/EIPS/eip-712): documents for eth-account and wallets.

Visa, Order and Registration are ours (contracts/VisaRegistry.sol, licensing/Orders.sol, KeyRegistry.sol);
Permit is of ERC-2612, ReceiveWithAuthorization of ERC-3009, both in the token's own domain.
"""

from __future__ import annotations

from typing import Any, Final

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from biodesci.core.documents.order import Order
from biodesci.core.documents.visa import Visa

Domain = dict[str, Any]
Document = dict[str, Any]

_DOMAIN: Final = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def domain(name: str, version: str, chain_id: int, contract: str) -> Domain:
    return {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract}


def visa(chain_id: int, registry: str, signed: Visa) -> Document:
    fields = "address subject,uint8 visaType,bytes32 value,address issuer,uint40 asserted,uint40 expires"
    return _document(
        domain("BioDeSci Visas", "1", chain_id, registry), "Visa", {"Visa": fields}, signed.struct()
    )


def order(chain_id: int, licenses: str, signed: Order) -> Document:
    types = {
        "Order": "address buyer,uint256 offerId,ResearchPurpose purpose,address currency,uint256 price,"
        "bool mayReview,uint40 visasUntil,uint256 nonce,uint256 deadline",
        "ResearchPurpose": "uint64 duo,uint32 disease,bytes32 statement",
    }
    buyer, offer_id, purpose, *rest = signed.struct()
    declared = dict(zip(("duo", "disease", "statement"), purpose, strict=True))
    where = domain("BioDeSci Access Licence", "1", chain_id, licenses)
    return _document(where, "Order", types, (buyer, offer_id, declared, *rest))


def registration(
    chain_id: int, keys: str, account: str, key_hash: bytes, nonce: int, deadline: int
) -> Document:
    fields = "address account,bytes32 keyHash,uint256 nonce,uint256 deadline"
    where = domain("BioDeSci Keys", "1", chain_id, keys)
    return _document(where, "Registration", {"Registration": fields}, (account, key_hash, nonce, deadline))


def permit(token: Domain, owner: str, spender: str, value: int, nonce: int, deadline: int) -> Document:
    fields = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    return _document(token, "Permit", {"Permit": fields}, (owner, spender, value, nonce, deadline))


def receive_with_authorization(
    token: Domain, payer: str, to: str, value: int, valid_after: int, valid_before: int, nonce: bytes
) -> Document:
    name = "ReceiveWithAuthorization"
    fields = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
    values = (payer, to, value, valid_after, valid_before, nonce)
    return _document(token, name, {name: fields}, values)


def digest(document: Document) -> bytes:
    """What the signature is of."""
    encoded = encode_typed_data(full_message=document)
    return keccak(b"\x19" + encoded.version + encoded.header + encoded.body)


def separator(of: Domain) -> bytes:
    """The domain's hash, which a token may tell by `DOMAIN_SEPARATOR()`."""
    header: bytes = encode_typed_data(
        full_message=_document(of, "Empty", {"Empty": "bool empty"}, (False,))
    ).header
    return header


def _document(where: Domain, primary: str, types: dict[str, str], values: tuple[Any, ...]) -> Document:
    spelled = {
        name: [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in fields.split(",")]
        for name, fields in types.items()
    }
    names = [field["name"] for field in spelled[primary]]
    return {
        "types": {"EIP712Domain": _DOMAIN, **spelled},
        "primaryType": primary,
        "domain": where,
        "message": dict(zip(names, values, strict=True)),
    }
