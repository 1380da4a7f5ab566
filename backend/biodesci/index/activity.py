"""The event log as timelines: of one thing, and of all datasets, licences, models, rounds and inferences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, tuple_, union_all

from biodesci.index import tables as t
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
    """A row of `events` that is about the `id`-th of its kind, and the asset that this belongs to."""

    row: Row
    kind: Kind
    id: int
    asset: Asset | None

    @property
    def place(self) -> Place:
        """What the next page begins after."""
        return Place(self.row["block_number"], self.row["log_index"])


def page(store: Store, *, kinds: Iterable[Kind], before: Place, limit: int) -> list[Entry]:
    """Events about things of these kinds that stand before a place, newest first, at most `limit`.

    Takes six statements at most, however many things the events are about.
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
    return [_entry(row, belongs, names) for row in rows]


def _entry(
    row: Row,
    belongs: dict[tuple[Kind, int], tuple[AssetKind, int]],
    names: dict[tuple[AssetKind, int], str | None],
) -> Entry:
    kind, id_ = row["kind"], int(row["subject"])
    asset = belongs.get((kind, id_))
    return Entry(row, kind, id_, Asset(*asset, names.get(asset)) if asset else None)


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
