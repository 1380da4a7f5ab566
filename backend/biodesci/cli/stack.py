"""biodesci demo, up, fund: the story, and a throw-away local network that stays."""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from biodesci.cli import output
from biodesci.cli.arguments import address, wei

if TYPE_CHECKING:
    from types import FrameType

    from biodesci.demo.narrator import Narrator
    from biodesci.demo.stack import Stack

app = typer.Typer(no_args_is_help=True)


def _state(chosen: Path | None, name: str) -> Path:
    """An empty folder for the network's state."""
    from biodesci.config import root

    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
        return chosen.resolve()
    parent = (root() / ".biodesci").resolve()
    parent.mkdir(exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))


def _stop_on_signals() -> None:
    """SIGTERM ends the command as Ctrl-C does: by leaving the `with` that stops every process.

    SIGINT too where a shell started the command in the background, and so had it ignored.
    """

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)


@app.command()
def demo(
    state: Path | None = typer.Option(
        None, help="Folder for chain, files and logs; removed after success if not given."
    ),
    report: Path = typer.Option(Path("build/demo.json"), help="Where the story is written as JSON."),
) -> None:
    """Play the whole story on the heart-disease data of four real hospitals, and end.

    Publish, license, train, infer, audit: with a real chain, IPFS node and worker processes, on free ports.
    """
    from biodesci.config import root
    from biodesci.demo.narrator import Narrator
    from biodesci.demo.stack import Stack
    from biodesci.demo.story import Story

    _stop_on_signals()
    folder = _state(state, "demo")
    narrator = Narrator()
    try:
        with Stack(folder, root=root().resolve(), on_restart=narrator.restarted) as stack:
            Story(stack, narrator).play()
    except BaseException:
        output.note(f"The logs of every process are in {folder / 'logs'}.")
        raise
    narrator.write(report)
    narrator.note(f"The same as JSON: {report}")
    if state is None:
        shutil.rmtree(folder)


@app.command()
def up(
    state: Path | None = typer.Option(None, help="Folder for chain, files and logs; a new one if not given."),
    ports: str = typer.Option(
        "default", help="`default` (8545, 5001, 8080, 8600, 8700) or `auto` for free ones."
    ),
    announce: Path | None = typer.Option(
        None, help="Write addresses and a funded test account here (JSON) when ready."
    ),
    story: bool = typer.Option(
        True, help="Play the rest of the story too, so that every page has something to show."
    ),
) -> None:
    """Start the whole stack with the web page and keep it running; Ctrl-C stops all of it."""
    from biodesci.config import root
    from biodesci.core.errors import InputError
    from biodesci.demo.narrator import Narrator
    from biodesci.demo.stack import Ports, Stack

    if ports not in ("default", "auto"):
        raise InputError(f"--ports {ports} is not known.", "Use `default` or `auto`.")
    _stop_on_signals()
    folder = _state(state, "up")
    narrator = Narrator()
    home = root().resolve()
    # On the default ports the stack is what `biodesci` and `make console` find without any setting.
    chosen, deployment = (
        (Ports(), home / "deployments" / "local.json") if ports == "default" else (Ports.auto(), None)
    )
    try:
        with Stack(
            folder, root=home, ports=chosen, deployment=deployment, on_restart=narrator.restarted
        ) as stack:
            _serve(stack, narrator, announce, story)
    except KeyboardInterrupt:
        output.note("Stopped; nothing is left running.")
        if state is None:
            shutil.rmtree(folder)


def _serve(stack: Stack, narrator: Narrator, announce: Path | None, story: bool) -> None:
    """Until Ctrl-C."""
    from biodesci.demo.story import Story

    played = Story(stack, narrator)
    played.open()
    account = played.announce(announce)
    _print_addresses(stack, account)
    if story:
        played.play_rest()
        _print_addresses(stack, account)
    stack.wait()


def _print_addresses(stack: Stack, account: tuple[str, str]) -> None:
    holder, private_key = account
    rows = {
        "Web page": stack.api_url,
        "API": f"{stack.api_url}/docs",
        "Chain (RPC)": f"{stack.rpc_url}, chain id 31337",
        "IPFS gateway": stack.gateway_url,
        "Test account": f"{holder} (100 ETH of this local chain)",
        "its key": f"{private_key} (throw-away: import it into a wallet, never use it elsewhere)",
        "Logs": str(stack.state / "logs"),
    }
    width = max(map(len, rows))
    lines = [
        "",
        *(f"  {name:<{width}}  {value}" for name, value in rows.items()),
        "",
        "  Ctrl-C stops everything.",
    ]
    typer.echo("\n".join(lines))


@app.command()
def fund(
    account: str = typer.Argument(help="The address to give ether to."),
    ether: str = typer.Option("10", help="How much it will have."),
) -> None:
    """Give an account ether on the local chain (never on another one)."""
    from biodesci.cli import session
    from biodesci.demo.stack import set_balance

    holder, amount = address(account), wei(ether)
    set_balance(session.settings().rpc_url, holder, amount)
    output.record({"account": holder, "ether": ether})
