"""What the queries share: rows by column name, pages from new to old, the summary of a card."""

from __future__ import annotations

from typing import Any

from eth_utils.address import is_hex_address, to_checksum_address
from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select

from biodesci.core.onchain import NOBODY
from biodesci.index import tables as t
from biodesci.index.database import Row

__all__ = ["Row", "checksummed", "page", "with_card", "with_currency"]


def with_card(query: Select[Any], card: ColumnElement[str], kind: str) -> Select[Any]:
    """With the summary of each row's card (`body`), and why a card could not be read (`reason`)."""
    summary = and_(t.summaries.c.digest == card, t.summaries.c.kind == kind)
    failure = and_(t.wanted.c.digest == card, t.wanted.c.kind == kind)
    return (
        query.add_columns(t.summaries.c.body, t.wanted.c.reason)
        .outerjoin(t.summaries, summary)
        .outerjoin(t.wanted, failure)
    )


def checksummed(address: str) -> str:
    """An address in any case, as events have it; what is none stays as it is, and is nobody's."""
    return str(to_checksum_address(address.lower())) if is_hex_address(address) else address


def with_currency(query: Select[Any]) -> Select[Any]:
    """With what the token that an offer is made in says of itself (`symbol`, `decimals`); NULL, where it said
    nothing that makes sense, or was not asked yet."""
    is_ether = t.offers.c.currency == NOBODY
    return query.add_columns(
        case((is_ether, "ETH"), else_=t.tokens.c.symbol).label("symbol"),
        case((is_ether, 18), else_=t.tokens.c.decimals).label("decimals"),
    ).outerjoin(t.tokens, t.tokens.c.address == t.offers.c.currency)


def page(query: Select[Any], id_: ColumnElement[int]) -> Select[Any]:
    """At most `limit` rows whose id is below `before`, from new to old."""
    return query.where(id_ < bindparam("before")).order_by(id_.desc()).limit(bindparam("limit"))


def number_of(*where: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of another table belong to each row."""
    return select(func.count()).where(*where).scalar_subquery()
