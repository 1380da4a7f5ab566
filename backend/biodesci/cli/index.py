"""biodesci index: read the chain into a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, Thing

if TYPE_CHECKING:
    from biodesci.index.accounts import Account

app = typer.Typer(no_args_is_help=True)


@app.command()
def sync() -> None:
    """Read all new blocks once."""
    from biodesci.index.database import Store
    from biodesci.index.sync import sync as read

    chosen = session.settings()
    with Store(chosen.index_location) as store:
        result = read(session.chain(account=False), session.ipfs(), store)
    output.record({"block": result.block, "events": result.events, "rolled_back": result.rolled_back})


@app.command()
def rebuild() -> None:
    """Delete the index and read everything again: the chain has all of it."""
    from biodesci.index.database import Store

    with Store(session.settings().index_location) as store:
        store.clear()
    sync()


@app.command()
def unreadable() -> None:
    """What the indexer could not read, and why."""
    from dataclasses import asdict

    from biodesci.index.database import Store

    with Store(session.settings().index_location, read_only=True) as store:
        rows = [{**asdict(one), "cid": _cid(one.digest)} for one in store.unreadable()]
    output.table(rows, ["cid", "kind", "reason", "attempts"], "Everything could be read.")


@app.command()
def history(
    thing: Annotated[Thing, typer.Argument(help="What it is the history of.")], number: Number
) -> None:
    """What happened to one thing, newest first: who called, whom it credits with how much, whom it names."""
    import json

    from biodesci.core.onchain import utc
    from biodesci.index import activity
    from biodesci.index.accounts import Account
    from biodesci.index.database import Store

    with Store(session.settings().index_location, read_only=True) as store:
        events = activity.of_one(store, thing, number)
    rows = [
        {
            "time": f"{utc(row['time']):%Y-%m-%d %H:%M}",
            "block": row["block_number"],
            "event": row["name"],
            **_accounts([Account.of(one) for one in json.loads(row["accounts"])]),
            "transaction": row["tx_hash"],
        }
        for row in events
    ]
    columns = ["time", "block", "event", "by", "credits", "names"]
    output.table(rows, columns, "Nothing has happened to it, as far as the index has read.")


def _accounts(involved: list[Account]) -> dict[str, str]:
    from biodesci.chain.currency import Currency

    parts: dict[str, list[str]] = {"by": [], "credits": [], "names": []}
    for one in involved:
        words = f"{one.address} ({one.role})"
        if one.money is not None:
            paid_in = Currency(one.money.currency, one.money.symbol, one.money.decimals)
            words = f"{paid_in.show(int(one.money.amount))} to {words}"
        parts[one.part].append(words)
    return {part: ", ".join(words) for part, words in parts.items()}


def _cid(digest: str) -> str:
    from biodesci.core import cid

    return cid.from_digest(bytes.fromhex(digest[2:]))
