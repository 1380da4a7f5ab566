"""biodesci dataset grant-role, accept-role, relay-role, revoke-role: who may act for a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, new_file
from biodesci.core.onchain import DAY

app = typer.Typer()

_ROLE = typer.Argument(
    metavar="ROLE",
    help="custodian (delivers keys), operator (runs the node that trains or answers) or committee "
    "(judges purchases in review).",
)


@app.command("grant-role")
def grant_role(
    dataset_id: Number,
    role: Annotated[str, _ROLE],
    account: Annotated[str, typer.Argument(help="Its address.")],
) -> None:
    """Propose a role to another account, which has it once it accepts. A transfer of the dataset ends all."""
    from biodesci.market import roles

    chosen, named = address(account), roles.parse(role)
    roles.grant(session.chain(), dataset_id, named, chosen)
    output.record(
        {"dataset_id": dataset_id, "role": named.name.lower(), "account": chosen, "accepted": False},
        f"Proposed. It counts once {chosen} accepts: "
        f"biodesci dataset accept-role {dataset_id} {named.name.lower()}",
    )


@app.command("accept-role")
def accept_role(
    dataset_id: Number,
    role: Annotated[str, _ROLE],
    sign: Annotated[
        Path | None, typer.Option("--sign", help="Write a signed acceptance here instead of sending one.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=30, help="Days in which it may be sent.")] = 1,
) -> None:
    """Take a role that a dataset's owner proposed to you."""
    from biodesci.core import files
    from biodesci.market import roles

    target = None if sign is None else new_file(sign)
    chain, named = session.chain(), roles.parse(role)
    if target is not None:
        signed = roles.sign_acceptance(chain, dataset_id, named, seconds=days * DAY)
        files.write_atomic(target, signed.to_bytes())
        output.record(
            {"dataset_id": dataset_id, "role": named.name.lower(), "file": str(target), "accepted": False},
            f"Signed. Whoever sends it pays the gas: biodesci dataset relay-role {target}",
        )
        return
    roles.accept(chain, dataset_id, named)
    output.record(
        {"dataset_id": dataset_id, "role": named.name.lower(), "account": chain.address, "accepted": True}
    )


@app.command("relay-role")
def relay_role(
    file: Annotated[Path, typer.Argument(help="What `accept-role --sign` wrote.")],
) -> None:
    """Send another account's acceptance of a role, and pay the gas."""
    from biodesci.core import files
    from biodesci.core.documents.acceptance import SignedAcceptance
    from biodesci.market import roles

    signed = SignedAcceptance.parse(files.read(file))
    roles.relay_acceptance(session.chain(), signed)
    taken = signed.acceptance
    output.record(
        {"dataset_id": taken.dataset_id, "role": taken.role, "account": taken.account, "accepted": True}
    )


@app.command("revoke-role")
def revoke_role(
    dataset_id: Number,
    role: Annotated[str, _ROLE],
    account: Annotated[str | None, typer.Argument(help="Its address; your own role without it.")] = None,
) -> None:
    """End an account's role, as the dataset's owner, or resign from your own."""
    from biodesci.market import roles

    chain, named = session.chain(), roles.parse(role)
    chosen = chain.address if account is None else address(account)
    roles.revoke(chain, dataset_id, named, chosen)
    output.record({"dataset_id": dataset_id, "role": named.name.lower(), "account": chosen, "ended": True})
