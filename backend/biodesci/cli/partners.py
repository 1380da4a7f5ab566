"""biodesci dataset partners, keep: copies of private containers at partners, and at a new owner."""

from __future__ import annotations

from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, account_at, address

app = typer.Typer()


@app.command("partners")
def partners(
    dataset_id: Number,
    add: Annotated[
        list[str] | None, typer.Option(help="ACCOUNT@URL of a partner and its server of containers; repeat.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A partner's account; repeat.")] = None,
    places: Annotated[
        int, typer.Option(min=0, max=100, help="Places of each copy that a partner has to show.")
    ] = 8,
) -> None:
    """Name who keeps copies of your dataset's private containers; see who has them, and has shown so.

    A partner fetches them with `dataset keep`, and its server gives them to whom yours would.
    """
    from biodesci.core.documents.copies import Partner
    from biodesci.core.errors import ConfigurationError, InputError
    from biodesci.core.onchain import utc
    from biodesci.market import copies
    from biodesci.market import partners as naming
    from biodesci.party.containers import Containers

    owner, settings = session.member(), session.settings()
    named = naming.known(owner.chain, Containers(owner.home), dataset_id)
    if add or remove:
        if not settings.containers_url:
            raise ConfigurationError(
                "Partners have to know where your own server of containers is.",
                "Set BIODESCI_CONTAINERS_URL to its origin.",
            )
        known = {} if named is None else {one.account: one for one in named.partners}
        for account in map(address, remove or ()):
            if known.pop(account, None) is None:
                raise InputError(f"{account} is no partner of dataset {dataset_id}.", "Nothing was changed.")
        for text in add or ():
            account, url = account_at(text)
            if not url:
                raise InputError(
                    "The partner's server is missing.", "Write ACCOUNT@https://data.partner.org."
                )
            known[account] = Partner(account=account, url=url)
        named = naming.name(owner, dataset_id, settings.containers_url, list(known.values()))
    rows = [] if named is None else list(copies.challenge(owner, named, places))
    output.table(
        [
            {
                "partner": one.partner.account,
                "url": one.partner.url,
                "version": one.version,
                "kept": None if one.receipt is None else utc(one.receipt.kept).isoformat(),
                "places": one.places,
                "problem": one.problem,
            }
            for one in rows
        ],
        ["partner", "url", "version", "kept", "places", "problem"],
        "No partner keeps a copy: name one by --add ACCOUNT@URL.",
    )
    if any(one.problem for one in rows) and not (add or remove):
        raise typer.Exit(1)


@app.command("keep")
def keep(
    dataset_id: Number,
    elsewhere: Annotated[
        list[str] | None, typer.Option("--from", help="Another server that has it, such as a partner's.")
    ] = None,
    yes: output.Yes = False,
) -> None:
    """As a partner or a new owner: fetch a dataset's private containers and keep them for your server.

    Repeat it after a new version. Copies of withdrawn versions are deleted where the owner asks for that, and
    your account signs that they are.
    """
    from biodesci.chain.records import DatasetVersion
    from biodesci.market import copies

    member = session.member()
    chain = member.chain
    latest = int(chain.call(chain.datasets.functions.latestVersion(dataset_id)))
    versions = [chain.read(DatasetVersion, dataset_id, number) for number in range(1, latest + 1)]
    stand = [one.version for one in versions if not one.withdrawn_at]
    done = []
    if len(stand) < latest:
        output.consent(
            f"Copies of the withdrawn versions of dataset {dataset_id} are deleted here where its owner asks "
            "for it, and your account signs that.",
            yes=yes,
        )
    for number in stand:
        with output.progress("keep", None) as advance:
            done.append(copies.keep(member, dataset_id, number, elsewhere or (), advance))
    if len(stand) < latest:
        done += copies.delete_withdrawn(member, dataset_id)
    rows = [
        {
            "version": one.version,
            "size": one.size,
            "signed": one.receipt is not None or one.deleted,
            "deleted": one.deleted,
        }
        for one in done
    ]
    output.table(rows, ["version", "size", "signed", "deleted"], "There is nothing to keep.")
