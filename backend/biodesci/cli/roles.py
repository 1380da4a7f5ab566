"""biodesci dataset grant-role, accept-role, revoke-role: who may act for a dataset besides its owner."""

from __future__ import annotations

from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address

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
def accept_role(dataset_id: Number, role: Annotated[str, _ROLE]) -> None:
    """Take a role that a dataset's owner proposed to you."""
    from biodesci.market import roles

    chain, named = session.chain(), roles.parse(role)
    roles.accept(chain, dataset_id, named)
    output.record(
        {"dataset_id": dataset_id, "role": named.name.lower(), "account": chain.address, "accepted": True}
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
