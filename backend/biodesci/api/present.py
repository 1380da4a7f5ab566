"""Rows of the index as the API's models."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final, cast

from biodesci.api import schemas as s
from biodesci.core import cid, duo, visa
from biodesci.core import disease as diseases
from biodesci.core.errors import InputError
from biodesci.store import queries
from biodesci.store.database import Store

_NOBODY: Final = "0x" + "0" * 40
_RIGHTS: Final[tuple[s.Right, ...]] = ("none", "download", "train", "infer")
_LICENSE_STATES: Final[tuple[s.LicenseState, ...]] = (
    "inReview", "purchased", "delivered", "settled", "disputed", "refunded", "rejected", "revoked",
)  # fmt: skip
_ROUND_STATES: Final[tuple[s.RoundState, ...]] = ("enrolling", "running", "unmasking", "finalized", "aborted")
_INFERENCE_STATES: Final[tuple[s.InferenceState, ...]] = (
    "requested", "committed", "challenged", "finalized", "refused", "expired",
)  # fmt: skip
_TRAIN: Final = 2
_END_OF_TIME: Final = 253_402_300_799

Row = queries.Row


def when(seconds: int) -> datetime:
    """Deadlines on chain may lie behind the last year that a date can name."""
    return datetime.fromtimestamp(min(seconds, _END_OF_TIME), UTC)


def maybe_when(seconds: int | None) -> datetime | None:
    return None if seconds is None else when(seconds)


def content(digest: str) -> s.Content:
    return s.Content(digest=digest, cid=cid.from_digest(bytes.fromhex(digest[2:])))


def terms(bits: str, *, purpose: bool = False) -> s.Duo:
    value = int(bits)
    words = [(t, t.purpose_words if purpose else t.words) for t in duo.TERMS if value >> t.bit & 1]
    return s.Duo(bits=bits, terms=[s.DuoTerm(id=t.id, code=t.name, label=label) for t, label in words])


def document(body: str | None) -> dict[str, Any] | None:
    if body is None:
        return None
    loaded: dict[str, Any] = json.loads(body)
    return loaded


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(v) for v in value] if isinstance(value, list) else []


def _number(value: Any) -> int | None:
    """Croissant sizes are text such as "1234 B"; a card is somebody else's writing."""
    try:
        return int(str(value).split()[0])
    except (ValueError, IndexError):
        return None


def container(card: dict[str, Any] | None, gateway: str) -> s.Container | None:
    if card is None:
        return None
    file = card["distribution"][0]
    try:
        digest = "0x" + cid.to_digest(str(file["contentUrl"]).removeprefix("ipfs://")).hex()
    except InputError:
        return None
    found = content(digest)
    return s.Container(
        content=found,
        url=f"{gateway}/ipfs/{found.cid}",
        size=_number(file.get("contentSize")) or 0,
        plaintext_size=_number(file.get("biodesci:plaintextSize")),
        segment_size=_number(file.get("biodesci:segmentSize")),
        encoding_format=str(file.get("encodingFormat", "application/octet-stream")),
        file_name=str(file.get("name", f"dataset-{found.cid[-8:]}")),
        sha256=str(file.get("sha256", "")),
    )


def currency(row: Row) -> s.Currency:
    address = None if row["currency"] == _NOBODY else row["currency"]
    return s.Currency(address=address, symbol=row["symbol"], decimals=row["decimals"])


def _visas(types: int) -> list[s.VisaType]:
    return cast("list[s.VisaType]", visa.names(types))


def offer(row: Row) -> s.Offer:
    return s.Offer(
        id=row["id"],
        dataset_id=row["dataset_id"],
        right=_RIGHTS[row["right"]],
        price=row["price"],
        currency=currency(row),
        visas=_visas(row["visas"]),
        pro_rata=bool(row["pro_rata"]),
        duration=row["duration"],
        uses=row["uses"],
        delivery_window=row["delivery_window"],
        dispute_window=row["dispute_window"],
        arbiter=None if row["arbiter"] == _NOBODY else row["arbiter"],
        open=bool(row["open"]),
    )


def activities(store: Store, subject: str) -> list[s.Activity]:
    return [
        s.Activity(
            name=row["name"],
            contract=row["contract"],
            block=row["block_number"],
            time=when(row["time"]),
            tx_hash=row["tx_hash"],
            details=json.loads(row["args"]),
        )
        for row in queries.activity(store, subject)
    ]


def _summary_fields(store: Store, row: Row, gateway: str) -> dict[str, Any]:
    card = document(row["body"])
    file = container(card, gateway)
    found = card or {}
    return {
        "id": row["id"],
        "owner": row["owner"],
        "name": str(found.get("name") or f"Dataset {row['id']}"),
        "description": str(found.get("description", "")),
        "keywords": _texts(found.get("keywords")),
        "records": _number(found.get("biodesci:records")),
        "encoding_format": file.encoding_format if file else None,
        "size": file.size if file else None,
        "latest_version": row["latest_version"],
        "withdrawn": row["withdrawn_at"] is not None,
        "terms": terms(row["terms"]),
        "published_at": when(row["published_at"]),
        "updated_at": when(row["updated_at"]),
        "offers": [o for o in map(offer, queries.offers(store, row["id"])) if o.open],
        "unreadable": row["reason"],
    }


