"""`biodesci audit`: check a model or an inference against the chain, or a receipt without any node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address

if TYPE_CHECKING:
    from biodesci.core.documents.report import Report
    from biodesci.proof.report import AuditReport

app = typer.Typer(help="Audit models, inferences and receipts; needs no key.", no_args_is_help=True)
_Report = Annotated[Path | None, typer.Option("--report", help="Write the full report (JSON) here.")]


@app.command()
def model(model_id: Number, version: Number, report: _Report = None) -> None:
    """Check a version's weights and architecture against the chain, and show its lineage."""
    from biodesci.inference.auditor import audit_model

    _show(audit_model(session.chain(account=False), session.ipfs(), model_id, version), report)


@app.command()
def inference(
    bundle: Annotated[
        Path, typer.Argument(help="What the requester disclosed: `biodesci inference bundle`.")
    ],
    trace: Annotated[
        str,
        typer.Option(help="CID of the trace the worker sealed to you: test it instead of computing again."),
    ] = "",
    attest: Annotated[
        bool, typer.Option("--attest", help="Sign and publish the report, and put the verdict on chain.")
    ] = False,
    report: _Report = None,
) -> None:
    """Check that a committed output is what the registered weights give for the committed input."""
    from biodesci.core import cid, files
    from biodesci.inference import auditor
    from biodesci.inference.attestation import attest as publish
    from biodesci.proof.bundle import Bundle
    from biodesci.proof.report import sign

    disclosed = Bundle.parse(files.read(bundle))
    chain, ipfs = session.chain(account=attest or bool(trace)), session.ipfs()
    opened = None
    if trace:
        request_id = disclosed.receipt.request_id
        opened = auditor.open_trace(chain, ipfs, session.seed(), request_id, cid.to_digest(trace))
    audited = auditor.audit_inference(chain, ipfs, disclosed, opened)
    signed = sign(audited.document(), chain.signer()) if attest else None
    if attest:
        output.note(f"attested on chain, report {cid.from_digest(publish(chain, ipfs, audited))}")
    _show(audited, report, signed)


@app.command()
def receipt(file: Annotated[Path, typer.Argument(help="A receipt or an audit bundle.")]) -> None:
    """Recompute a receipt's commitments offline; says nothing about what the chain holds."""
    from biodesci.core import files
    from biodesci.core.documents.base import parse_one_of
    from biodesci.core.documents.bundle import BundleFile
    from biodesci.core.documents.receipt import Receipt
    from biodesci.proof.bundle import Bundle
    from biodesci.proof.receipt import verify_offline

    raw = files.read(file)
    disclosed = parse_one_of(raw, Receipt, BundleFile)
    if isinstance(disclosed, Receipt):
        receipt_ = disclosed
        verify_offline(receipt_)
    else:
        bundle = Bundle.parse(raw)
        bundle.verify()
        receipt_ = bundle.receipt
    output.record(
        {
            "request": receipt_.request_id,
            "model": f"{receipt_.model_id} version {receipt_.model_version}",
            "worker": receipt_.worker,
            "chain": f"{receipt_.chain_id}, contract {receipt_.contract}",
        },
        "The receipt agrees with itself. Compare it with the chain: biodesci audit inference.",
    )


@app.command()
def report(
    report: Annotated[str, typer.Argument(help="An audit report: a file, or its CID.")],
    trusted: Annotated[
        list[str] | None,
        typer.Option("--auditor", help="Address of an auditor whom you trust yourself; several times."),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Ask no chain: check form and signature alone, and trust --auditor."),
    ] = False,
) -> None:
    """Check that a report is whole, signed by its auditor and attested, and who named the auditor."""
    from biodesci.core import cid, files
    from biodesci.core.documents.report import Report
    from biodesci.core.errors import IntegrityError
    from biodesci.inference.attestation import NAMED_BY, check_signature, find_attestation
    from biodesci.proof.report import by_key_alone, verify

    path = Path(report)
    digest = None if path.exists() else cid.to_digest(report)
    raw = files.read(path) if digest is None else session.ipfs().cat(digest, max_size=Report.limit)
    shown = Report.parse(raw)
    named_by, counts = "nobody", shown.auditor in {address(one) for one in trusted or ()}
    if offline:
        verify(shown, by_key_alone)
    else:
        chain = session.chain(account=False)
        check_signature(chain, shown)
        if shown.subject == "inference":
            attested = find_attestation(chain, session.ipfs(), shown, digest)
            named_by, counts = NAMED_BY[attested.standing], counts or attested.standing.counts
    output.record(
        {
            "verdict": "passed" if shown.verdict.passed else "failed",
            "about": f"{shown.subject} {shown.subject_id}",
            "answer": None if shown.answer is None else f"0x{shown.answer.hex()}",
            "method": shown.method,
            "auditor": shown.auditor,
            "named by": named_by,
            "reason": shown.verdict.reason,
            "limits": shown.limits,
        }
    )
    if not counts:
        raise IntegrityError(
            f"This is a statement of {shown.auditor}, whom nobody named.",
            "If you trust this auditor yourself, say so: --auditor.",
        )
    if not shown.verdict.passed:
        raise IntegrityError(f"The audit failed. {shown.verdict.reason}", "Do not rely on this result.")


def _show(found: AuditReport, report: Path | None, signed: Report | None = None) -> None:
    from biodesci.core import files
    from biodesci.core.errors import IntegrityError

    if report is not None:
        files.write_atomic(report, (signed or found.document()).to_bytes())
    output.record(
        {
            "verdict": "passed" if found.passed else "failed",
            "method": found.method,
            **{f"{'ok ' if c.passed else 'BAD'} {c.name}": c.detail for c in found.checks},
            **found.figures,
            **{f"finding {i}": text for i, text in enumerate(found.findings, 1)},
            "limits": found.limits,
        }
    )
    if not found.passed:
        raise IntegrityError(
            f"The audit failed. {found.reason}",
            "Do not rely on this result. An answer whose request names an arbiter can be disputed while its "
            "window is open: biodesci inference challenge.",
        )
