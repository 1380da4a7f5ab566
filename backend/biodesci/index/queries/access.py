"""Licences, with what their dataset, offer and visas say of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, exists, select

from biodesci.index import tables as t
from biodesci.index.database import Store
from biodesci.index.queries.pages import Row, page

_is_any_visa_revoked: Final = (
    exists()
    .where(t.showings.c.license_id == t.licenses.c.id)
    .where(
        t.license_visas.c.license_id == t.showings.c.license_id,
        t.license_visas.c.block == t.showings.c.block,
        t.license_visas.c.log_index == t.showings.c.log_index,
        t.license_visas.c.revoked == 1,
    )
)
_LICENSES: Final = (
    select(
        t.licenses,
        t.datasets.c.owner,
        t.versions.c.content_root,
        t.versions.c.key_commitment,
        t.versions.c.withdrawn_at,
        t.summaries.c.name.label("card_name"),
        t.summaries.c.body,
        t.offers.c.currency,
        t.offers.c.visas,
        t.offers.c.pro_rata,
        t.offers.c.duration,
        t.offers.c.uses,
        t.currencies.c.symbol,
        t.currencies.c.decimals,
        _is_any_visa_revoked.label("lapsed"),
    )
    .select_from(t.licenses)
    .join(t.datasets, t.datasets.c.id == t.licenses.c.dataset_id)
    .join(t.offers, t.offers.c.id == t.licenses.c.offer_id)
    .join(t.currencies, t.currencies.c.address == t.offers.c.currency)
    .join(
        t.versions,
        and_(
            t.versions.c.dataset_id == t.licenses.c.dataset_id, t.versions.c.version == t.licenses.c.version
        ),
    )
    .outerjoin(t.summaries, and_(t.summaries.c.digest == t.versions.c.card, t.summaries.c.kind == "card"))
)
_LICENSE: Final = _LICENSES.where(t.licenses.c.id == bindparam("id"))


def licenses(store: Store, *, before: int, limit: int, licensee: str, dataset_id: int) -> Sequence[Row]:
    """`licensee` is a checksummed address, as events have it; empty, and 0 for the dataset: any."""
    query = _license_page(of_licensee=bool(licensee), of_dataset=bool(dataset_id))
    return store.rows(query, {"before": before, "limit": limit, "licensee": licensee, "dataset": dataset_id})


@cache
def _license_page(*, of_licensee: bool, of_dataset: bool) -> Select[Any]:
    # "Any, or this one" in one statement would keep databases from their indices.
    query = page(_LICENSES, t.licenses.c.id)
    if of_licensee:
        query = query.where(t.licenses.c.licensee == bindparam("licensee"))
    if of_dataset:
        query = query.where(t.licenses.c.dataset_id == bindparam("dataset"))
    return query


def license(store: Store, license_id: int) -> Row | None:
    """With what its dataset, its offer and its visas say of it."""
    return store.row(_LICENSE, {"id": license_id})
