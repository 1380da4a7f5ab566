"""Inferences, and what auditors attested of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, or_, select

from biodesci.index import tables as t
from biodesci.index.database import Store
from biodesci.index.queries.pages import Row, checksummed, page

_INFERENCES: Final = (
    select(t.inferences, t.model_versions.c.weights_root)
    .select_from(t.inferences)
    .outerjoin(
        t.model_versions,
        and_(
            t.model_versions.c.model_id == t.inferences.c.model_id,
            t.model_versions.c.version == t.inferences.c.version,
        ),
    )
)


_INFERENCE: Final = _INFERENCES.where(t.inferences.c.id == bindparam("id"))


def inferences(store: Store, *, before: int, limit: int, model_id: int, account: str) -> Sequence[Row]:
    """`account` is requester or worker; empty, and 0 for the model: any."""
    query = _inference_page(of_model=bool(model_id), of_account=bool(account))
    return store.rows(
        query, {"before": before, "limit": limit, "model": model_id, "account": checksummed(account)}
    )


@cache
def _inference_page(*, of_model: bool, of_account: bool) -> Select[Any]:
    asked = t.inferences.c
    query = page(_INFERENCES, asked.id)
    if of_model:
        query = query.where(asked.model_id == bindparam("model"))
    if of_account:
        query = query.where(
            or_(asked.requester == bindparam("account"), asked.worker == bindparam("account"))
        )
    return query


def inference(store: Store, request_id: int) -> Row | None:
    """With the root of the weights that it is to be computed with."""
    return store.row(_INFERENCE, {"id": request_id})


_ATTESTATIONS: Final = (
    select(t.attestations)
    .where(t.attestations.c.request_id == bindparam("id"))
    .order_by(t.attestations.c.block, t.attestations.c.log_index)
)


def attestations(store: Store, request_id: int) -> Sequence[Row]:
    """What auditors said of an inference, the oldest first."""
    return store.rows(_ATTESTATIONS, {"id": request_id})
