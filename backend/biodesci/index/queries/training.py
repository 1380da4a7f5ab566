"""Models, their versions and codecs, and their rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from biodesci.index import tables as t
from biodesci.index.database import Store
from biodesci.index.queries.pages import Row, number_of, page, with_card

_MODELS: Final = with_card(
    select(
        t.models,
        number_of(t.rounds.c.model_id == t.models.c.id).label("rounds"),
        number_of(t.inferences.c.model_id == t.models.c.id).label("inferences"),
    ).select_from(t.models),
    t.models.c.card,
    "model",
)
_MODEL_PAGE: Final = page(_MODELS, t.models.c.id)
_MODEL: Final = _MODELS.where(t.models.c.id == bindparam("id"))


def models(store: Store, *, before: int, limit: int) -> Sequence[Row]:
    """Each with the number of its rounds and inferences."""
    return store.rows(_MODEL_PAGE, {"before": before, "limit": limit})


def model(store: Store, model_id: int) -> Row | None:
    """With the number of its rounds and inferences."""
    return store.row(_MODEL, {"id": model_id})


_MODEL_VERSIONS: Final = (
    select(t.model_versions)
    .where(t.model_versions.c.model_id == bindparam("id"))
    .order_by(t.model_versions.c.version.desc())
)


def model_versions(store: Store, model_id: int) -> Sequence[Row]:
    """The newest first."""
    return store.rows(_MODEL_VERSIONS, {"id": model_id})


_CODECS: Final = (
    select(t.codecs)
    .where(t.codecs.c.model_id == bindparam("id"))
    .order_by(t.codecs.c.block, t.codecs.c.account, t.codecs.c.kind)
)


def codecs(store: Store, model_id: int) -> Sequence[Row]:
    """What was granted to whom, in the order of the grants."""
    return store.rows(_CODECS, {"id": model_id})


_ROUNDS: Final = select(
    t.rounds,
    number_of(t.enrolments.c.round_id == t.rounds.c.id).label("enrolled"),
    number_of(t.enrolments.c.round_id == t.rounds.c.id, t.enrolments.c.commitment.is_not(None)).label(
        "committed"
    ),
).select_from(t.rounds)
_ROUNDS_OF: Final = _ROUNDS.where(t.rounds.c.model_id == bindparam("id")).order_by(t.rounds.c.id.desc())
_ROUND: Final = _ROUNDS.where(t.rounds.c.id == bindparam("id"))


def rounds_of(store: Store, model_id: int) -> Sequence[Row]:
    """A model's, the newest first, each with the number of its nodes and of those that committed."""
    return store.rows(_ROUNDS_OF, {"id": model_id})


def round_(store: Store, round_id: int) -> Row | None:
    """With the number of its nodes and of those that committed."""
    return store.row(_ROUND, {"id": round_id})


_ENROLMENTS: Final = (
    select(t.enrolments).where(t.enrolments.c.round_id == bindparam("id")).order_by(t.enrolments.c.index)
)
_TOOK_PART: Final = (
    select(t.enrolments)
    .join(t.rounds, t.rounds.c.id == t.enrolments.c.round_id)
    .where(t.enrolments.c.summed == 1, t.rounds.c.model_id == bindparam("id"))
    .order_by(t.enrolments.c.round_id, t.enrolments.c.index)
)


def enrolments(store: Store, round_id: int) -> Sequence[Row]:
    """A round's, in the order of the roster."""
    return store.rows(_ENROLMENTS, {"id": round_id})


def took_part(store: Store, model_id: int) -> Sequence[Row]:
    """Enrolments of a model's rounds whose updates were summed."""
    return store.rows(_TOOK_PART, {"id": model_id})
