"""What readers ask of the index, as rows by column name. Pages go from new to old, by id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from biodesci.index import tables as t
from biodesci.index.database import Store

Row = RowMapping
_COUNTED: Final = (t.datasets, t.licenses, t.models, t.rounds, t.inferences, t.events, t.unreadable)


def as_of(store: Store) -> int:
    """The number of the last block that was read."""
    cursor = store.cursor()
    return cursor.number if cursor else 0


def _with_card(query: Select[Any], card: ColumnElement[str], kind: str) -> Select[Any]:
    """With the summary of each row's card (`body`), and why a card could not be read (`reason`)."""
    summary = and_(t.summaries.c.digest == card, t.summaries.c.kind == kind)
    failure = and_(t.unreadable.c.digest == card, t.unreadable.c.kind == kind)
    return (
        query.add_columns(t.summaries.c.body, t.unreadable.c.reason)
        .outerjoin(t.summaries, summary)
        .outerjoin(t.unreadable, failure)
    )


def _page(query: Select[Any], id_: ColumnElement[int]) -> Select[Any]:
    return query.where(id_ < bindparam("before")).order_by(id_.desc()).limit(bindparam("limit"))


def _number_of(*where: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of another table belong to each row."""
    return select(func.count()).where(*where).scalar_subquery()


_DATASETS: Final = _with_card(
    select(t.datasets, t.versions.c.card, t.versions.c.terms, t.versions.c.withdrawn_at)
    .select_from(t.datasets)
    .join(
        t.versions,
        and_(t.versions.c.dataset_id == t.datasets.c.id, t.versions.c.version == t.datasets.c.latest_version),
    ),
    t.versions.c.card,
    "card",
)
_DATASET: Final = _DATASETS.where(t.datasets.c.id == bindparam("id"))
_LITERALLY: Final = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def datasets(store: Store, *, before: int, limit: int, text: str, owner: str) -> Sequence[Row]:
    """`text` is looked for in the latest card's name and the first of its description and keywords."""
    query = _dataset_page(of_owner=bool(owner), with_text=bool(text))
    # As summaries have what is searched.
    wanted = text.replace("\0", " ").casefold().translate(_LITERALLY)
    return store.rows(
        query, {"before": before, "limit": limit, "owner": owner.lower(), "pattern": f"%{wanted}%"}
    )


@cache
def _dataset_page(*, of_owner: bool, with_text: bool) -> Select[Any]:
    query = _page(_DATASETS, t.datasets.c.id)
    if of_owner:
        query = query.where(func.lower(t.datasets.c.owner) == bindparam("owner"))
    if with_text:
        query = query.where(t.summaries.c.searched.like(bindparam("pattern"), escape="\\"))
    return query


def dataset(store: Store, dataset_id: int) -> Row | None:
    """With its latest version."""
    return store.row(_DATASET, {"id": dataset_id})


_VERSIONS: Final = (
    _with_card(select(t.versions), t.versions.c.card, "card")
    .where(t.versions.c.dataset_id == bindparam("id"))
    .order_by(t.versions.c.version.desc())
)


def versions(store: Store, dataset_id: int) -> Sequence[Row]:
    """Of a dataset, the newest first."""
    return store.rows(_VERSIONS, {"id": dataset_id})


_OFFERS: Final = (
    select(t.offers, t.currencies.c.symbol, t.currencies.c.decimals)
    .select_from(t.offers)
    .join(t.currencies, t.currencies.c.address == t.offers.c.currency)
    .where(t.offers.c.dataset_id.in_(bindparam("datasets", expanding=True)))
    .order_by(t.offers.c.id)
)


def offers(store: Store, *dataset_ids: int) -> Sequence[Row]:
    """Open and closed ones."""
    return store.rows(_OFFERS, {"datasets": dataset_ids})


def _related(kind: str, column: ColumnElement[int], of: ColumnElement[int]) -> Select[str, int]:
    """Each number once."""
    return (
        select(literal(kind).label("kind"), column.label("number"))
        .where(of == bindparam("dataset"))
        .distinct()
    )


_RELATED: Final = union_all(
    _related("parent", t.parents.c.parent, t.parents.c.dataset_id),
    _related("child", t.parents.c.dataset_id, t.parents.c.parent),
    _related("round", t.enrolments.c.round_id, t.enrolments.c.dataset_id),
    _related("sold", func.count(), t.licenses.c.dataset_id),
).order_by("number")


@dataclass(frozen=True)
class Related:
    """Numbers of what a dataset has to do with; `licenses` is how many were sold."""

    parents: list[int]
    children: list[int]
    rounds: list[int]
    licenses: int


def related(store: Store, dataset_id: int) -> Related:
    """What a dataset comes from, what comes from it, and who used it."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in store.rows(_RELATED, {"dataset": dataset_id}):
        numbers[row["kind"]].append(row["number"])
    return Related(numbers["parent"], numbers["child"], numbers["round"], *numbers["sold"])


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
    query = _page(_LICENSES, t.licenses.c.id)
    if of_licensee:
        query = query.where(t.licenses.c.licensee == bindparam("licensee"))
    if of_dataset:
        query = query.where(t.licenses.c.dataset_id == bindparam("dataset"))
    return query


def license(store: Store, license_id: int) -> Row | None:
    """With what its dataset, its offer and its visas say of it."""
    return store.row(_LICENSE, {"id": license_id})


_MODELS: Final = _with_card(
    select(
        t.models,
        _number_of(t.rounds.c.model_id == t.models.c.id).label("rounds"),
        _number_of(t.inferences.c.model_id == t.models.c.id).label("inferences"),
    ).select_from(t.models),
    t.models.c.card,
    "model",
)
_MODEL_PAGE: Final = _page(_MODELS, t.models.c.id)
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
    _number_of(t.enrolments.c.round_id == t.rounds.c.id).label("enrolled"),
    _number_of(t.enrolments.c.round_id == t.rounds.c.id, t.enrolments.c.commitment.is_not(None)).label(
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
    .where(t.enrolments.c.commitment.is_not(None), t.rounds.c.model_id == bindparam("id"))
    .order_by(t.enrolments.c.round_id, t.enrolments.c.index)
)


def enrolments(store: Store, round_id: int) -> Sequence[Row]:
    """A round's, in the order of the roster."""
    return store.rows(_ENROLMENTS, {"id": round_id})


def took_part(store: Store, model_id: int) -> Sequence[Row]:
    """Enrolments of a model's rounds that ended in a commitment."""
    return store.rows(_TOOK_PART, {"id": model_id})


_DOCUMENT: Final = select(t.documents.c.body).where(
    t.documents.c.digest == bindparam("digest"), t.documents.c.kind == bindparam("kind")
)


def document(store: Store, digest: str | None, kind: str) -> str | None:
    """The JSON of a document, where it is named and could be read."""
    row = store.row(_DOCUMENT, {"digest": digest, "kind": kind}) if digest else None
    return str(row["body"]) if row else None


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
        query, {"before": before, "limit": limit, "model": model_id, "account": account.lower()}
    )


@cache
def _inference_page(*, of_model: bool, of_account: bool) -> Select[Any]:
    asked = t.inferences.c
    query = _page(_INFERENCES, asked.id)
    if of_model:
        query = query.where(asked.model_id == bindparam("model"))
    if of_account:
        parties = (func.lower(asked.requester), func.lower(asked.worker))
        query = query.where(or_(*(party == bindparam("account") for party in parties)))
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


_COUNTS: Final = select(
    *(select(func.count()).select_from(table).scalar_subquery().label(table.name) for table in _COUNTED)
)


def counts(store: Store) -> dict[str, int]:
    """How many rows some tables have."""
    row = store.row(_COUNTS)
    return dict(row) if row else {}
