"""The columns that the index's tables are made of, and JSON in them."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson
from sqlalchemy import Column

from biodesci.store.engine import Amount, Whole, Words

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def id_() -> Column[int]:
    """A number that the chain gave."""
    return Column("id", Whole, primary_key=True, autoincrement=False)


def key(name: str) -> Column[str]:
    """A text of the primary key."""
    return Column(name, Words, primary_key=True)


def key_number(name: str) -> Column[int]:
    """A number of the primary key."""
    return Column(name, Whole, primary_key=True, autoincrement=False)


def words(name: str, *, optional: bool = False) -> Column[str]:
    """A text."""
    return Column(name, Words, nullable=optional)


def number(name: str, *, optional: bool = False) -> Column[int]:
    """A number of 64 bits."""
    return Column(name, Whole, nullable=optional)


def amount(name: str) -> Column[int]:
    """A uint256."""
    return Column(name, Amount, nullable=False)


def to_json(value: Any) -> str:
    """Compact, with numbers of any size."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a number of more than 64 bits
        return _encode(value)
