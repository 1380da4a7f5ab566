"""biodesci doctor: what is missing, and how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import typer

from biodesci.cli import output, session
from biodesci.core.errors import BioDeSciError, ConfigurationError


def doctor() -> None:
    """Check settings, files, chain, IPFS and index; exit 1 if something that every role needs is amiss."""
    checks: list[tuple[str, bool, Callable[[], str]]] = [
        ("disk", True, _disk),
        ("account", True, _account),
        ("key", True, _key),
        ("chain", True, _chain),
        ("ipfs", True, _ipfs),
        ("index", False, _index),  # the API and the page alone read it
    ]
    rows: list[dict[str, object]] = []
    for name, needed, check in checks:
        row: dict[str, object] = {"check": name, "ok": True, "needed": needed, "says": "", "mend": ""}
        try:
            row["says"] = check()
        except BioDeSciError as exc:
            row |= {"ok": False, "says": exc.message, "mend": exc.hint}
        rows.append(row)
    output.table(rows, ["check", "ok", "needed", "says", "mend"], "")
    if not all(row["ok"] for row in rows if row["needed"]):
        raise typer.Exit(1)


def _disk() -> str:
    home = session.settings().home
    place = next(p for p in (home, *home.parents) if p.exists())
    free = shutil.disk_usage(place).free
    if free < 1 << 30:
        raise ConfigurationError(f"Only {free >> 20} MiB are free at {place}.", "Free some space.")
    return f"{free >> 30} GiB free"


def _account() -> str:
    from biodesci.chain import accounts

    return accounts.address(session.settings().account_path)


def _key() -> str:
    from biodesci.party import keys

    if not keys.path(session.settings().home).exists():
        raise ConfigurationError(
            "There is no encryption key.", "Make and register one: biodesci key register."
        )
    return "found"


def _chain() -> str:
    chain = session.chain(account=False)
    return f"chain {chain.chain_id}, block {chain.block_number()}, contracts in place"


def _ipfs() -> str:
    session.ipfs().ready()
    return session.settings().ipfs_api


def _index() -> str:
    from biodesci.index.database import Store
    from biodesci.store import engine

    location = session.settings().index_location
    if not engine.exists(location):
        raise ConfigurationError(
            "The chain was not indexed yet.", "Only API and page need that: biodesci index sync."
        )
    with Store(location, read_only=True) as store:
        cursor, unread = store.cursor(), len(store.unreadable())
    return f"up to block {cursor.number if cursor else 0}, {unread} documents unreadable"
