"""biodesci dataset guard, take-share, release-share, approve-delivery, deliver-shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, account_at, new_file

app = typer.Typer()

_LICENCE = Annotated[int, typer.Argument(min=1, help="The licence whose key is due.")]


@app.command()
def guard(
    dataset_id: Number,
    version: Annotated[int, typer.Argument(min=1, help="Whose key is split.")],
    guardian: Annotated[
        list[str],
        typer.Option(help="An account that accepted custody, or ACCOUNT@URL of its worker; repeat."),
    ],
    threshold: Annotated[int, typer.Option(min=2, help="How many of them deliver the key together.")],
    file: Annotated[Path, typer.Option("--output", "-o", help="What each guardian gets; sealed.")],
    contract: Annotated[
        bool,
        typer.Option(help="The contract GuardedCustody delivers what T of them sign; none needs a role."),
    ] = False,
) -> None:
    """As the owner: split a version's key among guardians, so that any T of them can deliver it without you.

    With --contract no guardian is a custodian: one alone can neither deliver nonsense nor start a licence.
    Run it again to name others, after one has gone or the dataset was transferred.

    Example: biodesci dataset guard 7 1 --guardian 0x… --guardian 0x… --guardian 0x… --threshold 2 -o 7.split
    """
    from dataclasses import asdict

    from biodesci.core import files
    from biodesci.market import guarded_custody, guardians

    target, named = new_file(file), [account_at(one) for one in guardian]
    accounts = [account for account, _ in named]
    urls = {account: url for account, url in named if url}
    owner = session.member()
    if contract:
        guarded_custody.appoint(owner.chain, dataset_id, version, accounts, threshold)
    split = guardians.guard(owner, dataset_id, version, accounts, threshold, urls)
    files.write_atomic(target, split.to_bytes())
    row: dict[str, Any] = {**asdict(guardians.Guarded.by(split.signed.split)), "file": str(target)}
    sentence = "Send the file to each guardian, who keeps it with: biodesci dataset take-share FILE."
    if contract:
        row["contract"] = str(owner.chain.custody.address)
        sentence = (
            f"The contract GuardedCustody ({row['contract']}) is custodian, and delivers what any "
            f"{threshold} of these {len(accounts)} guardians sign. {sentence}"
        )
    output.record(row, sentence)


@app.command("take-share")
def take_share(file: Annotated[Path, typer.Argument(help="What `dataset guard` wrote.")]) -> None:
    """As a guardian: keep your share of a key, once it is the one that the owner committed to."""
    from dataclasses import asdict

    from biodesci.core import files
    from biodesci.core.documents.guarding import SplitFile
    from biodesci.market import guardians

    split = SplitFile.parse(files.read(file))
    output.record(asdict(guardians.take_share(session.member(), split)), "The share is in this home now.")


@app.command("release-share")
def release_share(
    license_id: _LICENCE,
    file: Annotated[Path, typer.Option("--output", "-o", help="Where the sealed share goes; private.")],
) -> None:
    """As a guardian: check on chain that a licence waits for its key, and seal your share to its licensee.

    Of a key that was delivered, too, if the licensee lost its own and has registered another one since.
    Send the file to the guardian that delivers, by a private channel: with T of them the licensee has the
    key, before the chain says so.
    """
    from biodesci.core import files
    from biodesci.market import guardians

    target = new_file(file)
    released = guardians.release_share(session.member(), license_id)
    files.write_private(target, released.to_bytes())
    said = released.signed.release
    output.record(
        {"license_id": license_id, "licensee": said.licensee, "guardian": said.guardian, "file": str(target)}
    )


@app.command("approve-delivery")
def approve_delivery(
    license_id: _LICENCE,
    file: Annotated[list[Path], typer.Argument(help="What T guardians released, yours among them or not.")],
    target: Annotated[Path, typer.Option("--output", "-o", help="Where your signature goes.")],
) -> None:
    """As a guardian of a dataset that the contract delivers: sign the delivery of these shares.

    The one that delivers sends it with the same shares: biodesci dataset deliver-shares --approval FILE.
    """
    from biodesci.core import cid, files
    from biodesci.core.documents.custody import DeliveryApproval
    from biodesci.core.documents.guarding import ReleasedShare
    from biodesci.market import guardians

    created = new_file(target)
    given = [ReleasedShare.parse(files.read(one)) for one in file]
    signed = guardians.approve(session.member(), license_id, given)
    files.write_atomic(created, DeliveryApproval(signed=signed).to_bytes())
    row = {"license_id": license_id, "approved": cid.from_digest(signed.approval.envelope)}
    output.record({**row, "guardian": signed.guardian, "file": str(created)})


@app.command("deliver-shares")
def deliver_shares(
    license_id: _LICENCE,
    file: Annotated[list[Path], typer.Argument(help="What T guardians released, yours among them or not.")],
    approval: Annotated[
        list[Path] | None,
        typer.Option(help="What T guardians signed, where the contract delivers; repeat."),
    ] = None,
) -> None:
    """As a guardian: deliver a licence's key in the shares that guardians released, opening none of them.

    Once more for a licensee that lost its key and has registered another one since: all release anew.
    """
    from biodesci.core import cid, files
    from biodesci.core.documents.custody import DeliveryApproval
    from biodesci.core.documents.guarding import ReleasedShare
    from biodesci.market import guardians

    given = [ReleasedShare.parse(files.read(one)) for one in file]
    approvals = [DeliveryApproval.parse(files.read(one)).signed for one in approval or ()]
    digest = guardians.deliver_or_again(session.member(), license_id, given, approvals)
    row: dict[str, Any] = {"license_id": license_id, "delivered": cid.from_digest(digest)}
    output.record(row, "The licensee opens it as any other key: biodesci license download.")
