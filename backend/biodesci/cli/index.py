"""biodesci index: read the chain into a database."""

from __future__ import annotations

import typer

from biodesci.cli import output, session

app = typer.Typer(no_args_is_help=True)


@app.command()
def sync() -> None:
    """Read all new blocks once."""
    from biodesci.index.database import Store
    from biodesci.index.sync import sync as read

    chosen = session.settings()
    with Store(chosen.database_path) as store:
        result = read(session.chain(account=False), session.ipfs(), store)
    output.record({"block": result.block, "events": result.events, "rolled_back": result.rolled_back})


@app.command()
def rebuild() -> None:
    """Delete the index and read everything again: the chain has all of it."""
    from biodesci.index.database import Store

    with Store(session.settings().database_path) as store:
        store.clear()
    sync()


@app.command()
def unreadable() -> None:
    """What the indexer could not read, and why."""
    from dataclasses import asdict

    from biodesci.index.database import Store

    with Store(session.settings().database_path, read_only=True) as store:
        rows = [{**asdict(one), "cid": _cid(one.digest)} for one in store.unreadable()]
    output.table(rows, ["cid", "kind", "reason", "attempts"], "Everything could be read.")


def _cid(digest: str) -> str:
    from biodesci.core import cid

    return cid.from_digest(bytes.fromhex(digest[2:]))
