"""Chains of blocks with logs, in memory: forks of one another, as an index reads them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from biodesci.index.database import Block, Event, Store
from biodesci.index.tables import DERIVED, LOG
from tests.backend.index.stories import Event as Told
from tests.backend.index.stories import Story


@dataclass(frozen=True)
class Made:
    """A block and its events; those of forks differ in their hashes."""

    block: Block
    events: tuple[Event, ...]


def block(number: int, fork: str = "") -> Block:
    return Block(number, "0x" + hashlib.sha256(f"{number}{fork}".encode()).hexdigest(), 1_000 + number)


def mined(told: Sequence[Told], number: int, fork: str = "") -> Made:
    """A block with these events, whose logs have gaps between them as other contracts' lie there."""
    of = block(number, fork)
    events = [
        Event(of, 3 * place, "0x" + f"{number:032x}{place:032x}", contract, name, args)
        for place, (contract, name, args) in enumerate(told)
    ]
    return Made(of, tuple(events))


def grown(story: Story, dice: random.Random, first: int, number: int, fork: str = "") -> list[Made]:
    """So many blocks from `first` on, some of them without events."""
    made = []
    for height in range(first, first + number):
        told = [event for _ in range(dice.choice((0, 1, 1, 3))) for event in story.transaction()]
        made.append(mined(told, height, fork))
    return made


def apply(store: Store, made: Sequence[Made], latest: int = 0) -> None:
    """In one piece, of a chain whose last block is `latest`."""
    if made:
        store.apply([event for one in made for event in one.events], made[-1].block, latest=latest)


def pieces(dice: random.Random, made: Sequence[Made]) -> Iterator[Sequence[Made]]:
    start = 0
    while start < len(made):
        size = dice.choice((1, 1, 2, 5, 40))
        yield made[start : start + size]
        start += size


def dump(store: Store, tables: Sequence[Table] = (*DERIVED, *LOG)) -> dict[str, list[dict[str, Any]]]:
    """Every row that is a function of the chain's logs, by table."""
    return {
        table.name: [dict(row) for row in store.rows(select(table).order_by(*table.primary_key.columns))]
        for table in tables
    }


def moved(event: Event, **changes: Any) -> Event:
    return event._replace(**changes)
