"""Licences, with what their dataset, offer and visas say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select

from biodesci.core.onchain import LicenseState
from biodesci.index import tables as t
from biodesci.index.changes.datasets import ACCEPTED
from biodesci.index.database import Store
from biodesci.index.queries.pages import Row, page, with_currency

_visa_revoked_at: Final = (
    select(func.min(t.license_visas.c.revoked_at))
    .where(t.license_visas.c.license_id == t.licenses.c.id)
    .scalar_subquery()
)
_LICENSES: Final = with_currency(
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
        t.offers.c.delivery_window,
        t.offers.c.dispute_window,
        t.showings.c.expires.label("visas_expire"),
        _visa_revoked_at.label("visa_revoked_at"),
    )
    .select_from(t.licenses)
    .join(t.datasets, t.datasets.c.id == t.licenses.c.dataset_id)
    .join(t.offers, t.offers.c.id == t.licenses.c.offer_id)
    .join(
        t.versions,
        and_(
            t.versions.c.dataset_id == t.licenses.c.dataset_id, t.versions.c.version == t.licenses.c.version
        ),
    )
    .outerjoin(t.showings, t.showings.c.license_id == t.licenses.c.id)
    .outerjoin(t.summaries, and_(t.summaries.c.digest == t.versions.c.card, t.summaries.c.kind == "card"))
)
_BY: Final = {
    "licensee": t.licenses.c.licensee,
    "arbiter": t.licenses.c.arbiter,
    "dataset": t.licenses.c.dataset_id,
}
_LICENSE: Final = _LICENSES.where(t.licenses.c.id == bindparam("id"))


@dataclass(frozen=True)
class Whose:
    """Which licences are asked for. Addresses are checksummed, as events have them; empty, and 0: any."""

    licensee: str = ""
    arbiter: str = ""
    dataset: int = 0


def licenses(store: Store, whose: Whose, *, before: int, limit: int) -> Sequence[Row]:
    """Those of a licensee, of offers that name an arbiter, of a dataset."""
    wanted = asdict(whose)
    query = _license_page(tuple(name for name, value in wanted.items() if value))
    return store.rows(query, {"before": before, "limit": limit, **wanted})


@cache
def _license_page(by: tuple[str, ...]) -> Select[Any]:
    # "Any, or this one" in one statement would keep databases from their indices.
    query = page(_LICENSES, t.licenses.c.id)
    for name in by:
        query = query.where(_BY[name] == bindparam(name))
    return query


def license(store: Store, license_id: int) -> Row | None:
    """With what its dataset, its offer and its visas say of it."""
    return store.row(_LICENSE, {"id": license_id})


_HANDLES: Final = exists().where(
    t.roles.c.dataset_id == t.datasets.c.id,
    t.roles.c.handovers == t.datasets.c.handovers,
    t.roles.c.account == bindparam("account"),
    t.roles.c.state == ACCEPTED,
)
_WAITING: Final = _LICENSES.where(t.licenses.c.state == bindparam("state")).order_by(t.licenses.c.id)
_OF_STEWARD: Final = _WAITING.where(or_(t.datasets.c.owner == bindparam("account"), _HANDLES)).limit(100)
_OF_ARBITER: Final = _WAITING.where(t.licenses.c.arbiter == bindparam("account")).limit(100)


def waiting(store: Store, account: str, state: LicenseState) -> Sequence[Row]:
    """The first hundred in a state that wait for an account: disputes for their arbiter, all else for the
    dataset's owner and for who accepted a role of it."""
    query = _OF_ARBITER if state is LicenseState.DISPUTED else _OF_STEWARD
    return store.rows(query, {"account": account, "state": int(state)})