def dataset_summary(store: Store, row: Row, gateway: str) -> s.DatasetSummary:
    return s.DatasetSummary(**_summary_fields(store, row, gateway))


def dataset_answer(store: Store, row: Row, gateway: str) -> s.DatasetAnswer:
    parents, children, rounds, licenses = queries.related(store, row["id"])
    return s.DatasetAnswer(
        **_summary_fields(store, row, gateway),
        custodian=row["custodian"],
        card=document(row["body"]),
        versions=[dataset_version(v, gateway) for v in queries.versions(store, row["id"])],
        all_offers=[offer(o) for o in queries.offers(store, row["id"])],
        parents=parents,
        children=children,
        licenses=licenses,
        rounds=rounds,
        activity=activities(store, f"dataset:{row['id']}"),
        as_of=queries.as_of(store),
    )


def permitted(root: str | None, card: dict[str, Any] | None) -> s.PermittedDiseases | None:
    if root is None:
        return None
    said = (card or {}).get("biodesci:diseases")
    said = said if isinstance(said, dict) else {}
    listed = said.get("named")
    named = [
        s.Disease(id=str(one.get("id", "")), name=str(one["name"]) if one.get("name") else None)
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
    ]
    ontology = said.get("ontology")
    return s.PermittedDiseases(root=root, named=named, ontology=str(ontology) if ontology else None)


def dataset_version(row: Row, gateway: str) -> s.DatasetVersion:
    return s.DatasetVersion(
        version=row["version"],
        card=content(row["card"]),
        content_root=row["content_root"],
        key_commitment=row["key_commitment"],
        terms=terms(row["terms"]),
        diseases=permitted(row["diseases"], document(row["body"])),
        published_at=when(row["published_at"]),
        withdrawn_at=maybe_when(row["withdrawn_at"]),
        container=container(document(row["body"]), gateway),
        unreadable=row["reason"],
        block=row["block"],
        tx_hash=row["tx_hash"],
    )


def _license_fields(row: Row, now: int) -> dict[str, Any]:
    state = _LICENSE_STATES[row["state"] - 1]
    # As AccessLicense._isActive.
    active = (
        state in {"delivered", "settled"}
        and row["uses_left"] != 0
        and (row["expires_at"] is None or now < row["expires_at"])
        and (row["right"] != _TRAIN or row["withdrawn_at"] is None)
        and not row["lapsed"]
    )
    card = document(row["body"]) or {}
    return {
        "id": row["id"],
        "offer_id": row["offer_id"],
        "dataset_id": row["dataset_id"],
        "dataset_name": str(card.get("name") or f"Dataset {row['dataset_id']}"),
        "version": row["version"],
        "licensee": row["licensee"],
        "owner": row["owner"],
        "state": state,
        "right": _RIGHTS[row["right"]],
        "active": active,
        "price": row["price"],
        "currency": currency(row),
        "visas": _visas(row["visas"]),
        "pro_rata": bool(row["pro_rata"]),
        "refund_due": _refund_due(row, now) if state == "settled" else None,
        "purpose": terms(row["purpose"], purpose=True),
        "disease": diseases.format_id(row["disease"]) if row["disease"] else None,
        "statement": row["statement"],
        "uses_left": row["uses_left"],
        "purchased_at": when(row["purchased_at"]),
        "delivered_at": maybe_when(row["delivered_at"]),
        "deadline": maybe_when(row["deadline"]),
        "expires_at": maybe_when(row["expires_at"]),
        "envelope": content(row["envelope"]) if row["envelope"] else None,
        "block": row["block"],
        "tx_hash": row["tx_hash"],
    }


