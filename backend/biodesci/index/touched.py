"""Which rows events look at: read many at a time before the events are applied, not one by one.

Nothing rests on this being complete: a row that is left out is read when it is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import Table

from biodesci.index.accounts import DATASET_ROLES, RULES, addresses
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import Args
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
_Keys = tuple[Table, Sequence[Key]]
# Events with their arguments, by contract and name.
_Named = dict[tuple[str, str], list[tuple["Event", Args]]]
_BY_ARGUMENT: Final = (
    ("datasetId", datasets), ("offerId", offers), ("licenseId", licenses), ("modelId", models),
    ("roundId", rounds), ("requestId", inferences),
)  # fmt: skip
_ROLES: Final = tuple(map(int, DATASET_ROLES))
_TOKENS: Final = {"DatasetNFT": datasets, "ModelRegistry": models}


def load(draft: Draft, events: Sequence[Event]) -> None:
    """Reads what the events name, then what that belongs to, then what callers are to it."""
    named: _Named = defaultdict(list)
    for event in events:
        if event.args is not None:
            named[event.contract, event.name].append((event, event.args))
    for step in (_named, _behind, _held):
        keys: dict[Table, dict[Key, None]] = defaultdict(dict)
        for table, of_table in step(draft, named):
            keys[table].update(dict.fromkeys(of_table))
        for table, found in keys.items():
            draft.load(table, found)


def _named(_draft: Draft, named: _Named) -> Iterator[_Keys]:
    for (contract, name), some in named.items():
        has = some[0][1]  # those of one name have the same arguments
        for argument, table in _BY_ARGUMENT:
            if argument in has:
                yield table, [(a[argument],) for _, a in some]
        if name == "Transfer" and contract in _TOKENS:
            yield _TOKENS[contract], [(a["tokenId"],) for _, a in some]
        if (more := _MORE.get(name)) is not None:
            for event, a in some:
                for table, key in more(event, a):
                    yield table, (key,)


def _of_dataset(event: Event, a: Args) -> Iterator[_Place]:
    yield versions, (a["datasetId"], a.get("version", 1))
    for parent in a.get("parents", ()):
        yield parents, (a["datasetId"], parent["datasetId"], parent["version"])


def _of_visas(event: Event, a: Args) -> Iterator[_Place]:
    yield showings, (a["licenseId"],)
    for visa in a.get("visaIds", ()):
        yield license_visas, (a["licenseId"], visa)


def _of_model(event: Event, a: Args) -> Iterator[_Place]:
    yield model_versions, (a["modelId"], a.get("version", 1))


def _of_codec(event: Event, a: Args) -> Iterator[_Place]:
    yield codecs, (a["modelId"], a["account"], a["kind"])


def _of_node(event: Event, a: Args) -> Iterator[_Place]:
    for node in a.get("summed", [a.get("node")]):
        yield enrolments, (a["roundId"], node)


def _of_audit(event: Event, a: Args) -> Iterator[_Place]:
    yield attestations, (a["requestId"], *event.place)


_MORE: Final = {
    "DatasetPublished": _of_dataset, "VersionPublished": _of_dataset, "VersionWithdrawn": _of_dataset,
    "VisasShown": _of_visas, "LicenseDelivered": _of_visas,
    "ModelRegistered": _of_model, "ModelVersionPublished": _of_model, "CodecGranted": _of_codec,
    "NodeEnrolled": _of_node, "UpdateCommitted": _of_node, "CommitsClosed": _of_node,
    "AuditAttested": _of_audit,
}  # fmt: skip


def _behind(draft: Draft, named: _Named) -> Iterator[_Keys]:
    for some in named.values():
        has = some[0][1]
        if "licenseId" in has:
            rows = [draft.find(licenses, a["licenseId"]) for _, a in some]
            yield offers, [(row["offer_id"],) for row in rows if row is not None]
            yield datasets, [(row["dataset_id"],) for row in rows if row is not None]
        for argument, table in (("roundId", rounds), ("requestId", inferences)):
            if argument in has:
                rows = [draft.find(table, a[argument]) for _, a in some]
                yield models, [(row["model_id"],) for row in rows if row is not None]


def _held(draft: Draft, named: _Named) -> Iterator[_Keys]:
    """What accounts are is asked of those whose role an event leaves open."""
    purchases = named.get(("AccessLicense", "LicensePurchased"), ())
    sold = {a["licenseId"]: a["datasetId"] for _, a in purchases}  # which these events make first
    for (contract, name), some in named.items():
        if fields := _open_fields(contract, name):
            for _, a in some:
                yield from _held_by(draft, a, fields, sold)


def _held_by(draft: Draft, a: Args, fields: Sequence[str], sold: Mapping[int, int]) -> Iterator[_Keys]:
    dataset = a.get("datasetId", sold.get(a.get("licenseId", 0)))
    if "licenseId" in a and (license := draft.find(licenses, a["licenseId"])) is not None:
        dataset = license["dataset_id"]
    # One that these events make first has not been handed over.
    row = None if dataset is None else draft.find(datasets, dataset)
    owner, handovers = (None, 0) if row is None else (row["owner"], row["handovers"])
    for field in fields:
        for address in addresses(a, field):
            if dataset is not None and owner != address:
                yield roles, [(dataset, handovers, role, address) for role in _ROLES]
            if a.get("roundId"):
                yield enrolments, [(a["roundId"], address)]


@cache
def _open_fields(contract: str, name: str) -> tuple[str, ...]:
    rule = RULES.get(contract, {}).get(name)
    if rule is None or not rule.is_open:
        return ()
    both = (*(() if rule.by is None else (rule.by,)), *rule.names)
    return tuple(field for field, role in both if role is None)
