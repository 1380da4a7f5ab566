"""What answers of several kinds are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast, get_args

from biodesci.api.schemas.values import (
    Activity,
    Content,
    Credit,
    Currency,
    Duo,
    DuoTerm,
    Institution,
    Involved,
    Right,
    Role,
    VisaType,
)
from biodesci.chain.currency import Currency as PaidIn
from biodesci.core import cid, duo, visa
from biodesci.core.conditions import Conditions
from biodesci.core.documents.institution import Proven
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.onchain import NOBODY, utc
from biodesci.core.onchain import Right as RightOnChain
from biodesci.index import activity
from biodesci.index.accounts import Account
from biodesci.index.database import Store
from biodesci.index.queries import Row

RIGHTS: Final[tuple[Right, ...]] = get_args(Right)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
# Amounts and DUO bits, which are texts in every answer, and what else passes 2**53.
_WIDE: Final = {"price", "amount", "royalty", "fee", "terms", "purpose", "nonce"}
# Characters, on the page of one dataset or model; lists show what stands in the card's summary.
DESCRIPTION: Final = 20_000


def maybe_when(seconds: int | None) -> datetime | None:
    """A moment in UTC from Unix seconds; null stays null."""
    return None if seconds is None else utc(seconds)


@lru_cache(8_192)
def content(digest: str) -> Content:
    """A SHA-256 digest (0x and 64 hexadecimal digits) with the IPFS CID that follows from it."""
    return Content(digest=digest, cid=cid.from_digest(bytes.fromhex(digest[2:])))


@lru_cache(1_024)
def terms(bits: int, *, purpose: bool = False) -> Duo:
    """The GA4GH DUO terms whose bits are set, in words: those of a data use, or of a purpose."""
    words = [(t, t.purpose_words if purpose else t.words) for t in duo.TERMS if bits >> t.bit & 1]
    return Duo(bits=str(bits), terms=[DuoTerm(id=t.id, code=t.name, label=label) for t, label in words])


def document(body: str | None) -> dict[str, Any] | None:
    """A stored JSON document, parsed; null where the index has none."""
    if body is None:
        return None
    loaded: dict[str, Any] = json.loads(body)
    return loaded


def card(body: str | None) -> PublishedCard:
    """A stored card, or what its summary has of it; with nothing in it where the index has none."""
    return PublishedCard(document(body) or {})


def currency(row: Row | Mapping[str, Any]) -> Currency:
    """What a row's price is in: an ERC-20 token, or the chain's own coin, whose address is null."""
    address = None if row["currency"] == NOBODY else row["currency"]
    return Currency(address=address, symbol=row["symbol"], decimals=row["decimals"])


def arbiter(row: Row | Mapping[str, Any]) -> str | None:
    """Who decides disputes about what an offer sold."""
    return None if row["arbiter"] == NOBODY else row["arbiter"]


def conditions(row: Row | Mapping[str, Any]) -> list[str]:
    """Of a row with an offer's terms: how its money goes and how disputes end, a sentence each."""
    return _conditions(
        Conditions(
            free=int(row["price"]) == 0,
            right=RightOnChain(row["right"]),
            duration=row["duration"],
            uses=row["uses"],
            delivery_window=row["delivery_window"],
            dispute_window=row["dispute_window"],
            pro_rata=bool(row["pro_rata"]),
            arbiter=arbiter(row),
        )
    )


@lru_cache(4_096)
def _conditions(said: Conditions) -> list[str]:
    return said.in_words()


def visas(types: int) -> list[VisaType]:
    """The names of the GA4GH visa types whose bits are set."""
    return cast("list[VisaType]", visa.names(types))


def institution(proven: Proven | None) -> Institution | None:
    """Who is behind an account; null where nothing is proven."""
    if proven is None:
        return None
    return Institution(
        domain=proven.domain,
        name=proven.name,
        ror=proven.ror,
        ror_listed=proven.ror_listed,
        proven_at=utc(proven.proven_at),
        until=utc(proven.until),
    )


def activities(store: Store, kind: str, key: int) -> list[Activity]:
    """Events about one thing, newest first."""
    rows = activity.of_one(store, kind, key)
    paid_in = activity.currencies(store, rows)
    return [Activity(**activity_fields(row, paid_in)) for row in rows]


def activity_fields(row: Row, paid_in: Mapping[str, PaidIn]) -> dict[str, Any]:
    """Of a row of `events`, what every timeline shows."""
    return {
        "name": row["name"],
        "contract": row["contract"],
        "block": row["block_number"],
        "time": utc(row["time"]),
        "tx_hash": row["tx_hash"],
        "accounts": [_involved(one, paid_in) for one in activity.accounts(row)],
        "details": _details(json.loads(row["args"])),
    }


def _involved(account: Account, paid_in: Mapping[str, PaidIn]) -> Involved:
    credit = None
    if (money := account.money) is not None:
        of = paid_in[money.currency]
        said = {"currency": of.address, "symbol": of.symbol, "decimals": of.decimals}
        credit = Credit(amount=money.amount, currency=currency(said))
    return Involved(part=account.part, address=account.address, role=account.role, credit=credit)


def _details(args: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _details(value) if isinstance(value, dict) else str(value) if name in _WIDE else value
        for name, value in args.items()
    }
