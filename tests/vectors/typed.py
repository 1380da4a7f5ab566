"""The vectors of what people sign: EIP-712 hashes, straight from the standard without the package's code.

The type strings are those of the contracts (and of ERC-2612 and ERC-3009), letter by letter.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_abi.packed import encode_packed
from eth_utils.crypto import keccak

from biodesci.core import typed_data
from biodesci.core.documents.acceptance import RoleAcceptance
from biodesci.core.documents.content_request import ContentRequest
from biodesci.core.documents.copies import CopyReceipt, Partner, PartnerList
from biodesci.core.documents.custody import Approval
from biodesci.core.documents.deletion import DeletionReceipt, DeletionRequest
from biodesci.core.documents.guarding import Guardian, Release, Split
from biodesci.core.documents.inspection_report import InspectionReport
from biodesci.core.documents.institution import Institution, Network
from biodesci.core.documents.order import Order, Purpose
from biodesci.core.documents.report import Check, Report, Verdict
from biodesci.core.documents.visa import Visa
from biodesci.core.visa import VisaType

DOCUMENTS = Path(__file__).parent / "documents"
CHAIN_ID = 31337
BUYER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ISSUER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TOKEN = "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"
LICENSES = "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9"
VISAS = "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9"
KEYS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
INFERENCES = "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9"
NOBODY = "0x" + "0" * 40
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
PURPOSE = "ResearchPurpose(uint64 duo,uint32 disease,bytes32 statement)"
TYPES = {
    "Visa": "Visa(address subject,uint8 visaType,bytes32 value,address issuer,"
    "uint40 asserted,uint40 expires)",
    "Order": "Order(address buyer,uint256 offerId,bytes32 offerHash,uint32 version,ResearchPurpose purpose,"
    "address currency,uint256 price,bool mayReview,uint40 visasUntil,uint256 nonce,uint256 deadline)"
    + PURPOSE,
    "Registration": "Registration(address account,bytes32 keyHash,uint256 nonce,uint256 deadline)",
    "RoleAcceptance": "RoleAcceptance(uint256 datasetId,uint8 role,address account,address owner,"
    "uint256 nonce,uint256 deadline)",
    "AuditReport": "AuditReport(string subject,string method,uint256 checklist,uint256 subjectId,"
    "uint256 modelId,uint256 modelVersion,bool passed,bytes32 checks,bytes32 content,address auditor,"
    "uint40 auditedAt)",
    "Institution": "Institution(string domain,address account,string name,string ror,"
    "uint40 issued,uint40 expires)",
    "InspectionReport": "InspectionReport(bytes32 plaintext,bytes32 content,address account,"
    "uint40 inspectedAt)",
    "KeySplit": "KeySplit(uint256 datasetId,uint32 version,address owner,uint256 threshold,"
    "uint256 guardians,bytes32 content,uint40 made)",
    "ShareRelease": "ShareRelease(uint256 licenseId,address licensee,address guardian,bytes32 split,"
    "bytes32 sealed)",
    "Approval": "Approval(uint48 licenseId,address licensee,bytes32 envelope,bytes32 commitments,"
    "uint32 again,uint40 deadline,bytes32 set)",
    "ContentRequest": "ContentRequest(uint256 datasetId,uint256 licenseId,bytes32 content,address account,"
    "string audience,uint40 expires)",
    "Deletion": "Deletion(uint256 datasetId,uint32 version,bytes32 files,address holder,uint40 deleted)",
    "Partners": "Partners(uint256 datasetId,address owner,bytes32 partners,uint40 named)",
    "Copy": "Copy(uint256 datasetId,uint32 version,bytes32 content,bytes32 contentRoot,uint256 size,"
    "address partner,uint40 kept)",
    "Permit": "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
    "ReceiveWithAuthorization": "ReceiveWithAuthorization(address from,address to,uint256 value,"
    "uint256 validAfter,uint256 validBefore,bytes32 nonce)",
}
# `IAccessLicense.Offer`, in the order of the ABI, of which a purchase binds the hash.
OFFERS = {
    "in ether": (1, 10**16, NOBODY, 0, 0, 86_400, 86_400, 1, 0, False, NOBODY),
    "in a token": (7, 25_000_000, TOKEN, 2_592_000, 3, 172_800, 604_800, 2, 5, True, ISSUER),
    "largest": (2**32 - 1, 2**128 - 1, "0x" + "f" * 40, *(2**32 - 1,) * 4, 3, 255, True, "0x" + "f" * 40),
}
_STRUCT = re.compile(r"(\w+)\(([^)]*)\)")


def struct_hash(primary: str, values: dict[str, Any]) -> bytes:
    """hashStruct of EIP-712: keccak(typeHash, encodeData)."""
    text = PURPOSE if primary == "ResearchPurpose" else TYPES[primary]
    kinds, words = ["bytes32"], [keccak(text.encode())]
    name, fields = _STRUCT.findall(text)[0]
    assert name == primary
    for field in fields.split(","):
        kind, key = field.split(" ")
        if kind == "ResearchPurpose":
            kinds.append("bytes32")
            words.append(struct_hash(kind, values[key]))
        elif kind == "string":
            kinds.append("bytes32")
            words.append(keccak(text=values[key]))
        else:
            kinds.append(kind)
            words.append(values[key])
    return keccak(encode(kinds, words))


def separator(domain: dict[str, Any]) -> bytes:
    parts = [DOMAIN, domain["name"], domain["version"]]
    hashes = [keccak(part.encode()) for part in parts]
    kinds = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    return keccak(encode(kinds, [*hashes, domain["chainId"], domain["verifyingContract"]]))


def plain(value: Any) -> Any:
    """JSON that no language rounds: whole numbers as decimal strings."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def vector(label: str, document: dict[str, Any]) -> dict[str, Any]:
    domain, primary, message = document["domain"], document["primaryType"], document["message"]
    header = separator(domain)
    signed = keccak(b"\x19\x01" + header + struct_hash(primary, message))
    assert signed == typed_data.digest(document), f"{label}: core/typed_data.py says something else"
    types = {
        name: [{"name": f.split(" ")[1], "type": f.split(" ")[0]} for f in fields.split(",")]
        for name, fields in _STRUCT.findall(TYPES[primary])
    }
    return {
        "label": label,
        "domain": domain,
        "primaryType": primary,
        "types": types,
        "message": plain(message),
        "domainSeparator": "0x" + header.hex(),
        "hash": "0x" + signed.hex(),
    }


