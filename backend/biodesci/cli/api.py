"""biodesci api: serve the index and the web page over HTTP."""

from __future__ import annotations

import os
import sys

import typer

from biodesci.cli import session

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keeps `serve` a verb of its own though it is the only one."""


@app.command()
def serve(
    port: int = typer.Option(0, min=0, max=65_535, help="Port; BIODESCI_API_PORT if not given."),
) -> None:
    """Serve until Ctrl-C."""
    chosen = port or session.settings().api_port
    # The API is a process of its own: the command line does not import it.
    os.execv(sys.executable, [sys.executable, "-m", "biodesci.api", "--port", str(chosen)])  # noqa: S606
