"""The event log as timelines: of one thing, and of all datasets, licences, models, rounds and inferences."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, tuple_, union_all

from biodesci.chain.currency import ETHER, Currency
from biodesci.index import tables as t
from biodesci.index.accounts import Account
from biodesci.index.database import Store
from biodesci.index.queries import Row

Kind = Literal["dataset", "license", "model", "round", "inference"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
AssetKind = Literal["dataset", "model"]

_newest_first: Final = (t.events.c.block_number.desc(), t.events.c.log_index.desc())
_OF_ONE: Final = (
    select(t.events)
    .where(t.events.c.kind == bindparam("kind"), t.events.c.subject == bindparam("subject"))
    .order_by(*_newest_first)
    .limit(bindparam("limit"))
)


def of_one(store: Store, kind: str, key: int | str, limit: int = 200) -> Sequence[Row]:
    """Events about one thing, newest first."""
    return store.rows(_OF_ONE, {"kind": kind, "subject": str(key), "limit": limit})


_TOKENS: Final = select(t.tokens.c.address, t.tokens.c.symbol, t.tokens.c.decimals).where(
    t.tokens.c.address.in_(bindparam("addresses", expanding=True))
)


def accounts(row: Row) -> list[Account]:
    """The accounts of a row of `events`."""
    return [Account.of(one) for one in json.loads(row["accounts"])]


def currencies(store: Store, rows: Iterable[Row]) -> dict[str, Currency]:
    """What the accounts of rows of `events` are credited in, by its address.

    Of an ERC-20 what it said of itself when the index asked it, which may be after the event.
    """
    paid_in = {one.money.currency for row in rows for one in accounts(row) if one.money is not None}
    found = {address: Currency(address, None, None) for address in paid_in - {ETHER}}
    for row in store.rows(_TOKENS, {"addresses": sorted(found)}) if found else ():
        found[row["address"]] = Currency(row["address"], row["symbol"], row["decimals"])
    return {**found, ETHER: Currency(ETHER, "ETH", 18)}


class Place(NamedTuple):
    """Where an event stands in the chain."""

    block: int
    log_index: int


END: Final = Place(2**62, 0)  # after every event


@dataclass(frozen=True)
class Asset:
    """A dataset or a model; its name is that of its latest card, None where no card could be read."""

    kind: AssetKind
    id: int
    name: str | None


@dataclass(frozen=True)
class Entry:
    """A row of `events` that is about the `id`-th of its kind, and the asset that this belongs to.

    `currencies` has those that the row's accounts are credited in.
    """

    row: Row
    kind: Kind
    id: int
    asset: Asset | None
    currencies: Mapping[str, Currency]

    @property
    def place(self) -> Place:
        """What the next page begins after."""
        return Place(self.row["block_number"], self.row["log_index"])


def page(store: Store, *, kinds: Iterable[Kind], before: Place, limit: int) -> list[Entry]:
    """Events about things of these kinds that stand before a place, newest first, at most `limit`.

    Takes seven statements at most, however many things the events are about.
    """
    chosen = tuple(kind for kind in KINDS if kind in set(kinds))
    if not chosen:
        return []
    place = {"block": before.block, "log_index": before.log_index, "limit": limit}
    rows = store.rows(_page_of(chosen), place)
    about: dict[Kind, set[int]] = defaultdict(set)
    for row in rows:
        about[row["kind"]].add(int(row["subject"]))
    belongs: dict[tuple[Kind, int], tuple[AssetKind, int]] = {
        (kind, id_): (kind, id_) for kind in ("dataset", "model") for id_ in about[kind]
    }
    for kind, query, asset_kind in _BELONGS:
        for row in store.rows(query, {"ids": about[kind]}) if about[kind] else ():
            belongs[kind, row["id"]] = (asset_kind, row["asset_id"])
    names: dict[tuple[AssetKind, int], str | None] = {}
    for asset_kind, query in _NAMES:
        wanted = {id_ for kind, id_ in belongs.values() if kind == asset_kind}
        for row in store.rows(query, {"ids": wanted}) if wanted else ():
            names[asset_kind, row["id"]] = row["name"]
    paid_in = currencies(store, rows)

    def entry(row: Row) -> Entry:
        kind, id_ = row["kind"], int(row["subject"])
        asset = belongs.get((kind, id_))
        return Entry(row, kind, id_, Asset(*asset, names.get(asset)) if asset else None, paid_in)

    return [entry(row) for row in rows]


@cache
def _page_of(kinds: tuple[Kind, ...]) -> Select[Any]:
    # The newest of each kind, then of those together: each part is read in the order of an index, which
    # "any of these kinds" in one statement would not be.
    place = tuple_(t.events.c.block_number, t.events.c.log_index)
    before = tuple_(bindparam("block"), bindparam("log_index"))
    parts = (
        select(t.events)
        .where(t.events.c.kind == kind, place < before)
        .order_by(*_newest_first)
        .limit(bindparam("limit"))
        .subquery()
        for kind in kinds
    )
    together = union_all(*(select(part) for part in parts)).subquery()
    return (
        select(together)
        .order_by(together.c.block_number.desc(), together.c.log_index.desc())
        .limit(bindparam("limit"))
    )


def _belongs(id_: ColumnElement[int], asset_id: ColumnElement[int]) -> Select[int, int]:
    return select(id_, asset_id.label("asset_id")).where(id_.in_(bindparam("ids", expanding=True)))


_BELONGS: Final[tuple[tuple[Kind, Select[int, int], AssetKind], ...]] = (
    ("license", _belongs(t.licenses.c.id, t.licenses.c.dataset_id), "dataset"),
    ("round", _belongs(t.rounds.c.id, t.rounds.c.model_id), "model"),
    ("inference", _belongs(t.inferences.c.id, t.inferences.c.model_id), "model"),
)
_DATASET_NAMES: Final = (
    select(t.datasets.c.id, t.summaries.c.name)
    .select_from(t.datasets)
    .join(
        t.versions,
        and_(t.versions.c.dataset_id == t.datasets.c.id, t.versions.c.version == t.datasets.c.latest_version),
    )
    .join(t.summaries, and_(t.summaries.c.digest == t.versions.c.card, t.summaries.c.kind == "card"))
    .where(t.datasets.c.id.in_(bindparam("ids", expanding=True)))
)
_MODEL_NAMES: Final = (
    select(t.models.c.id, t.summaries.c.name)
    .select_from(t.models)
    .join(t.summaries, and_(t.summaries.c.digest == t.models.c.card, t.summaries.c.kind == "model"))
    .where(t.models.c.id.in_(bindparam("ids", expanding=True)))
)
_NAMES: Final[tuple[tuple[AssetKind, Select[Any]], ...]] = (
    ("dataset", _DATASET_NAMES),
    ("model", _MODEL_NAMES),
)