def reports() -> list[tuple[str, Report]]:
    """An inference's that passed, and a model's that did not."""
    passed = {
        "subject": "inference",
        "method": "re-execution",
        "names": ("chain", "commitments", "weights", "input", "output"),
        "wrong": (),
    }
    failed = {"subject": "model", "method": "lineage", "names": ("weights",), "wrong": ("weights",)}
    made = []
    for label, case in (("passed", passed), ("failed", failed)):
        checks = tuple(
            Check(name=name, passed=name not in case["wrong"], detail="as on chain") for name in case["names"]
        )
        report = Report(
            verdict=Verdict.of(checks),
            subject=case["subject"],
            method=case["method"],
            chain_id=CHAIN_ID,
            contract=INFERENCES,
            subject_id=7,
            answer=bytes(range(32)) if case["subject"] == "inference" else None,
            model_id=2,
            model_version=1,
            auditor=ISSUER,
            audited_at=1_800_000_000,
            limits="Says nothing of the data.",
            checks=checks,
            findings=("The worker was slow.",),
            figures={"rows": 9},
        )
        made.append((label, report))
    return made


def vectors() -> dict[str, Any]:
    value, most = keccak(b"terms of use"), 2**256 - 1
    dollar = typed_data.domain("Test Dollar", "1", CHAIN_ID, TOKEN)
    largest = Purpose(duo=2**64 - 1, disease=2**32 - 1, statement=b"\xff" * 32)
    made = []
    for kind in VisaType:
        visa = Visa(
            subject=BUYER,
            type=kind,
            value=value,
            issuer=ISSUER,
            asserted=1_700_000_000,
            expires=1_800_000_000,
        )
        made.append((f"visa {kind.name}", typed_data.visa(CHAIN_ID, VISAS, visa)))
    latest = Visa(
        subject=BUYER,
        type=VisaType.RESEARCHER_STATUS,
        value=bytes(32),
        issuer=ISSUER,
        asserted=0,
        expires=2**40 - 1,
    )
    made.append(("visa for ever", typed_data.visa(CHAIN_ID, VISAS, latest)))
    for label, order in (
        (
            "order in ether",
            Order(
                buyer=BUYER,
                offer_id=1,
                offer_hash=keccak(b"offer 1"),
                version=1,
                purpose=Purpose(duo=4),
                currency=NOBODY,
                price=10**16,
                may_review=False,
                visas_until=0,
                nonce=0,
                deadline=1_800_000_000,
            ),
        ),
        (
            "order with a disease",
            Order(
                buyer=BUYER,
                offer_id=2,
                offer_hash=keccak(b"offer 2"),
                version=3,
                purpose=Purpose(duo=8, disease=5068, statement=value),
                currency=TOKEN,
                price=25_000_000,
                may_review=True,
                visas_until=1_790_000_000,
                nonce=3,
                deadline=1_800_000_000,
            ),
        ),
        (
            "order, largest numbers",
            Order(
                buyer=BUYER,
                offer_id=most,
                offer_hash=b"\xff" * 32,
                version=2**32 - 1,
                purpose=largest,
                currency=TOKEN,
                price=most,
                may_review=True,
                visas_until=2**40 - 1,
                nonce=most,
                deadline=most,
            ),
        ),
    ):
        made.append((label, typed_data.order(CHAIN_ID, LICENSES, order)))
    made.append(("registration", typed_data.registration(CHAIN_ID, KEYS, BUYER, value, 0, 1_800_000_000)))
    acceptance = RoleAcceptance(
        dataset_id=7,
        role="operator",
        account=BUYER,
        owner=ISSUER,
        nonce=(3 << 32) + 2,
        deadline=1_800_000_000,
    )
    made.append(("role acceptance", typed_data.role_acceptance(CHAIN_ID, KEYS, acceptance)))
    made += [(f"audit report, {label}", typed_data.audit_report(report)) for label, report in reports()]
    institution = Institution(
        domain="hospital.example",
        account=BUYER,
        name="Universitätsklinik Beispiel",
        ror="https://ror.org/05gq02987",
        issued=1_790_000_000,
        expires=1_800_000_000,
    )
    network = Network(chain_id=CHAIN_ID, contract=KEYS)
    made.append(("institution", typed_data.institution(network, institution)))
    inspected = InspectionReport.parse((DOCUMENTS / "inspection-report.json").read_bytes())
    made.append(("inspection report", typed_data.inspection_report(inspected)))
    split = Split(
        chain_id=CHAIN_ID,
        contract=KEYS,
        dataset_id=7,
        version=2,
        commitments=value,
        owner=BUYER,
        made=1_790_000_000,
        threshold=2,
        guardians=tuple(Guardian(account=one, share=value) for one in (BUYER, ISSUER, TOKEN)),
    )
    made.append(("key split", typed_data.key_split(split)))
    release = Release(
        chain_id=CHAIN_ID,
        contract=LICENSES,
        license_id=9,
        licensee=BUYER,
        split=split.content,
        guardian=ISSUER,
        sealed=b"sealed",
    )
    made.append(("share release", typed_data.share_release(release)))
    approval = Approval(
        chain_id=CHAIN_ID,
        contract=KEYS,
        license_id=9,
        licensee=BUYER,
        envelope=value,
        commitments=keccak(b"commitments"),
        again=2,
        deadline=1_800_000_000,
        guardians=keccak(b"guardians"),
    )
    made.append(("delivery approval", typed_data.delivery_approval(approval)))
    asked = ContentRequest(
        dataset_id=7,
        license_id=3,
        content=value,
        account=BUYER,
        audience="https://data.hospital.example",
        expires=1_800_000_000,
    )
    made.append(("content request", typed_data.content_request(CHAIN_ID, LICENSES, asked)))
    deleted = DeletionReceipt(
        request=DeletionRequest(
            chain_id=CHAIN_ID,
            contract=KEYS,
            dataset_id=7,
            version=2,
            files=[value, keccak(b"container")],
            asked=1_790_000_000,
        ),
        holder=ISSUER,
        deleted=1_790_000_100,
        signature=b"",
    )
    made.append(("deletion", typed_data.deletion(deleted)))
    made += copies(value)
    made.append(("permit", typed_data.permit(dollar, BUYER, LICENSES, 25_000_000, 0, 1_800_000_000)))
    authorization = typed_data.receive_with_authorization(
        dollar, typed_data.Authorization(BUYER, LICENSES, 25_000_000, 0, 1_800_000_000, keccak(b"nonce"))
    )
    made.append(("authorization", authorization))
    return {"cases": [vector(label, document) for label, document in made]}


