"""Whether something may be published: what an inspection found, and what the steward says to it.

What stops needs a reason for this very file; what is asked needs a person who confirms it. Both stay at home,
in a report that the publishing account signs: a reason may say more than the public should know.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from eth_account.messages import encode_typed_data

from biodesci.chain.client import Chain
from biodesci.core import typed_data
from biodesci.core.documents.inspection_report import (
    InspectionReport,
    ReportedDeclaration,
    ReportedFinding,
)
from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import check_text
from biodesci.inspection.inspect import Inspection
from biodesci.market.card import DatasetMeta

_TOLD: Final = 12  # findings in an error; `dataset check` lists all


def public_texts(meta: DatasetMeta) -> list[Finding]:
    """What the texts of a card may say of a person: they are public for ever."""
    texts = [
        ("name", meta.name),
        ("description", meta.description),
        ("creator", meta.creator),
        ("license", meta.license),
        *((f"keyword {i}", keyword) for i, keyword in enumerate(meta.keywords, 1)),
    ]
    findings = [finding for title, text in texts for finding in check_text(f"the public {title}", text)]
    # A description is a long text, and is meant to be.
    return [finding for finding in findings if finding.kind != "free text"]


def require_admitted(inspection: Inspection, meta: DatasetMeta) -> None:
    """Raises InputError, which says what was found where, unless the steward has answered for it."""
    stops, asks = inspection.of(Level.STOP), inspection.of(Level.ASK)
    if stops and not (meta.accept_risk or "").strip():
        raise InputError(
            f"This may name people, or cannot be looked into: {_listed(stops)}.",
            "Remove these from the data (biodesci dataset check shows all), or publish in spite of them with "
            "a reason, which stays at home: --accept-risk REASON.",
        )
    if asks and not meta.confirmed and not (meta.accept_risk or "").strip():
        raise InputError(
            f"Somebody who knows the data has to look at this: {_listed(asks)}.",
            "Where all of it is as it should be, repeat the command with --confirm.",
        )


def report(
    chain: Chain, inspection: Inspection, meta: DatasetMeta, digest: bytes, moment: int
) -> InspectionReport:
    """The signed report. `digest` is the SHA-256 of what was inspected, `moment` in Unix seconds."""
    unsigned = InspectionReport(
        chain_id=chain.chain_id,
        contract=chain.datasets.address,
        account=chain.address,
        inspected_at=moment,
        plaintext_sha256=digest,
        file_format=inspection.format or "",
        findings=tuple(
            ReportedFinding(
                place=one.place, kind=one.kind, level=one.level.value, reason=one.reason, rows=one.rows
            )
            for one in inspection.findings
        ),
        declared=declaration(meta.declared),
        confirmed=meta.confirmed,
        accepted_risk=meta.accept_risk,
    )
    document = typed_data.inspection_report(unsigned)
    signature = bytes(chain.signer().sign_message(encode_typed_data(full_message=document)).signature)
    return unsigned.model_copy(update={"signature": signature})


def declaration(declared: Declared) -> ReportedDeclaration:
    """What the steward declared, as the report has it."""
    return ReportedDeclaration(
        person=declared.person,
        codes=tuple(sorted(declared.codes)),
        quasi=declared.quasi,
        pseudonyms=tuple(sorted(declared.pseudonyms)),
        header=declared.header,
        rows_are_people=declared.rows_are_people,
        people_tables=tuple(sorted(declared.people_tables)),
    )


def _listed(findings: Iterable[Finding]) -> str:
    lines = [str(finding) for finding in findings]
    more = f"; and {len(lines) - _TOLD:,} more" if len(lines) > _TOLD else ""
    return "; ".join(lines[:_TOLD]) + more
