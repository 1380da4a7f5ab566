"""What auditors attest of an inference on chain, and whether a report is what its auditor signed.

Anybody may attest. What counts is who had named the auditor then: the requester, or the model's owner; the
contract records it, and nothing of the worker's or the requester's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core.documents.report import Report
from biodesci.core.errors import InputError, IntegrityError, NotFoundError
from biodesci.core.onchain import Standing
from biodesci.inference.requests import read_request
from biodesci.ipfs.client import Ipfs
from biodesci.proof.report import AuditReport, sign, verify


def attest(chain: Chain, ipfs: Ipfs, report: AuditReport) -> bytes:
    """Signs and publishes the report, and records its verdict on chain under the auditor's account. Returns
    the report's CID digest.

    Raises RevertedError where the request's number has another answer by now than was audited.
    """
    if report.subject != "inference" or report.answer is None:
        raise InputError(
            "Only audits of an inference are attested on chain.",
            "Keep the report of a model audit as a file.",
        )
    digest = ipfs.add(sign(report.document(), chain.signer()).to_bytes(), "audit report")
    verdict = report.subject_id, report.passed, digest, report.answer
    chain.send(chain.inferences.functions.attestAudit(*verdict))
    return digest


NAMED_BY: Final = {
    Standing.NAMED: "the requester",
    Standing.TRUSTED: "the model's owner",
    Standing.UNNAMED: "nobody",
}


def trust_auditor(chain: Chain, model_id: int, auditor: str, *, trusted: bool) -> None:
    """Says whether this account, as the model's owner, trusts an auditor of its inferences."""
    chain.send(chain.inferences.functions.trustAuditor(model_id, auditor, trusted))


@dataclass(frozen=True)
class Attestation:
    """What the chain says of an audit: `report` is the CID digest, `standing` who had named the auditor."""

    request_id: int
    auditor: str
    standing: Standing
    passed: bool
    report: bytes


def attestations(chain: Chain, request_id: int) -> list[Attestation]:
    """What was attested of a request, oldest first; of one auditor the last word counts."""
    events = chain.events(
        chain.inferences, "AuditAttested", chain.deployment.first_block, filters={"requestId": request_id}
    )
    return [
        Attestation(
            request_id,
            e["args"]["auditor"],
            Standing(e["args"]["standing"]),
            bool(e["args"]["passed"]),
            bytes(e["args"]["report"]),
        )
        for e in events
    ]


def check_signature(chain: Chain, report: Report) -> None:
    """That the auditor whom the report names signed it, by key or by code; see `proof.report.verify`."""
    verify(report, lambda account, digest, signature: signatures.accepts(chain, account, digest, signature))


def find_attestation(chain: Chain, ipfs: Ipfs, report: Report, digest: bytes | None = None) -> Attestation:
    """The attestation of this very report by the auditor whom it names. `digest` is the report's CID digest,
    where that is known; else what the auditor attested is fetched and compared.

    Raises IntegrityError where the report is of another chain or contract, or where the auditor attested
    another one last, another account attested this one, or nobody did.
    """
    place = (chain.chain_id, chain.inferences.address)
    if report.subject != "inference" or (report.chain_id, report.contract) != place:
        raise IntegrityError(
            "The report is not about an inference of this chain and contract.",
            "Use the network that the report names.",
        )
    request = read_request(chain, report.subject_id)
    if (report.model_id, report.model_version) != (request.model_id, request.version):
        raise IntegrityError(
            f"Request {report.subject_id} is about another model or version than the report.",
            "Do not rely on this report.",
        )
    if report.answer != request.output_commitment:
        raise IntegrityError(
            f"Request {report.subject_id} has another answer than the report is about.",
            "Do not rely on this report.",
        )
    made = attestations(chain, report.subject_id)
    own = [one for one in made if one.auditor == report.auditor]
    if own and own[-1].passed == report.verdict.passed and _is_at(ipfs, own[-1].report, report, digest):
        return own[-1]
    # By digest alone: anybody may attest reports by the thousand that nobody has.
    others = [one for one in made if one.auditor != report.auditor and one.report == digest]
    if others:
        raise IntegrityError(
            f"The report was attested by {others[-1].auditor}, not by its auditor, {report.auditor}.",
            "Whoever attests a report of another's says nothing by it: do not rely on it.",
        )
    raise IntegrityError(
        f"{report.auditor} attested another report of request {report.subject_id} last, or none.",
        "Ask the auditor which report stands.",
    )


def _is_at(ipfs: Ipfs, attested: bytes, report: Report, digest: bytes | None) -> bool:
    """Whether what was attested is this report."""
    if digest is not None:
        return attested == digest
    try:
        return ipfs.cat(attested, max_size=Report.limit) == report.to_bytes()
    except (NotFoundError, InputError, IntegrityError):
        return False
