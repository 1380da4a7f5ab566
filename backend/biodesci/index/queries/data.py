"""Datasets, their versions and offers, and what they have to do with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, select, union_all

from biodesci.index import search
from biodesci.index import tables as t
from biodesci.index.database import Store
from biodesci.index.queries.pages import Row, checksummed, page, with_card, with_currency
from biodesci.index.search import Question

_DATASETS: Final = with_card(
    select(
        t.datasets,
        t.versions.c.card,
        t.versions.c.terms,
        t.versions.c.withdrawn_at,
        t.versions.c.withdrawn_with,
    )
    .select_from(t.datasets)
    .join(
        t.versions,
        and_(t.versions.c.dataset_id == t.datasets.c.id, t.versions.c.version == t.datasets.c.latest_version),
    ),
    t.versions.c.card,
    "card",
)
_DATASET: Final = _DATASETS.where(t.datasets.c.id == bindparam("id"))
_PROVEN: Final = literal(1)


def datasets(store: Store, *, before: int, limit: int, text: str, owner: str) -> Sequence[Row]:
    """`text` is looked for in the latest card's name and the first of its description and keywords, as it
    stands, but for upper and lower case; `owner` is an address in any case, or empty."""
    owner = checksummed(owner)
    if not text:
        query = _dataset_page(of_owner=bool(owner))
        return store.rows(query, {"before": before, "limit": limit, "owner": owner})
    with store.snapshot() as connection:
        ids = search.datasets_with(connection, Question(text, before, limit, owner))
        return store.rows(_SOME, {"ids": ids}) if ids else []


@cache
def _dataset_page(*, of_owner: bool) -> Select[Any]:
    query = page(_DATASETS, t.datasets.c.id)
    return query.where(t.datasets.c.owner == bindparam("owner")) if of_owner else query


_SOME: Final = _DATASETS.where(t.datasets.c.id.in_(bindparam("ids", expanding=True))).order_by(
    t.datasets.c.id.desc()
)


def dataset(store: Store, dataset_id: int) -> Row | None:
    """With its latest version."""
    return store.row(_DATASET, {"id": dataset_id})


_VERSIONS: Final = (
    with_card(select(t.versions), t.versions.c.card, "card")
    .where(t.versions.c.dataset_id == bindparam("id"))
    .order_by(t.versions.c.version.desc())
)


def versions(store: Store, dataset_id: int) -> Sequence[Row]:
    """Of a dataset, the newest first."""
    return store.rows(_VERSIONS, {"id": dataset_id})


_OFFERS: Final = (
    with_currency(select(t.offers).select_from(t.offers))
    .where(t.offers.c.dataset_id.in_(bindparam("datasets", expanding=True)))
    .order_by(t.offers.c.id)
)


def offers(store: Store, *dataset_ids: int) -> Sequence[Row]:
    """Open and closed ones."""
    return store.rows(_OFFERS, {"datasets": dataset_ids})


def _related(
    kind: str, column: ColumnElement[int], of: ColumnElement[int], proven: ColumnElement[int] = _PROVEN
) -> Select[str, int, int]:
    """Each number once."""
    return (
        select(literal(kind).label("kind"), column.label("number"), proven.label("proven"))
        .where(of == bindparam("dataset"))
        .distinct()
    )


_ROLES: Final = (
    select(t.roles)
    .join(
        t.datasets,
        (t.datasets.c.id == t.roles.c.dataset_id) & (t.datasets.c.handovers == t.roles.c.handovers),
    )
    .where(t.roles.c.dataset_id == bindparam("dataset"), t.roles.c.state > 0)
    .order_by(t.roles.c.role, t.roles.c.account)
)


def roles(store: Store, dataset_id: int) -> Sequence[Row]:
    """Whom the owner proposed for which role; `state` 2 says that the account accepted."""
    return store.rows(_ROLES, {"dataset": dataset_id})


_RELATED: Final = union_all(
    _related("parent", t.parents.c.parent, t.parents.c.dataset_id, t.parents.c.proven),
    _related("child", t.parents.c.dataset_id, t.parents.c.parent, t.parents.c.proven),
    _related("round", t.enrolments.c.round_id, t.enrolments.c.dataset_id),
    _related("sold", func.count(), t.licenses.c.dataset_id),
).order_by("number")


@dataclass(frozen=True)
class Descent:
    """A dataset that another comes from, or that comes from it; not `proven`, its publisher only says so."""

    id: int
    proven: bool


@dataclass(frozen=True)
class Related:
    """Numbers of what a dataset has to do with; `licenses` is how many were sold."""

    parents: list[Descent]
    children: list[Descent]
    rounds: list[int]
    licenses: int


def related(store: Store, dataset_id: int) -> Related:
    """What a dataset comes from, what comes from it, and who used it."""
    numbers: dict[str, list[int]] = defaultdict(list)
    lines: dict[str, dict[int, bool]] = {"parent": {}, "child": {}}
    for row in store.rows(_RELATED, {"dataset": dataset_id}):
        kind, number = row["kind"], row["number"]
        if kind in lines:
            # In several versions, it is proven if one of them is.
            lines[kind][number] = bool(row["proven"]) or lines[kind].get(number, False)
        else:
            numbers[kind].append(number)
    parents, children = ([Descent(*one) for one in lines[kind].items()] for kind in lines)
    return Related(parents, children, numbers["round"], *numbers["sold"])
