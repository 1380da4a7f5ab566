"""biodesci up, fund: a throw-away local network, and ether on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import typer

from biodesci.cli import output
from biodesci.cli.arguments import address, wei

app = typer.Typer(no_args_is_help=True)


@app.command()
def up(
    state: Path | None = typer.Option(None, help="Folder for chain, files and logs; a new one if not given."),
    ports: str = typer.Option(
        "default", help="`default` (8545, 5001, 8080, 8600, 8700, 8760) or `auto` for free ones."
    ),
    announce: Path | None = typer.Option(
        None, help="Write addresses and a funded test account here (JSON) when ready."
    ),
) -> None:
    """Start an empty local network with the web page and keep it running; Ctrl-C stops all of it."""
    from biodesci.config import root
    from biodesci.localnet import session
    from biodesci.localnet.narrator import Narrator
    from biodesci.localnet.stack import Stack

    home = root().resolve()
    session.stop_on_signals()
    folder = session.new_state(home, state, "up")
    narrator = Narrator()
    try:
        with Stack.on_ports(ports, folder, root=home, on_restart=narrator.restarted) as stack:
            stack.start_core()
            stack.supervisor.watch()
            stack.start_api()
            typer.echo(session.addresses(stack, session.announce(stack, announce, [])))
            stack.wait()
    except KeyboardInterrupt:
        output.note("Stopped; nothing is left running.")
        if state is None:
            shutil.rmtree(folder)


@app.command()
def fund(
    account: str = typer.Argument(help="The address to give ether to."),
    ether: str = typer.Option("10", help="How much it will have."),
) -> None:
    """Give an account ether on the local chain (never on another one)."""
    from biodesci.cli import session
    from biodesci.localnet.local_chain import set_balance

    holder, amount = address(account), wei(ether)
    set_balance(session.settings().rpc_url, holder, amount)
    output.record({"account": holder, "ether": ether})
