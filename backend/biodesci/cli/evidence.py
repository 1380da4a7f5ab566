"""biodesci license evidence, judge: what a delivery held, shown to an arbiter and judged by it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Elsewhere, Number, address, new_file

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
    """Show an arbiter what you delivered, as the custodian who did or as a guardian whose share it has.

    The arbiter learns that dataset key from it, or your share.

    Send the file as you like: only the arbiter's home opens it.
    """
    from biodesci.core.errors import InputError
    from biodesci.core.onchain import NOBODY
    from biodesci.market import offers, shared_evidence
    from biodesci.market.license import get

    custodian, target = session.member(), new_file(file)
    licence = get(custodian.chain, license_id)
    chosen = address(arbiter) if arbiter else offers.get(custodian.chain, licence.offer_id).terms.arbiter
    if chosen == NOBODY:
        raise InputError("The offer of this licence names no arbiter.", "Say who may open it: --for ADDRESS.")
    output.consent(
        f"{chosen} will know the key of dataset {licence.dataset_id}, version {licence.version}; where "
        "guardians delivered it, your share of that key.",
        yes=yes,
    )
    shared_evidence.show(custodian, license_id, chosen, target)
    output.record({"license_id": license_id, "arbiter": chosen, "file": str(target)})


@app.command("judge")
def judge(
    license_id: Number,
    file: Annotated[
        list[Path],
        typer.Argument(help="What `license evidence` wrote for this account; of shares, each guardian's."),
    ],
    at_most: Annotated[
        int, typer.Option(min=1, help="GiB of an encrypted file that are fetched to try the key on it.")
    ] = 16,
    elsewhere: Elsewhere = None,
) -> None:
    """Judge a delivery by the evidence of it, and try the key on the encrypted file: the chain decides.

    The file is fetched into your home folder, decrypted in memory alone, and removed. Where all is right,
    your IPFS node keeps what the licensee needs. You learn the dataset key, by which the file could be read.
    """
    from biodesci.core.onchain import utc
    from biodesci.market import judgement
    from biodesci.market.sources import also_at

    arbiter = session.member()
    output.note(
        f"If the evidence holds, the encrypted file is fetched into {arbiter.home}, up to {at_most} GiB, and "
        "decrypted in memory to try the key on it; nothing decrypted is written. You learn the dataset key "
        "by this: whoever has it can read the file, so keep the evidence to yourself."
    )
    with also_at(elsewhere or ()), output.progress("fetch", None) as advance:
        judged = judgement.judge(arbiter, license_id, *file, most=at_most * judgement.GIB, progress=advance)
    output.record(
        {
            "license_id": license_id,
            "finding": judged.finding.name.lower().replace("_", " "),
            "favours": judged.favours.value,
            "decide_until": None if judged.until is None else utc(judged.until).isoformat(),
            "says": judged.says,
        }
    )
