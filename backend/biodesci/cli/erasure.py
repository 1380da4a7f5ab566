"""biodesci dataset erase, confirm-erasure: a version's keys and copies destroyed, here and by others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, new_file

app = typer.Typer()


@app.command("erase")
def erase(
    dataset_id: Number,
    version: Number,
    holder: Annotated[
        list[str] | None, typer.Option(help="Account of somebody else who holds a copy or a share; repeat.")
    ] = None,
    receipt: Annotated[list[Path] | None, typer.Option(help="A holder's signed receipt; repeat.")] = None,
    yes: output.Yes = False,
) -> None:
    """Withdraw a version, destroy its key and copies here, have others delete theirs; repeat until all have.

    Nodes of BIODESCI_IPFS_REPLICAS are asked at once; partners ask by themselves (dataset keep). Accounts
    with a role, and guardians, get the request that this writes, and answer by a signed receipt (dataset
    confirm-erasure). What was delivered can't be recalled.
    """
    from biodesci.core import files
    from biodesci.core.documents.deletion import DeletionReceipt
    from biodesci.ipfs.client import Ipfs
    from biodesci.market import erasure

    came = [DeletionReceipt.parse(files.read(one)) for one in receipt or ()]
    named = [address(one) for one in holder or ()]
    owner = session.member()
    output.consent(
        f"Version {version} of dataset {dataset_id} is withdrawn for ever, and its key destroyed: nobody can "
        "sell, deliver or open it from here any more. Licensees keep what they have.",
        yes=yes,
    )
    nodes = [Ipfs(api, authorization=how) for api, how in session.settings().replicas()]
    for one in came:
        erasure.take_receipt(owner, one)
    done = erasure.erase(owner, dataset_id, version, nodes, named)
    silent = [f"{one.name}: {one.answer}" for one in done.holders if one.answer]
    output.record(
        {
            "dataset_id": dataset_id,
            "version": version,
            "key_files_destroyed": done.here.key_files,
            "blocks_removed": done.here.blocks,
            "left_on_this_node": [f"0x{one.hex()}" for one in done.here.left],
            "deleted": [one.name for one in done.holders if not one.answer],
            "not_answered": silent,
            "request": str(done.request),
        },
        "Erased here."
        if not silent
        else "Erased here; others have not all answered. Repeat the command later.",
    )
    output.note(
        "Overwritten files may still be read from a disk that copies on write (btrfs, ZFS, APFS, an SSD's "
        "spare cells), from snapshots, and from backups of this home: destroy those as well."
    )


@app.command("confirm-erasure")
def confirm_erasure(
    request: Annotated[Path, typer.Argument(help="What `dataset erase` wrote: request.json.")],
    target: Annotated[Path, typer.Option("--output", "-o", help="Where the signed receipt goes.")],
    yes: output.Yes = False,
) -> None:
    """As a holder of a copy, key or share: delete what you have of a withdrawn version, and sign that."""
    from biodesci.core import files
    from biodesci.core.documents.deletion import DeletionRequest
    from biodesci.market import erasure

    asked, chosen = DeletionRequest.parse(files.read(request)), new_file(target)
    member = session.member()
    output.consent(
        f"Keys, shares and files of version {asked.version} of dataset {asked.dataset_id} are destroyed "
        "here, and your account signs that they are. Destroy your backups of them yourself.",
        yes=yes,
    )
    signed = erasure.confirm(member, asked)
    files.write_atomic(chosen, signed.to_bytes())
    output.record(
        {
            "dataset_id": asked.dataset_id,
            "version": asked.version,
            "holder": signed.holder,
            "file": str(chosen),
        },
        "Deleted and signed. Send the receipt to the data owner.",
    )
