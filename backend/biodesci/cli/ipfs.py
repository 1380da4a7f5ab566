"""biodesci ipfs: what this party's IPFS node keeps and why, who else keeps it, and whom the node knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session

if TYPE_CHECKING:
    from biodesci.ipfs.client import Ipfs

app = typer.Typer(no_args_is_help=True)
Cids = Annotated[
    list[str] | None, typer.Argument(help="CIDs, as `ipfs pins` shows them.", show_default=False)
]


@app.command("swarm-key")
def swarm_key(
    file: Annotated[Path, typer.Argument(help="New file for the key.", show_default=False)],
) -> None:
    """Make the key of a private swarm: every member's node gets the same file, and nobody else."""
    from biodesci.ipfs import swarm

    swarm.make_key(file)
    output.record({"file": str(file)}, "The key is made. Hand it to members alone, by a way you trust.")


@app.command()
def peers() -> None:
    """The node's own addresses, for others' --peer, and the nodes that it is connected to."""
    ipfs = session.ipfs()
    rows = [{"node": "this one", "address": address} for address in ipfs.addresses()]
    rows += [{"node": "connected", "address": address} for address in ipfs.peers()]
    output.table(rows, ["node", "address"], "The node listens nowhere and is connected to nobody.")


@app.command()
def pins() -> None:
    """What this party added or pinned, why, and whether its node still keeps it."""
    from biodesci.core import cid
    from biodesci.core.onchain import utc
    from biodesci.ipfs.pins import Pins

    ipfs = session.ipfs()
    rows = [
        {
            "cid": cid.from_digest(pin.digest),
            "why": pin.why,
            "since": f"{utc(pin.since):%Y-%m-%d %H:%M}",
            "kept": ipfs.is_pinned(pin.digest),
        }
        for pin in Pins(session.settings().home).all()
    ]
    output.table(rows, ["cid", "why", "since", "kept"], "This party has put nothing on its node.")


@app.command()
def unpin(
    cids: Cids = None,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Files and cards of this home's withdrawn datasets.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Keep something no longer: it goes with the next garbage. Others may have copies."""
    from biodesci.core import cid
    from biodesci.core.errors import InputError

    digests = [cid.to_digest(text) for text in cids or []]
    if withdrawn:
        from biodesci.market import publish

        chain, home = session.chain(account=False), session.settings().home
        digests += publish.withdrawn_files(chain, home)
    elif not digests:
        raise InputError("Nothing is named.", "Give CIDs, or --withdrawn.")
    if digests:
        output.consent(f"This node keeps {len(digests)} files no longer.", yes=yes)
    ipfs = session.ipfs()
    for digest in digests:
        ipfs.unpin(digest)
    output.table([{"cid": cid.from_digest(one)} for one in digests], ["cid"], "Nothing was withdrawn.")


@app.command()
def gc() -> None:
    """Have the node remove what it does not keep, such as others' cards and files that were read."""
    ipfs = session.ipfs()
    removed = ipfs.collect_garbage()
    used, most = ipfs.usage()
    output.record({"removed_blocks": removed, "used_bytes": used, "most_bytes": most})


@app.command()
def replicate(
    cids: Cids = None,
    places: Annotated[
        int, typer.Option(min=0, max=1000, help="Places of each file that a node has to show.")
    ] = 8,
) -> None:
    """Have other nodes (BIODESCI_IPFS_REPLICAS) keep what this party keeps, and show that they have it."""
    from biodesci.core import cid
    from biodesci.ipfs.pins import Pins
    from biodesci.ipfs.replication import replicate as ask

    own, others = session.ipfs(), _others()
    digests = [cid.to_digest(text) for text in cids or []]
    digests = digests or [pin.digest for pin in Pins(session.settings().home).all()]
    copies = [ask(own, other, digest, places) for digest in digests for other in others]
    rows = [
        {
            "cid": cid.from_digest(copy.digest),
            "node": copy.api,
            "shown": copy.places,
            "problem": copy.problem,
        }
        for copy in copies
    ]
    output.table(rows, ["cid", "node", "shown", "problem"], "This party has put nothing on its node.")
    if any(copy.problem for copy in copies):
        raise typer.Exit(1)


def _others() -> list[Ipfs]:
    from biodesci.core.errors import ConfigurationError
    from biodesci.ipfs.client import Ipfs

    replicas = session.settings().replicas()
    if not replicas:
        raise ConfigurationError(
            "No other node is named.",
            "Set BIODESCI_IPFS_REPLICAS to their APIs, such as https://ipfs.example.org=FILE.",
        )
    return [Ipfs(api, authorization=authorization) for api, authorization in replicas]
