"""Models: versions, codecs, lineage."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from biodesci.api.present import values
from biodesci.api.present.rounds import round_summary
from biodesci.api.schemas.models import CodecGrant, Lineage, ModelAnswer, ModelSummary, ModelVersion
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.onchain import utc
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.queries import Row


def model_summary(row: Row) -> ModelSummary:
    """A model as lists show it."""
    return ModelSummary(**_model_fields(row))


def model_answer(store: Store, row: Row) -> ModelAnswer:
    """One model with versions, rounds, codecs and lineage: what each version was made from, and by whom."""
    versions = queries.model_versions(store, row["id"])
    rounds = {r["id"]: r for r in queries.rounds_of(store, row["id"])}
    contributions: dict[int, list[Row]] = defaultdict(list)
    for enrolment in queries.took_part(store, row["id"]):
        contributions[enrolment["round_id"]].append(enrolment)
    lineage = []
    for version in versions:
        made_by = rounds.get(version["round_id"])
        took_part = contributions[made_by["id"]] if made_by else []
        previous = version["version"] - 1 or None
        lineage.append(
            Lineage(
                version=version["version"],
                base_version=made_by["base_version"] if made_by else previous,
                round_id=version["round_id"],
                datasets=sorted({e["dataset_id"] for e in took_part}),
                nodes=[e["node"] for e in took_part],
            )
        )
    card = values.document(queries.document(store, row["card"], "model"))
    fields = _model_fields(row)
    if card is not None:
        fields["description"] = PublishedCard(card).description(values.DESCRIPTION)
    return ModelAnswer(
        **fields,
        card=values.content(row["card"]),
        card_document=card,
        versions=[
            ModelVersion(
                version=v["version"],
                weights_root=v["weights_root"],
                weights=values.content(v["weights"]),
                round_id=v["round_id"],
                published_at=utc(v["published_at"]),
                block=v["block"],
                tx_hash=v["tx_hash"],
            )
            for v in versions
        ],
        round_list=[round_summary(r) for r in rounds.values()],
        codecs=[
            CodecGrant(
                account=c["account"],
                kind="inference" if c["kind"] else "training",
                envelope=values.content(c["envelope"]),
                block=c["block"],
            )
            for c in queries.codecs(store, row["id"])
        ],
        lineage=lineage,
        activity=values.activities(store, "model", row["id"]),
        as_of=queries.as_of(store),
    )


def _model_fields(row: Row) -> dict[str, Any]:
    card = values.card(row["body"])
    return {
        "id": row["id"],
        "owner": row["owner"],
        "name": card.name or f"Model {row['id']}",
        "description": card.description(values.DESCRIPTION),
        "architecture": row["architecture"],
        "latest_version": row["latest_version"],
        "rounds": row["rounds"],
        "inferences": row["inferences"],
        "registered_at": utc(row["registered_at"]),
        "unreadable": row["reason"],
    }
