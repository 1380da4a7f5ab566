"""Datasets: versions, offers, provenance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from biodesci.api.present import values
from biodesci.api.schemas.datasets import (
    Container,
    DatasetAnswer,
    DatasetSummary,
    DatasetVersion,
    Descent,
    Disease,
    Mandate,
    Offer,
    PermittedDiseases,
)
from biodesci.core.documents.published_card import PublishedCard, number
from biodesci.core.onchain import utc
from biodesci.index import queries
from biodesci.index.changes.datasets import ACCEPTED
from biodesci.index.database import Store
from biodesci.index.queries import Row

_KEYWORDS: Final = 256


def dataset_summaries(store: Store, rows: Sequence[Row], gateway: str) -> list[DatasetSummary]:
    """Rows of datasets as lists show them, in their order, with their offers; `gateway` is an IPFS
    gateway's URL."""
    offers: dict[int, list[Offer]] = defaultdict(list)
    for offered in queries.offers(store, *(row["id"] for row in rows)):
        offers[offered["dataset_id"]].append(offer(offered))
    behind = queries.behind(store, (row["owner"] for row in rows))
    return [
        DatasetSummary(
            **_summary_fields(row, offers[row["id"]], gateway),
            institution=values.institution(behind.get(row["owner"])),
        )
        for row in rows
    ]


def dataset_answer(store: Store, row: Row, gateway: str) -> DatasetAnswer:
    """One dataset with its card, versions, offers, relations and events, as of the last block read."""
    related = queries.related(store, row["id"])
    offers = [offer(offered) for offered in queries.offers(store, row["id"])]
    card = values.document(queries.document(store, row["card"], "card"))
    fields = _summary_fields(row, offers, gateway)
    if card is not None:
        fields["description"] = PublishedCard(card).description(values.DESCRIPTION)
        fields["keywords"] = PublishedCard(card).keywords(_KEYWORDS)
    return DatasetAnswer(
        **fields,
        institution=values.institution(queries.behind(store, [row["owner"]]).get(row["owner"])),
        roles=[mandate(one) for one in queries.roles(store, row["id"])],
        card=card,
        versions=[dataset_version(v, gateway) for v in queries.versions(store, row["id"])],
        all_offers=offers,
        parents=[Descent(id=one.id, proven=one.proven) for one in related.parents],
        children=[Descent(id=one.id, proven=one.proven) for one in related.children],
        licenses=related.licenses,
        rounds=related.rounds,
        activity=values.activities(store, "dataset", row["id"]),
        as_of=queries.as_of(store),
    )


def _summary_fields(row: Row, offers: list[Offer], gateway: str) -> dict[str, Any]:
    fields = _card_fields(row["body"], gateway)
    return {
        **fields,
        "id": row["id"],
        "owner": row["owner"],
        "name": fields["name"] or f"Dataset {row['id']}",
        "latest_version": row["latest_version"],
        "withdrawn": row["withdrawn_at"] is not None,
        "terms": values.terms(row["terms"]),
        "published_at": utc(row["published_at"]),
        "updated_at": utc(row["updated_at"]),
        "offers": [one for one in offers if one.open],
        "unreadable": row["reason"],
    }


@lru_cache(4_096)
def _card_fields(body: str | None, gateway: str) -> dict[str, Any]:
    """What lists show of a card, by its summary, which is short."""
    card = values.card(body)
    file = container(card, gateway)
    return {
        "name": card.name,
        "description": card.description(values.DESCRIPTION),
        "keywords": card.keywords(_KEYWORDS),
        "records": card.records,
        "encoding_format": file.encoding_format if file else None,
        "size": file.size if file else None,
    }


def mandate(row: Row) -> Mandate:
    """A role that the owner proposed to an account, and whether that account accepted it."""
    return Mandate(role=values.ROLES[row["role"]], account=row["account"], accepted=row["state"] == ACCEPTED)


def dataset_version(row: Row, gateway: str) -> DatasetVersion:
    """One published version; `container` is null where its card could not be read or names no file."""
    card = values.card(row["body"])
    return DatasetVersion(
        version=row["version"],
        card=values.content(row["card"]),
        content_root=row["content_root"],
        key_commitment=row["key_commitment"],
        terms=values.terms(row["terms"]),
        diseases=permitted(row["diseases"], card),
        published_at=utc(row["published_at"]),
        withdrawn_at=values.maybe_when(row["withdrawn_at"]),
        withdrawn_with=row["withdrawn_with"],
        container=container(card, gateway),
        unreadable=row["reason"],
        block=row["block"],
        tx_hash=row["tx_hash"],
    )


def permitted(root: str | None, card: PublishedCard) -> PermittedDiseases | None:
    """The diseases that a version permits: the root that is on chain, with the names that its card gives.

    Null without a root: then a person judges.
    """
    if root is None:
        return None
    diseases = card.diseases
    if diseases is None:
        return PermittedDiseases(root=root, named=[], ontology=None)
    named = [Disease(id=one.id, name=one.name) for one in diseases.named]
    return PermittedDiseases(root=root, named=named, ontology=diseases.ontology)


def offer(row: Row) -> Offer:
    """An offer as the chain holds it: prices as decimal strings, durations and windows in seconds."""
    return _offer(tuple(row.items()))


@lru_cache(8_192)
def _offer(columns: tuple[tuple[str, Any], ...]) -> Offer:
    row = dict(columns)
    return Offer(
        id=row["id"],
        dataset_id=row["dataset_id"],
        right=values.RIGHTS[row["right"]],
        price=str(row["price"]),
        currency=values.currency(row),
        visas=values.visas(row["visas"]),
        pro_rata=bool(row["pro_rata"]),
        duration=row["duration"],
        uses=row["uses"],
        delivery_window=row["delivery_window"],
        dispute_window=row["dispute_window"],
        arbiter=values.arbiter(row),
        conditions=values.conditions(row),
        open=bool(row["open"]),
    )


def container(card: PublishedCard, gateway: str) -> Container | None:
    """Where the encrypted file of a card lies, and its sizes in bytes; null without a valid CID in the
    card. A private one is at its owner's server alone: there is no way to it by the gateway."""
    file = card.file
    digest = file.content if file is not None else None
    if file is None or digest is None:
        return None
    content = values.content("0x" + digest.hex())
    return Container(
        content=content,
        url=f"{gateway}/ipfs/{content.cid}" if file.served_at is None else None,
        served_at=file.served_at or None,
        size=number(file.size) or 0,
        plaintext_size=number(file.plaintext_size),
        segment_size=number(file.segment_size),
        encoding_format=file.encoding_format or "application/octet-stream",
        file_name=file.name or f"dataset-{content.cid[-8:]}",
        sha256=file.sha256 or "",
    )
