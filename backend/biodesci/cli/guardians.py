"""biodesci dataset guard, take-share, release-share, deliver-shares: a key in the hands of guardians."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, new_file

app = typer.Typer()

_LICENCE = Annotated[int, typer.Argument(min=1, help="The licence that waits for its key.")]


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
) -> None:
    """As the owner: split a version's key among guardians, so that any T of them can deliver it without you.

    Example: biodesci dataset guard 7 1 --guardian 0x… --guardian 0x… --guardian 0x… --threshold 2 -o 7.split
    """
    from dataclasses import asdict

    from biodesci.core import files
    from biodesci.market import guardians

    target, named = new_file(file), [one.partition("@") for one in guardian]
    accounts = [address(account) for account, _, _ in named]
    urls = {account: url for account, (_, _, url) in zip(accounts, named, strict=True) if url}
    split = guardians.guard(session.member(), dataset_id, version, accounts, threshold, urls)
    files.write_atomic(target, split.to_bytes())
    output.record(
        {**asdict(guardians.Guarded.by(split.signed.split)), "file": str(target)},
        "Send the file to each guardian, who keeps it with: biodesci dataset take-share FILE.",
    )


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


@app.command("deliver-shares")
def deliver_shares(
    license_id: _LICENCE,
    file: Annotated[list[Path], typer.Argument(help="What T guardians released, yours among them or not.")],
) -> None:
    """As a guardian: deliver a licence's key in the shares that guardians released, opening none of them."""
    from biodesci.core import cid, files
    from biodesci.core.documents.guarding import ReleasedShare
    from biodesci.market import guardians

    given = [ReleasedShare.parse(files.read(one)) for one in file]
    digest = guardians.deliver(session.member(), license_id, given)
    row: dict[str, Any] = {"license_id": license_id, "delivered": cid.from_digest(digest)}
    output.record(row, "The licensee opens it as any other key: biodesci license download.")
