"""Whether something may be published: what an inspection found, and what the steward says to it.

What stops needs a reason for this very file; what is asked needs a person who confirms it. Neither answers
the other, and both may be given. They stay at home, in a report that the publishing account signs: a reason
may say more than the public should know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core import typed_data
from biodesci.core.documents.inspection_report import (
    InspectionReport,
    ReportedDeclaration,
    ReportedFinding,
)
from biodesci.core.errors import InputError, StateError
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import check_text
from biodesci.inspection.inspect import Inspection
from biodesci.inspection.mends import NAMED_CREATOR, PUBLIC, mend
from biodesci.market.card import DatasetMeta

_LISTED: Final = 12  # findings in an error; `dataset check` lists all


def public_texts(meta: DatasetMeta) -> list[Finding]:
    """What the texts of a card may say of a person: they are public for ever. A creator may be a person, who
    is named as an author is; of that somebody has to be sure."""
    texts = [
        ("name", meta.name),
        ("description", meta.description),
        ("creator", meta.creator),
        ("license", meta.license),
        *((f"keyword {i}", keyword) for i, keyword in enumerate(meta.keywords, 1)),
    ]
    findings = [finding for title, text in texts for finding in check_text(f"{PUBLIC}{title}", text)]
    return [_of_creator(finding) for finding in findings if not _is_meant(finding)]


def _is_meant(finding: Finding) -> bool:
    """A description is a long text, and a licence a web address."""
    return finding.kind == "free text" or (finding.place, finding.kind) == (f"{PUBLIC}license", "web address")


def _of_creator(finding: Finding) -> Finding:
    if (finding.place, finding.kind) != (f"{PUBLIC}creator", "name"):
        return finding
    return Finding(finding.place, NAMED_CREATOR, Level.ASK, "it names a person, who will be public for ever")


def require_admitted(inspection: Inspection, meta: DatasetMeta) -> None:
    """Raises InputError, which says what was found where and what answers it, unless the steward has.

    A reason answers what stops and nothing else, a confirmation what is asked and nothing else.
    """
    stops = [] if (meta.accept_risk or "").strip() else inspection.of(Level.STOP)
    asks = [] if meta.confirmed else inspection.of(Level.ASK)
    if not stops and not asks:
        return
    whys, hints = [], []
    if stops:
        whys.append(f"This may name people, or cannot be looked into:{_listed(inspection, stops)}")
        hints.append(
            "What stops is published with a reason alone, which stays at home: --accept-risk REASON."
        )
    if asks:
        whys.append(f"Somebody who knows the data has to look at this:{_listed(inspection, asks)}")
        hints.append("Where all that is asked is as it should be: --confirm.")
    raise InputError("\n".join(whys), " ".join(hints))


def report(
    chain: Chain, inspection: Inspection, meta: DatasetMeta, digest: bytes, moment: int
) -> InspectionReport:
    """The signed report. `digest` is the SHA-256 of what was inspected, `moment` in Unix seconds.

    Raises StateError where days counted as moved by the report of another copy.
    """
    moved = meta.declared.moved
    if moved is not None and moved.copy != digest:
        raise StateError(
            "The de-identified copy changed after its report was read.",
            "Repeat the command when nothing writes to it.",
        )
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
    signature = signatures.sign(chain, document)
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


def _listed(inspection: Inspection, findings: Sequence[Finding]) -> str:
    """The findings, each with its mend, a line each."""
    lines = [f"{inspection.with_file(finding)}. {mend(finding)}" for finding in findings[:_LISTED]]
    if len(findings) > _LISTED:
        lines.append(f"and {len(findings) - _LISTED:,} more, which biodesci dataset check lists")
    return "".join(f"\n  - {line}" for line in lines)