def copies(value: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Who keeps copies, and a receipt of one."""
    keeper = Partner(account=ISSUER, url="https://data.partner.example")
    named = PartnerList(
        chain_id=CHAIN_ID,
        contract=KEYS,
        dataset_id=7,
        owner=BUYER,
        served_at="https://data.hospital.example",
        partners=(keeper,),
        named=1_790_000_000,
        signature=b"",
    )
    kept = CopyReceipt(
        chain_id=CHAIN_ID,
        contract=KEYS,
        dataset_id=7,
        version=2,
        content=keccak(b"container"),
        content_root=value,
        size=1_048_576,
        partner=ISSUER,
        kept=1_790_000_100,
        signature=b"",
    )
    return [("partners", typed_data.partners(named)), ("copy", typed_data.copy_receipt(kept))]


def offers() -> list[dict[str, Any]]:
    """By the words of docs/protocol.md: packed, each field in its own width."""
    kinds = "uint32 uint32 uint32 uint32 uint128 uint24 uint8 bool bool bool uint8 uint32 address uint256"
    cases = []
    for label, offer in OFFERS.items():
        dataset, price, currency, duration, uses, delivery, dispute, right, visas, pro_rata, arbiter = offer
        in_token = currency != NOBODY
        terms = (0, visas, pro_rata, in_token, True, right, dataset, arbiter, int(currency, 16))
        packed = encode_packed(kinds.split(), (dispute, delivery, uses, duration, price, *terms))
        # Numbers of more than 53 bits are strings, which every language reads alike.
        fields = [str(field) if isinstance(field, int) and field > 2**53 else field for field in offer]
        cases.append({"label": label, "offer": fields, "hash": "0x" + keccak(packed).hex()})
    return cases
