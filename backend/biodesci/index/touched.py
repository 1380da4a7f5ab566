"""Which rows events look at: read many at a time before the events are applied, not one by one.

Nothing rests on this being complete: a row that is left out is read when it is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Table

from biodesci.index.accounts import DATASET_ROLES, RULES, addresses
from biodesci.index.changes.draft import Draft
from biodesci.index.tables import (
    attestations,
    codecs,
    datasets,
    enrolments,
    inferences,
    license_visas,
    licenses,
    model_versions,
    models,
    offers,
    parents,
    roles,
    rounds,
    showings,
    versions,
)
from biodesci.store.rows import Key

if TYPE_CHECKING:
    from biodesci.index.log import Event

_Place = tuple[Table, Key]
_BY_ARGUMENT: Final = (
    ("datasetId", datasets), ("offerId", offers), ("licenseId", licenses), ("modelId", models),
    ("roundId", rounds), ("requestId", inferences),
)  # fmt: skip
_TOKENS: Final = {"DatasetNFT": datasets, "ModelRegistry": models}


def load(draft: Draft, events: Sequence[Event]) -> None:
    """Reads what the events name, then what that belongs to, then what callers are to it."""
    sold = {
        event.args["licenseId"]: event.args["datasetId"]
        for event in events
        if event.args is not None and event.name == "LicensePurchased"
    }

    def held(draft: Draft, event: Event) -> Iterator[_Place]:
        return _held(draft, event, sold)

    for step in (_named, _behind, held):
        keys: dict[Table, dict[Key, None]] = defaultdict(dict)
        for event in events:
            for table, key in step(draft, event) if event.args is not None else ():
                keys[table][key] = None
        for table, of_table in keys.items():
            draft.load(table, of_table)


def _named(_draft: Draft, event: Event) -> Iterator[_Place]:
    a: dict[str, Any] = event.args or {}
    for name, table in _BY_ARGUMENT:
        if name in a:
            yield table, (a[name],)
    if event.name == "Transfer" and event.contract in _TOKENS:
        yield _TOKENS[event.contract], (a["tokenId"],)
    if (more := _MORE.get(event.name)) is not None:
        yield from more(event, a)


def _of_dataset(event: Event, a: dict[str, Any]) -> Iterator[_Place]:
    yield versions, (a["datasetId"], a.get("version", 1))
    for parent in a.get("parents", ()):
        yield parents, (a["datasetId"], parent["datasetId"], parent["version"])


def _of_visas(event: Event, a: dict[str, Any]) -> Iterator[_Place]:
    yield showings, (a["licenseId"],)
    for visa in a.get("visaIds", ()):
        yield license_visas, (a["licenseId"], visa)


def _of_model(event: Event, a: dict[str, Any]) -> Iterator[_Place]:
    yield model_versions, (a["modelId"], a.get("version", 1))


def _of_codec(event: Event, a: dict[str, Any]) -> Iterator[_Place]:
    yield codecs, (a["modelId"], a["account"], a["kind"])


def _of_node(event: Event, a: dict[str, Any]) -> Iterator[_Place]:
    for node in a.get("summed", [a.get("node")]):
        yield enrolments, (a["roundId"], node)


def _of_audit(event: Event, a: dict[str, Any]) -> Iterator[_Place]:
    yield attestations, (a["requestId"], *event.place)


_MORE: Final = {
    "DatasetPublished": _of_dataset, "VersionPublished": _of_dataset, "VersionWithdrawn": _of_dataset,
    "VisasShown": _of_visas, "LicenseDelivered": _of_visas,
    "ModelRegistered": _of_model, "ModelVersionPublished": _of_model, "CodecGranted": _of_codec,
    "NodeEnrolled": _of_node, "UpdateCommitted": _of_node, "CommitsClosed": _of_node,
    "AuditAttested": _of_audit,
}  # fmt: skip


def _behind(draft: Draft, event: Event) -> Iterator[_Place]:
    a: dict[str, Any] = event.args or {}
    if "licenseId" in a and (license := draft.find(licenses, a["licenseId"])) is not None:
        yield offers, (license["offer_id"],)
        yield datasets, (license["dataset_id"],)
    for name, table in (("roundId", rounds), ("requestId", inferences)):
        if name in a and (row := draft.find(table, a[name])) is not None:
            yield models, (row["model_id"],)


def _held(draft: Draft, event: Event, sold: dict[int, int]) -> Iterator[_Place]:
    """What accounts are is asked of those whose role an event leaves open.

    `sold` has the datasets of the licences that are sold in these events.
    """
    fields = _open_fields(event.contract, event.name)
    a: dict[str, Any] = event.args or {}
    if not fields:
        return
    dataset = a.get("datasetId", sold.get(a.get("licenseId", 0)))
    if "licenseId" in a and (license := draft.find(licenses, a["licenseId"])) is not None:
        dataset = license["dataset_id"]
    # One that these events make first has not been handed over.
    row = None if dataset is None else draft.find(datasets, dataset)
    owner, handovers = (None, 0) if row is None else (row["owner"], row["handovers"])
    for field in fields:
        for address in addresses(a, field):
            if dataset is not None and owner != address:
                for role in DATASET_ROLES:
                    yield roles, (dataset, handovers, int(role), address)
            if a.get("roundId"):
                yield enrolments, (a["roundId"], address)


@cache
def _open_fields(contract: str, name: str) -> tuple[str, ...]:
    rule = RULES.get(contract, {}).get(name)
    if rule is None:
        return ()
    both = (*(() if rule.by is None else (rule.by,)), *rule.names)
    return tuple(field for field, role in both if role is None)
