"""`biodesci audit`: check a model or an inference against the chain, or a receipt without any node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number

if TYPE_CHECKING:
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
        bool, typer.Option("--attest", help="Publish the report and put the verdict on chain.")
    ] = False,
    report: _Report = None,
) -> None:
    """Check that a committed output is what the registered weights give for the committed input."""
    from biodesci.core import cid, files
    from biodesci.inference import auditor
    from biodesci.proof.bundle import Bundle

    disclosed = Bundle.parse(files.read(bundle))
    chain, ipfs = session.chain(account=attest or bool(trace)), session.ipfs()
    opened = None
    if trace:
        request_id = disclosed.receipt.request_id
        opened = auditor.open_trace(chain, ipfs, session.seed(), request_id, cid.to_digest(trace))
    audited = auditor.audit_inference(chain, ipfs, disclosed, opened)
    if attest:
        output.note(f"attested on chain, report {cid.from_digest(auditor.attest(chain, ipfs, audited))}")
    _show(audited, report)


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


def _show(found: AuditReport, report: Path | None) -> None:
    from biodesci.core import files
    from biodesci.core.errors import IntegrityError

    if report is not None:
        files.write_atomic(report, found.document().to_bytes())
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
        raise IntegrityError(f"The audit failed. {found.reason}", "Do not rely on this result; dispute it.")
