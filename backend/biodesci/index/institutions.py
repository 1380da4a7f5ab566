"""Who is behind an account: the domains that cards announce, and what they proved when they were asked.

A card is anybody's, and may name any domain. So each domain is asked once for all the cards that name it,
seldom, few in a step, and of what one account's cards name only so many are ever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Index, Table, bindparam, func, insert, select, update

from biodesci.core.documents.institution import Asked, Proven, announced
from biodesci.index.columns import key, number, words
from biodesci.index.tables import datasets, metadata, versions
from biodesci.store.engine import KEYED

OF_ONE_ACCOUNT: Final = 20  # domains, of all the cards that it published
A_STEP: Final = 3  # domains that are asked

Ask = Callable[[str, int, Asked | None], Asked]
"""Asks a domain at a moment (Unix seconds), knowing how it went before (registry/institutions.py)."""

institutions: Final = Table(
    "institutions",
    metadata,
    key("domain"),
    words("announced_by"),  # the account whose card was the first to name it
    words("account", optional=True),  # from here to `until`: NULL unless it is proven
    words("name", optional=True),
    words("ror", optional=True),
    number("ror_listed", optional=True),  # NULL: not checked
    number("proven_at", optional=True),
    number("until", optional=True),
    words("why", optional=True),  # why asking it failed the last time
    number("attempts"),
    number("retry_at"),
    Index("institutions_of_account", "account"),
    Index("institutions_next", "retry_at"),
    Index("institutions_by", "announced_by"),
    **KEYED,
)

DUE: Final = (
    select(institutions)
    .where(institutions.c.retry_at <= bindparam("now"))
    .order_by(institutions.c.retry_at, institutions.c.domain)
    .limit(A_STEP)
)
BEHIND: Final = (
    select(institutions)
    .where(
        institutions.c.account.in_(bindparam("accounts", expanding=True)),
        institutions.c.until > bindparam("now"),
    )
    .order_by(institutions.c.proven_at, institutions.c.domain)
)
_PUBLISHER: Final = (
    select(datasets.c.owner)
    .join(versions, versions.c.dataset_id == datasets.c.id)
    .where(versions.c.card == bindparam("digest"))
    .order_by(datasets.c.id)
    .limit(1)
)


def note(connection: Connection, digest: str, card: Mapping[str, Any]) -> None:
    """Has the domain asked that a card announces, unless it is known, or its account named too many."""
    domain = announced(card)
    publisher = connection.scalar(_PUBLISHER, {"digest": digest})
    if domain is None or publisher is None:
        return
    of_domain = institutions.c.domain == domain
    of_account = institutions.c.announced_by == publisher
    if connection.scalar(select(func.count()).where(of_domain)):
        return
    if (connection.scalar(select(func.count()).where(of_account)) or 0) < OF_ONE_ACCOUNT:
        row = {"domain": domain, "announced_by": publisher, "attempts": 0, "retry_at": 0}
        connection.execute(insert(institutions), row)


def asked(row: Mapping[str, Any]) -> Asked:
    """How asking a row's domain went the last time."""
    proven = None if row["account"] is None else _proven(row)
    return Asked(
        domain=row["domain"],
        proven=proven,
        why=row["why"],
        attempts=row["attempts"],
        retry_at=row["retry_at"],
    )


def put(connection: Connection, now: Asked) -> bool:
    """Notes how asking a domain went. Whether what is proven is another than before."""
    of_domain = institutions.c.domain == now.domain
    before = connection.execute(select(institutions).where(of_domain)).mappings().one()
    proven = now.proven
    row = {
        "account": proven and proven.account,
        "name": proven and proven.name,
        "ror": proven and proven.ror,
        "ror_listed": None if proven is None or proven.ror_listed is None else int(proven.ror_listed),
        "proven_at": proven and proven.proven_at,
        "until": proven and proven.until,
    }
    state = {"why": now.why, "attempts": now.attempts, "retry_at": now.retry_at}
    connection.execute(update(institutions).where(of_domain), {**row, **state})
    return any(before[name] != value for name, value in row.items())


def forget_proofs(connection: Connection) -> None:
    """What was proven counts for other contracts: the domains are asked anew."""
    nothing = dict.fromkeys(("account", "name", "ror", "ror_listed", "proven_at", "until", "why"))
    connection.execute(update(institutions), {**nothing, "attempts": 0, "retry_at": 0})


def behind(rows: Sequence[Mapping[str, Any]]) -> dict[str, Proven]:
    """By account, of rows of `BEHIND`: what was proven last."""
    return {row["account"]: _proven(row) for row in rows}


def _proven(row: Mapping[str, Any]) -> Proven:
    listed = row["ror_listed"]
    return Proven(
        domain=row["domain"],
        account=row["account"],
        name=row["name"],
        ror=row["ror"],
        ror_listed=None if listed is None else bool(listed),
        proven_at=row["proven_at"],
        until=row["until"],
    )
