"""biodesci license evidence, judge: what a delivery held, shown to an arbiter and judged by it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, new_file

app = typer.Typer()


@app.command("evidence")
def show(
    license_id: Number,
    file: Annotated[Path, typer.Option("--output", "-o", help="Where the sealed evidence goes.")],
    arbiter: Annotated[
        str | None, typer.Option("--for", help="Who may open it; the offer's arbiter without it.")
    ] = None,
    yes: output.Yes = False,
) -> None:
    """Show an arbiter what you delivered, as the custodian who did. It learns that dataset key from it.

    Send the file as you like: only the arbiter's home opens it.
    """
    from biodesci.core.errors import InputError
    from biodesci.core.onchain import NOBODY
    from biodesci.market import evidence, offers
    from biodesci.market.license import get

    custodian, target = session.member(), new_file(file)
    licence = get(custodian.chain, license_id)
    chosen = address(arbiter) if arbiter else offers.get(custodian.chain, licence.offer_id).terms.arbiter
    if chosen == NOBODY:
        raise InputError("The offer of this licence names no arbiter.", "Say who may open it: --for ADDRESS.")
    output.consent(
        f"{chosen} will know the key of dataset {licence.dataset_id}, version {licence.version}.", yes=yes
    )
    evidence.show(custodian, license_id, chosen, target)
    output.record({"license_id": license_id, "arbiter": chosen, "file": str(target)})


@app.command("judge")
def judge(
    license_id: Number,
    file: Annotated[Path, typer.Argument(help="What `license evidence` wrote for this account.")],
) -> None:
    """Judge a delivery by the evidence of it: the chain decides, and nobody's word.

    An envelope that proves right is added to your IPFS node, so that the licensee can fetch it: evidence does
    not show that it could before.
    """
    from biodesci.market import evidence

    judgement = evidence.judge(session.member(), license_id, file)
    output.record(
        {
            "license_id": license_id,
            "finding": judgement.finding.name.lower().replace("_", " "),
            "envelope_added": judgement.added,
            "favours_owner": judgement.favours_owner,
            "says": judgement.says,
        }
    )
