"""What the queries share: rows by column name, pages from new to old, the summary of a card."""

from __future__ import annotations

from typing import Any

from eth_utils.address import is_hex_address, to_checksum_address
from sqlalchemy import ColumnElement, RowMapping, Select, and_, bindparam, func, select

from biodesci.index import tables as t

Row = RowMapping


def with_card(query: Select[Any], card: ColumnElement[str], kind: str) -> Select[Any]:
    """With the summary of each row's card (`body`), and why a card could not be read (`reason`)."""
    summary = and_(t.summaries.c.digest == card, t.summaries.c.kind == kind)
    failure = and_(t.unreadable.c.digest == card, t.unreadable.c.kind == kind)
    return (
        query.add_columns(t.summaries.c.body, t.unreadable.c.reason)
        .outerjoin(t.summaries, summary)
        .outerjoin(t.unreadable, failure)
    )


def checksummed(address: str) -> str:
    """An address in any case, as events have it; what is none stays as it is, and is nobody's."""
    return str(to_checksum_address(address.lower())) if is_hex_address(address) else address


def page(query: Select[Any], id_: ColumnElement[int]) -> Select[Any]:
    """At most `limit` rows whose id is below `before`, from new to old."""
    return query.where(id_ < bindparam("before")).order_by(id_.desc()).limit(bindparam("limit"))


def number_of(*where: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of another table belong to each row."""
    return select(func.count()).where(*where).scalar_subquery()
