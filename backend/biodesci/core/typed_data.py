"""What people sign (EIP-712, https://eips.ethereum.org/EIPS/eip-712): documents for eth-account and wallets.

Visa, Order, Registration, RoleAcceptance and Approval are ours (contracts/VisaRegistry.sol,
licensing/Orders.sol, KeyRegistry.sol, datasets/Roles.sol, GuardedCustody.sol), and so are AuditReport,
Institution, InspectionReport, KeySplit, ShareRelease, ContentRequest and Deletion, which no contract reads;
Permit is of ERC-2612, ReceiveWithAuthorization of ERC-3009, both in the token's own domain.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any, Final

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from biodesci.core.documents.acceptance import RoleAcceptance
from biodesci.core.documents.content_request import ContentRequest
from biodesci.core.documents.copies import CopyReceipt, PartnerList
from biodesci.core.documents.custody import Approval
from biodesci.core.documents.deletion import DeletionReceipt
from biodesci.core.documents.guarding import Release, Split
from biodesci.core.documents.inspection_report import InspectionReport
from biodesci.core.documents.institution import Institution, Network
from biodesci.core.documents.order import Order
from biodesci.core.documents.report import Report
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
    """The EIP712Domain of a contract, which keeps a signature from counting anywhere else.

    `name` and `version` are the ones that the contract was made with, `contract` is its address in hex.
    """
    return {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract}


def visa(chain_id: int, registry: str, signed: Visa) -> Document:
    """The document that an issuer signs for a visa, in the domain of the VisaRegistry at `registry`.

    Times within the visa are Unix seconds; `value` is 32 bytes.
    """
    fields = "address subject,uint8 visaType,bytes32 value,address issuer,uint40 asserted,uint40 expires"
    return _document(
        domain("BioDeSci Visas", "1", chain_id, registry), "Visa", {"Visa": fields}, signed.struct()
    )


def order(chain_id: int, licenses: str, signed: Order) -> Document:
    """The document that a buyer signs for an order, in the domain of the AccessLicense at `licenses`.

    The price is in the currency's smallest unit; `visasUntil` and `deadline` are Unix seconds.
    """
    types = {
        "Order": "address buyer,uint256 offerId,bytes32 offerHash,uint32 version,ResearchPurpose purpose,"
        "address currency,uint256 price,bool mayReview,uint40 visasUntil,uint256 nonce,uint256 deadline",
        "ResearchPurpose": "uint64 duo,uint32 disease,bytes32 statement",
    }
    buyer, offer_id, offer_hash, version, purpose, *rest = signed.struct()
    declared = dict(zip(("duo", "disease", "statement"), purpose, strict=True))
    where = domain("BioDeSci Access Licence", "1", chain_id, licenses)
    return _document(where, "Order", types, (buyer, offer_id, offer_hash, version, declared, *rest))


def audit_report(signed: Report) -> Document:
    """The document that an auditor signs, in the domain of the contract that the report is about.

    What a person reads in a wallet is spelled out; `content` is of the whole report.
    """
    fields = (
        "string subject,string method,uint256 checklist,uint256 subjectId,uint256 modelId,"
        "uint256 modelVersion,bool passed,bytes32 checks,bytes32 content,address auditor,uint40 auditedAt"
    )
    values = (
        signed.subject,
        signed.method,
        signed.checklist,
        signed.subject_id,
        signed.model_id,
        signed.model_version,
        signed.verdict.passed,
        signed.checks_hash,
        signed.content_hash,
        signed.auditor,
        signed.audited_at,
    )
    where = domain("BioDeSci Audits", "1", signed.chain_id, signed.contract)
    return _document(where, "AuditReport", {"AuditReport": fields}, values)


def inspection_report(signed: InspectionReport) -> Document:
    """The document that a publisher signs about what was inspected, in the domain of the DatasetNFT."""
    fields = "bytes32 plaintext,bytes32 content,address account,uint40 inspectedAt"
    values = (signed.plaintext_sha256, signed.content_hash, signed.account, signed.inspected_at)
    where = domain("BioDeSci Datasets", "1", signed.chain_id, signed.contract)
    return _document(where, "InspectionReport", {"InspectionReport": fields}, values)


def registration(
    chain_id: int, keys: str, account: str, key_hash: bytes, nonce: int, deadline: int
) -> Document:
    """The document by which `account` has its X-Wing key registered by whoever pays the gas.

    `keys` is the KeyRegistry's address, `key_hash` the keccak-256 (32 bytes) of the public key, `nonce` the
    account's next one there, and `deadline` the last second (Unix time) in which the signature counts.
    """
    fields = "address account,bytes32 keyHash,uint256 nonce,uint256 deadline"
    where = domain("BioDeSci Keys", "1", chain_id, keys)
    return _document(where, "Registration", {"Registration": fields}, (account, key_hash, nonce, deadline))


def role_acceptance(chain_id: int, datasets: str, signed: RoleAcceptance) -> Document:
    """The document by which an account takes a role, in the domain of the DatasetNFT at `datasets`."""
    fields = "uint256 datasetId,uint8 role,address account,address owner,uint256 nonce,uint256 deadline"
    where = domain("BioDeSci Datasets", "1", chain_id, datasets)
    return _document(where, "RoleAcceptance", {"RoleAcceptance": fields}, signed.struct())


def institution(network: Network | None, signed: Institution) -> Document:
    """The document by which an account says whose it is, in the domain of a network's DatasetNFT; without
    `network` the domain names neither chain nor contract, and the signature counts everywhere."""
    fields = "string domain,address account,string name,string ror,uint40 issued,uint40 expires"
    values = (
        *(signed.domain, signed.account, signed.name),
        *(signed.ror or "", signed.issued, signed.expires),
    )
    name, version = "BioDeSci Institutions", "1"
    where: Domain = {"name": name, "version": version}
    if network is not None:
        where = domain(name, version, network.chain_id, network.contract)
    return _document(where, "Institution", {"Institution": fields}, values)


def key_split(signed: Split) -> Document:
    """The document by which a dataset's owner says who guards a version's key, in the DatasetNFT's domain.

    `content` is the hash of the whole split.
    """
    fields = (
        "uint256 datasetId,uint32 version,address owner,uint256 threshold,uint256 guardians,"
        "bytes32 content,uint40 made"
    )
    values = (
        *(signed.dataset_id, signed.version, signed.owner),
        *(signed.threshold, len(signed.guardians), signed.content, signed.made),
    )
    where = domain("BioDeSci Guardians", "1", signed.chain_id, signed.contract)
    return _document(where, "KeySplit", {"KeySplit": fields}, values)


def share_release(signed: Release) -> Document:
    """The document by which a guardian answers for the share that it releases, in AccessLicense's domain.

    `sealed` is the Keccak-256 of the sealed share.
    """
    fields = "uint256 licenseId,address licensee,address guardian,bytes32 split,bytes32 sealed"
    values = (
        *(signed.license_id, signed.licensee, signed.guardian),
        *(signed.split, keccak(signed.sealed)),
    )
    where = domain("BioDeSci Released Shares", "1", signed.chain_id, signed.contract)
    return _document(where, "ShareRelease", {"ShareRelease": fields}, values)


def delivery_approval(signed: Approval) -> Document:
    """The document by which a guardian approves a first delivery, in the GuardedCustody's domain.

    `set` is what the contract keeps of the guardians.
    """
    fields = (
        "uint48 licenseId,address licensee,bytes32 envelope,bytes32 commitments,uint32 again,"
        "uint40 deadline,bytes32 set"
    )
    values = (
        *(signed.license_id, signed.licensee, signed.envelope, signed.commitments),
        *(signed.again, signed.deadline, signed.guardians),
    )
    where = domain("BioDeSci Guarded Custody", "1", signed.chain_id, signed.contract)
    return _document(where, "Approval", {"Approval": fields}, values)


def content_request(chain_id: int, licenses: str, signed: ContentRequest) -> Document:
    """The document by which an account asks a data owner's server for a container, in the domain of the
    AccessLicense at `licenses`; `expires` is in Unix seconds."""
    fields = (
        "uint256 datasetId,uint256 licenseId,bytes32 content,address account,string audience,uint40 expires"
    )
    values = (
        *(signed.dataset_id, signed.license_id, signed.content),
        *(signed.account, signed.audience, signed.expires),
    )
    where = domain("BioDeSci Containers", "1", chain_id, licenses)
    return _document(where, "ContentRequest", {"ContentRequest": fields}, values)


def deletion(signed: DeletionReceipt) -> Document:
    """The document by which a holder says that it deleted its copies, in the domain of the DatasetNFT.

    `files` is the Keccak-256 of the digests, one behind the other.
    """
    fields = "uint256 datasetId,uint32 version,bytes32 files,address holder,uint40 deleted"
    asked = signed.request
    values = (asked.dataset_id, asked.version, asked.content, signed.holder, signed.deleted)
    where = domain("BioDeSci Deletions", "1", asked.chain_id, asked.contract)
    return _document(where, "Deletion", {"Deletion": fields}, values)


def partners(signed: PartnerList) -> Document:
    """The document by which an owner names who keeps copies of a dataset, in the domain of the DatasetNFT."""
    fields = "uint256 datasetId,address owner,bytes32 partners,uint40 named"
    values = (signed.dataset_id, signed.owner, signed.content, signed.named)
    where = domain("BioDeSci Copies", "1", signed.chain_id, signed.contract)
    return _document(where, "Partners", {"Partners": fields}, values)


def copy_receipt(signed: CopyReceipt) -> Document:
    """The document by which a partner says that it keeps a container, in the domain of the DatasetNFT."""
    fields = (
        "uint256 datasetId,uint32 version,bytes32 content,bytes32 contentRoot,uint256 size,"
        "address partner,uint40 kept"
    )
    which = signed.dataset_id, signed.version, signed.content, signed.content_root, signed.size
    where = domain("BioDeSci Copies", "1", signed.chain_id, signed.contract)
    return _document(where, "Copy", {"Copy": fields}, (*which, signed.partner, signed.kept))


def permit(token: Domain, owner: str, spender: str, value: int, nonce: int, deadline: int) -> Document:
    """The document of a token allowance without a transaction (ERC-2612), in the token's own domain.

    `value` is in the token's smallest unit, `nonce` the owner's next one in the token, and `deadline` the
    last second (Unix time) in which the permit counts.
    """
    fields = "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"
    return _document(token, "Permit", {"Permit": fields}, (owner, spender, value, nonce, deadline))


@dataclass(frozen=True)
class Authorization:
    """ERC-3009: `to` may take `value` of a token from `payer` once, by a nonce of 32 bytes, after one moment
    and before another (Unix seconds)."""

    payer: str
    to: str
    value: int
    valid_after: int
    valid_before: int
    nonce: bytes


def receive_with_authorization(token: Domain, given: Authorization) -> Document:
    """What the payer signs, so that `to` itself receives."""
    """The document of a payment that only `to` can fetch (ERC-3009), in the token's own domain.

    `value` is in the token's smallest unit; the payment counts after `valid_after` and before `valid_before`
    (Unix seconds). `nonce` is 32 bytes that the payer has not used in this token.
    """
    name = "ReceiveWithAuthorization"
    fields = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
    return _document(token, name, {name: fields}, astuple(given))


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
        "types": {"EIP712Domain": [field for field in _DOMAIN if field["name"] in where], **spelled},
        "primaryType": primary,
        "domain": where,
        "message": dict(zip(names, values, strict=True)),
    }