def _refund_due(row: Row, now: int) -> str | None:
    """As AccessLicense._unusedShare: the smaller of the unused shares of time and of uses, rounded up."""
    if not row["pro_rata"]:
        return None
    price = int(row["price"])
    shares = []
    if row["duration"]:
        shares.append(-(-price * max(row["expires_at"] - now, 0) // row["duration"]))
    if row["uses"]:
        shares.append(-(-price * row["uses_left"] // row["uses"]))
    return str(min(shares))


def license_(row: Row, now: int) -> s.License:
    return s.License(**_license_fields(row, now))


def license_answer(store: Store, row: Row, now: int, gateway: str) -> s.LicenseAnswer:
    return s.LicenseAnswer(
        **_license_fields(row, now),
        container=container(document(row["body"]), gateway),
        content_root=row["content_root"],
        key_commitment=row["key_commitment"],
        activity=activities(store, f"license:{row['id']}"),
        as_of=queries.as_of(store),
    )


def _model_fields(row: Row) -> dict[str, Any]:
    card = document(row["body"]) or {}
    return {
        "id": row["id"],
        "owner": row["owner"],
        "name": str(card.get("name") or f"Model {row['id']}"),
        "description": str(card.get("description", "")),
        "architecture": row["architecture"],
        "latest_version": row["latest_version"],
        "rounds": row["rounds"],
        "inferences": row["inferences"],
        "registered_at": when(row["registered_at"]),
        "unreadable": row["reason"],
    }


def model_summary(row: Row) -> s.ModelSummary:
    return s.ModelSummary(**_model_fields(row))


def model_answer(store: Store, row: Row) -> s.ModelAnswer:
    versions = queries.model_versions(store, row["id"])
    rounds = {r["id"]: r for r in queries.rounds_of(store, row["id"])}
    lineage = []
    for version in versions:
        made_by = rounds.get(version["round_id"])
        took_part = (
            [e for e in queries.enrolments(store, made_by["id"]) if e["commitment"]] if made_by else []
        )
        previous = version["version"] - 1 or None
        lineage.append(
            s.Lineage(
                version=version["version"],
                base_version=made_by["base_version"] if made_by else previous,
                round_id=version["round_id"],
                datasets=sorted({e["dataset_id"] for e in took_part}),
                nodes=[e["node"] for e in took_part],
            )
        )
    return s.ModelAnswer(
        **_model_fields(row),
        card=content(row["card"]),
        card_document=document(row["body"]),
        versions=[
            s.ModelVersion(
                version=v["version"],
                weights_root=v["weights_root"],
                weights=content(v["weights"]),
                round_id=v["round_id"],
                published_at=when(v["published_at"]),
                block=v["block"],
                tx_hash=v["tx_hash"],
            )
            for v in versions
        ],
        round_list=[s.RoundSummary(**_round_fields(r)) for r in rounds.values()],
        codecs=[
            s.CodecGrant(
                account=c["account"],
                kind="inference" if c["kind"] else "training",
                envelope=content(c["envelope"]),
                block=c["block"],
            )
            for c in queries.codecs(store, row["id"])
        ],
        lineage=lineage,
        activity=activities(store, f"model:{row['id']}"),
        as_of=queries.as_of(store),
    )


def _round_fields(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "model_id": row["model_id"],
        "kind": "training" if row["kind"] else "statistics",
        "state": _ROUND_STATES[row["state"] - 1],
        "base_version": row["base_version"],
        "version": row["version"],
        "enrolled": row["enrolled"],
        "committed": row["committed"],
        "opened_at": when(row["opened_at"]),
        "closed_at": maybe_when(row["closed_at"]),
    }


def round_answer(store: Store, row: Row) -> s.RoundAnswer:
    return s.RoundAnswer(
        **_round_fields(row),
        aggregator=row["aggregator"],
        min_nodes=row["min_nodes"],
        enrol_by=maybe_when(row["enrol_by"]),
        commit_by=maybe_when(row["commit_by"]),
        finalize_by=maybe_when(row["finalize_by"]),
        plan=content(row["plan"]),
        plan_document=document(row["plan_body"]),
        result=content(row["result"]) if row["result"] else None,
        result_document=document(row["result_body"]),
        enrolments=[
            s.Enrolment(
                index=e["index"],
                node=e["node"],
                dataset_id=e["dataset_id"],
                commitment=e["commitment"],
                enrolled_at=when(e["enrolled_at"]),
                committed_at=maybe_when(e["committed_at"]),
            )
            for e in queries.enrolments(store, row["id"])
        ],
        activity=activities(store, f"round:{row['id']}"),
        as_of=queries.as_of(store),
    )


def _inference_fields(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "model_id": row["model_id"],
        "version": row["version"],
        "requester": row["requester"],
        "worker": row["worker"],
        "state": _INFERENCE_STATES[row["state"] - 1],
        "fee": row["fee"],
        "input_commitment": row["input_commitment"],
        "output_commitment": row["output_commitment"],
        "requested_at": when(row["requested_at"]),
        "committed_at": maybe_when(row["committed_at"]),
        "deadline": maybe_when(row["deadline"]),
        "block": row["block"],
        "tx_hash": row["tx_hash"],
    }


def inference(row: Row) -> s.Inference:
    return s.Inference(**_inference_fields(row))


def inference_answer(store: Store, row: Row) -> s.InferenceAnswer:
    return s.InferenceAnswer(
        **_inference_fields(row),
        arbiter=None if row["arbiter"] == _NOBODY else row["arbiter"],
        challenge_window=row["challenge_window"],
        input=content(row["input"]),
        output=content(row["output"]) if row["output"] else None,
        weights_root=row["weights_root"],
        attestations=[
            s.Attestation(
                auditor=a["auditor"],
                passed=bool(a["passed"]),
                report=content(a["report"]),
                block=a["block"],
                time=when(a["time"]),
                tx_hash=a["tx_hash"],
            )
            for a in queries.attestations(store, row["id"])
        ],
        activity=activities(store, f"inference:{row['id']}"),
        as_of=queries.as_of(store),
    )
