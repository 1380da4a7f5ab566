"""biodesci index: read the chain into a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, Thing

if TYPE_CHECKING:
    from biodesci.chain.currency import Currency
    from biodesci.index.accounts import Account

app = typer.Typer(no_args_is_help=True)


@app.command()
def sync() -> None:
    """Read all new blocks once."""
    from biodesci.index.database import Store
    from biodesci.index.sync import sync as read

    chosen = session.settings()
    with Store(chosen.index_location) as store:
        chain = session.chain(account=False)
        result = read(chain, session.ipfs(), store, session.asker(chain).ask)
    output.record({"block": result.block, "events": result.events, "rolled_back": result.rolled_back})


@app.command()
def rebuild() -> None:
    """Delete the index and read everything again: the chain has all of it."""
    from biodesci.index.database import Store

    session.chain(account=False)  # first: there is nothing to read from a node that does not answer
    with Store(session.settings().index_location) as store:
        store.clear()
    sync()


@app.command()
def status() -> None:
    """How far the index is, and what is amiss: gaps, events set aside, documents, the reader's last error."""
    from dataclasses import asdict

    from biodesci.core.onchain import utc
    from biodesci.index.database import Store

    with Store(session.settings().index_location, read_only=True) as store:
        condition, engine = store.condition(), store.engine_name
    head, silent = _head()
    reached, trouble = condition.block, condition.trouble
    gaps, aside = ([asdict(one) for one in some] for some in (condition.gaps, condition.aside))
    row = {
        "block": reached,
        "head": silent if head is None else head,
        "lag": None if head is None or reached is None else max(0, head - reached),
        "engine": engine,
        "events": condition.events,
        "aside": condition.aside_count,
        "ignored": condition.ignored,
        "unreadable": condition.unreadable,
        "last_error": None if trouble is None else trouble.message,
        "last_error_at": None if trouble is None else f"{utc(trouble.at):%Y-%m-%d %H:%M:%S} UTC",
        "last_error_is_over": None if trouble is None else trouble.over_at is not None,
    }
    if output.json_wanted():
        output.record({**row, "gaps": gaps, "events_aside": aside})
        return
    output.record({**row, "gaps": len(gaps)})
    for rows, columns in (
        (gaps, ["first", "last", "why", "attempts"]),
        (aside, ["block", "log_index", "contract", "name", "why"]),
    ):
        if rows:
            output.table(rows, columns, "")


def _head() -> tuple[int | None, str]:
    """The last block of the chain that counts; or None, and why it is not known."""
    from biodesci.core.errors import BioDeSciError

    try:
        return session.chain(account=False).counted_head(), ""
    except BioDeSciError as exc:
        return None, exc.message


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
    from biodesci.core.onchain import utc
    from biodesci.index import activity
    from biodesci.index.database import Store

    with Store(session.settings().index_location, read_only=True) as store:
        events = activity.of_one(store, thing, number)
        paid_in = activity.currencies(store, events)
    rows = [
        {
            "time": f"{utc(row['time']):%Y-%m-%d %H:%M}",
            "block": row["block_number"],
            "event": row["name"],
            **_accounts(activity.accounts(row), paid_in),
            "transaction": row["tx_hash"],
        }
        for row in events
    ]
    columns = ["time", "block", "event", "by", "credits", "names"]
    output.table(rows, columns, "Nothing has happened to it, as far as the index has read.")


def _accounts(involved: list[Account], paid_in: dict[str, Currency]) -> dict[str, str]:
    parts: dict[str, list[str]] = {"by": [], "credits": [], "names": []}
    for one in involved:
        words = f"{one.address} ({one.role})"
        if one.money is not None:
            words = f"{paid_in[one.money.currency].show(int(one.money.amount))} to {words}"
        parts[one.part].append(words)
    return {part: ", ".join(words) for part, words in parts.items()}


def _cid(digest: str) -> str:
    from biodesci.core import cid

    return cid.from_digest(bytes.fromhex(digest[2:]))
