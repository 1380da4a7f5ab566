"""biodesci dataset audit-export, audit verify: what happened to a dataset, with proofs that need no node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, word

if TYPE_CHECKING:
    from biodesci.core.documents.deployment import Deployment
    from biodesci.market.trail.verifying import Verified

export_app = typer.Typer()
verify_app = typer.Typer()


@export_app.command("audit-export")
def audit_export(
    dataset_id: Number,
    file: Annotated[
        Path, typer.Option("--output", "-o", help="Name of the files: .csv, .fhir.json, .proofs.jsonl.")
    ],
    form: Annotated[
        Literal["csv", "fhir", "both"], typer.Option("--format", help="csv, fhir (AuditEvent), or both.")
    ] = "both",
    complete: Annotated[
        bool,
        typer.Option(
            "--complete",
            help="Prove too that no event is missing: a header for every block since deployment.",
        ),
    ] = False,
) -> None:
    """Write everything that happened to a dataset, with a proof that each event is in its block.

    Events are those of the contracts that name the dataset, or an offer or licence of it, up to the last
    block that counts. Check the files anywhere, without a node: biodesci audit verify FILE.
    """
    from biodesci.market.trail.exporting import export

    chain = session.chain(account=False)
    with output.bar() as shown:
        task = shown.add_task("blocks", total=None)
        done = export(
            chain,
            dataset_id,
            file,
            form,
            complete=complete,
            progress=lambda read, total: shown.update(task, completed=read, total=total),
        )
    output.record(
        {
            "dataset_id": dataset_id,
            "events": done.events,
            "files": [str(one) for one in done.files],
            "first_block": done.first,
            "last_block": done.last,
            "last_hash": done.last_hash,
            "complete": complete,
        },
        "Keep the files together. Whoever checks them needs the hash of the last block from elsewhere.",
    )


@verify_app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A file that `dataset audit-export` wrote.")],
    hashes: Annotated[
        list[str] | None,
        typer.Option("--block-hash", help="Of a block, from a source that you trust; several times."),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Compare the blocks with those of your chain node too.")
    ] = False,
) -> None:
    """Check an audit trail without any node: each event is in its block, and the files say what it says.

    Whether these are the chain's blocks is shown by --block-hash or --online. A trail that was exported with
    --complete needs one hash, that of its last block; then nothing can be missing either.
    """
    from biodesci.core.errors import IntegrityError
    from biodesci.market.trail.comparing import Comparing
    from biodesci.market.trail.verifying import Trust, verify

    trust = Trust(frozenset(word(text, "hash of a block") for text in hashes or ()), _deployment())
    comparing = Comparing(session.chain(account=False)) if online else None
    done = verify(file, trust, comparing.seen if comparing else lambda header: None)
    if comparing:
        comparing.finish()
    output.record(
        {
            "dataset_id": done.head.dataset_id,
            "chain_id": done.head.chain_id,
            "events": done.events,
            "files": [str(one) for one in done.files],
            "first_block": done.head.first,
            "last_block": done.head.last,
            "last_hash": "0x" + done.head.last_hash.hex(),
            "contracts": [f"{name} {where}" for name, where in sorted(done.head.contracts.items())],
            "contracts_known": trust.deployment is not None,
            "blocks": done.blocks,
            "blocks_by_trusted_hash": done.anchored,
            "blocks_by_node": done.blocks if online else 0,
            "nothing_missing": done.head.complete,
        },
        _sentence(done, online),
    )
    if hashes and not online and done.anchored < done.blocks:
        raise IntegrityError(
            f"{done.blocks - done.anchored} of the {done.blocks} blocks do not follow from the hashes given.",
            "Give each one's hash, compare with a chain node (--online), or export with --complete.",
        )


def _sentence(done: Verified, online: bool) -> str:
    events = "Each event is in its block, and the files say what the contracts' logs say. "
    if not online and done.anchored < done.blocks:
        return events + (
            "That these are blocks of the chain is not shown: give the last one's hash from a source that "
            "you trust (--block-hash), or compare with a chain node (--online)."
        )
    missing = (
        "No event is missing up to the last block."
        if done.head.complete
        else "That no event is missing was checked by the exporter alone."
    )
    return f"{events}The blocks are those that you trust. {missing}"


def _deployment() -> Deployment | None:
    """The contracts of the network that the settings name, where the file is there."""
    from biodesci.chain.deployment import load_deployment

    path = session.settings().deployment
    return load_deployment(path) if path.is_file() else None
