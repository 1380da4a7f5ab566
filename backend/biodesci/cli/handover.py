"""biodesci dataset hand-over, take-over: a dataset's keys from one house to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, new_file

app = typer.Typer()


@app.command("hand-over")
def hand_over(
    dataset_id: Number,
    recipient: Annotated[str, typer.Argument(help="The address of its new owner, or of a custodian.")],
    file: Annotated[Path, typer.Option("--output", "-o", help="Where the sealed keys go.")],
) -> None:
    """Seal a dataset's keys to its new owner, or to a custodian that has accepted (dataset grant-role).

    Send the file as you like: only the recipient's home opens it.
    """
    from dataclasses import asdict

    from biodesci.market import handover

    target, chosen = new_file(file), address(recipient)
    done = handover.hand_over(session.member(), dataset_id, chosen, target)
    output.record({**asdict(done), "file": str(target)})


@app.command("take-over")
def take_over(
    dataset_id: Number,
    file: Annotated[Path, typer.Argument(help="What `dataset hand-over` wrote for this account.")],
) -> None:
    """Take over the keys of a dataset that you bought, or whose custody you accepted."""
    from dataclasses import asdict

    from biodesci.market import handover

    done = handover.take_over(session.member(), dataset_id, file)
    output.record(asdict(done), "They are in this home now: keep a copy; its custodian delivers them.")
