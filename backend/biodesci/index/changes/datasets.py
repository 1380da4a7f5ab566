"""Of DatasetNFT: datasets, their versions and where they come from."""

from __future__ import annotations

from sqlalchemy import select

from biodesci.core.onchain import NOBODY
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import NONE, Args, At, Changes, unless, want
from biodesci.index.tables import datasets, parents, roles, versions

changes = Changes()
ENDED, PROPOSED, ACCEPTED = range(3)


@changes.on("DatasetPublished")
def _dataset_published(draft: Draft, at: At, a: Args) -> None:
    draft.add(
        datasets,
        id=a["datasetId"],
        owner=a["owner"],
        handovers=0,
        latest_version=1,
        published_at=at.time,
        updated_at=at.time,
    )
    _version(draft, at, a, 1)
    for parent in a["parents"]:
        # Named twice, it is proven if it was proven once.
        known = draft.find(parents, a["datasetId"], parent["datasetId"], parent["version"])
        draft.put(
            parents,
            dataset_id=a["datasetId"],
            parent=parent["datasetId"],
            version=parent["version"],
            proven=int(parent["proven"] or (known is not None and known["proven"])),
        )


@changes.on("VersionPublished")
def _version_published(draft: Draft, at: At, a: Args) -> None:
    _version(draft, at, a, a["version"])
    draft.set(datasets, a["datasetId"], latest_version=a["version"], updated_at=at.time)


def _version(draft: Draft, at: At, a: Args, version: int) -> None:
    draft.add(
        versions,
        dataset_id=a["datasetId"],
        version=version,
        card=a["card"],
        content_root=a["contentRoot"],
        key_commitment=a["keyCommitment"],
        terms=a["terms"],
        diseases=unless(a["diseases"], NONE),
        published_at=at.time,
        block=at.block,
        tx_hash=at.tx_hash,
    )
    want(draft, a["card"], "card")


@changes.on("VersionWithdrawn")
def _withdrawn(draft: Draft, at: At, a: Args) -> None:
    withdrawn, version = a["datasetId"], a["version"]
    if draft.get(versions, withdrawn, version)["withdrawn_at"] is not None:
        draft.set(datasets, withdrawn, updated_at=at.time)
        return  # with what it descends from, and so was all that descends from it
    descendants = _descendants(draft, withdrawn, version)
    draft.set(datasets, withdrawn, updated_at=at.time)
    draft.set(versions, withdrawn, version, withdrawn_at=at.time)
    for below, number in descendants:
        draft.set(versions, below, number, withdrawn_at=at.time, withdrawn_with=withdrawn)
        draft.set(datasets, below, updated_at=at.time)


def _descendants(draft: Draft, dataset_id: int, version: int) -> list[tuple[int, int]]:
    """The versions that stand, of all datasets that are proven to descend from this version."""
    draft.flush(versions, parents)  # what descends is found by a query
    line = (
        select(parents.c.dataset_id)
        .where(parents.c.parent == dataset_id, parents.c.version == version, parents.c.proven == 1)
        .cte("line", recursive=True)
    )
    further = select(parents.c.dataset_id).join(line, parents.c.parent == line.c.dataset_id)
    line = line.union(further.where(parents.c.proven == 1))
    standing = (
        select(versions.c.dataset_id, versions.c.version)
        .where(versions.c.dataset_id.in_(select(line.c.dataset_id)), versions.c.withdrawn_at.is_(None))
        .order_by(versions.c.dataset_id, versions.c.version)
    )
    return [(row.dataset_id, row.version) for row in draft.connection.execute(standing)]


@changes.on("RoleGranted")
def _granted(draft: Draft, _at: At, a: Args) -> None:
    _role(draft, a, PROPOSED)


@changes.on("RoleAccepted")
def _accepted(draft: Draft, _at: At, a: Args) -> None:
    _role(draft, a, ACCEPTED)


@changes.on("RoleRevoked")
def _revoked(draft: Draft, _at: At, a: Args) -> None:
    _role(draft, a, ENDED)


def _role(draft: Draft, a: Args, state: int) -> None:
    handovers = draft.get(datasets, a["datasetId"])["handovers"]
    draft.put(
        roles,
        dataset_id=a["datasetId"],
        handovers=handovers,
        role=a["role"],
        account=a["account"],
        state=state,
    )


@changes.on("Transfer")
def _dataset_moved(draft: Draft, at: At, a: Args) -> None:
    if a["from"] != NOBODY:
        handovers = draft.get(datasets, a["tokenId"])["handovers"] + 1
        draft.set(datasets, a["tokenId"], owner=a["to"], handovers=handovers, updated_at=at.time)
