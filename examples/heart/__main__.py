"""python -m examples.heart demo | up: play the story and end, or leave its network running with the page."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import typer

from biodesci.config import root
from biodesci.core.errors import BioDeSciError
from biodesci.localnet import session
from biodesci.localnet.narrator import Narrator
from biodesci.localnet.stack import Stack
from examples.heart.baselines import ROUNDS
from examples.heart.story import Story

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def demo(
    state: Path | None = typer.Option(
        None, help="Folder for chain, files and logs; removed after success if not given."
    ),
    report: Path = typer.Option(Path("build/demo.json"), help="Where the story is written as JSON."),
    rounds: int = typer.Option(ROUNDS, min=1, help="Training rounds: fewer are sooner done, and learn less."),
) -> None:
    """Play the whole story on the heart-disease data of four real hospitals, and end.

    Publish, license, train, infer, audit: with a real chain, IPFS node and worker processes, on free ports.
    """
    session.stop_on_signals()
    home = root().resolve()
    folder = session.new_state(home, state, "demo")
    narrator = Narrator()
    try:
        with Stack.on_ports("auto", folder, root=home, on_restart=narrator.restarted) as stack:
            Story(stack, narrator, rounds).play()
    except BaseException:
        typer.echo(f"The logs of every process are in {folder / 'logs'}.", err=True)
        raise
    narrator.write(report)
    typer.echo(f"\nAll steps proved; nothing is left running. The same as JSON: {report}")
    if state is None:
        shutil.rmtree(folder)


@app.command()
def up(
    state: Path | None = typer.Option(None, help="Folder for chain, files and logs; a new one if not given."),
    ports: str = typer.Option(
        "default", help="`default` (8545, 5001, 8080, 8600, 8700, 8760) or `auto` for free ones."
    ),
    announce: Path | None = typer.Option(
        None, help="Write addresses and a funded test account here (JSON) when ready."
    ),
    story: bool = typer.Option(
        True, help="Play the rest of the story too, so that every page has something to show."
    ),
    rounds: int = typer.Option(ROUNDS, min=1, help="Training rounds: fewer are sooner done, and learn less."),
) -> None:
    """Start the whole stack with the web page and keep it running; Ctrl-C stops all of it."""
    session.stop_on_signals()
    home = root().resolve()
    folder = session.new_state(home, state, "up")
    narrator = Narrator()
    try:
        with Stack.on_ports(ports, folder, root=home, on_restart=narrator.restarted) as stack:
            # Whoever wants to see the page need not wait for models that it does not show.
            played = Story(stack, narrator, rounds, references=False)
            played.open()
            account = session.announce(stack, announce, played.published())
            hospital = played.cast.sites[0].owner
            typer.echo(session.addresses(stack, account, hospital))
            if story:
                played.play_rest()
                typer.echo(session.addresses(stack, account, hospital))
            stack.wait()
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing is left running.", err=True)
        if state is None:
            shutil.rmtree(folder)


def main() -> int:
    """Exit code 0 when the story went well, 1 with the reason when it did not."""
    try:
        app(standalone_mode=False)
    except BioDeSciError as exc:
        typer.echo(str(exc), err=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
