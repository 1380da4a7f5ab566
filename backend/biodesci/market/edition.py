"""Which version a publication is, and what the owner's earlier cards released already, of any dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core.croissant import Earlier, Edition
from biodesci.core.documents.published_card import MAX_CARD, PublishedCard
from biodesci.core.errors import InputError, NotFoundError
from biodesci.party import disclosures
from biodesci.party.member import Member


@dataclass(frozen=True)
class _Minted:
    dataset_id: int
    version: int
    committed: bytes
    card: bytes


def upcoming(owner: Member, dataset_id: int | None, committed: bytes) -> Edition:
    """The next edition of a dataset, None being a new one, as of today (UTC); `committed` is the key
    commitment of this publication, which is not compared with itself.

    It names what this home published, also what was not minted, what this account did from whatever home,
    and all versions of the dataset. Raises NotFoundError or UnavailableError where a card that this home does
    not have cannot be fetched: what the new card may tell depends on it.
    """
    chain, today = owner.chain, datetime.now(UTC).date()
    known = disclosures.of_home(owner.home, chain)
    minted = {(one.dataset_id, one.version): one for one in _minted(chain, dataset_id)}
    previous = []
    for (of_dataset, _), one in sorted(minted.items()):
        note = known.pop(one.committed, None)
        card = _read(note.card) if note is not None else _fetched(owner, one, dataset_id)
        if card is not None and one.committed != committed:
            previous.append(Earlier(card, of_dataset == dataset_id, note.sketches if note else None))
    for other, note in known.items():
        card = _read(note.card)
        if card is not None and other != committed:
            previous.append(Earlier(card, is_same_dataset=False, sketches=note.sketches))
    latest = 0 if dataset_id is None else int(chain.call(chain.datasets.functions.latestVersion(dataset_id)))
    return Edition(latest + 1, today, tuple(previous))


def _minted(chain: Chain, dataset_id: int | None) -> Iterator[_Minted]:
    """What this account published, and all versions of the dataset, whoever published them."""
    first = chain.deployment.contracts["DatasetNFT"].block
    questions: list[tuple[str, dict[str, Any]]] = [
        ("DatasetPublished", {"owner": chain.address}),
        ("VersionPublished", {"publisher": chain.address}),
    ]
    if dataset_id is not None:
        questions += [(name, {"datasetId": dataset_id}) for name in ("DatasetPublished", "VersionPublished")]
    for name, filters in questions:
        for log in chain.events(chain.datasets, name, first, filters=filters):
            args = log["args"]
            yield _Minted(
                args["datasetId"], args.get("version", 1), bytes(args["keyCommitment"]), bytes(args["card"])
            )


def _fetched(owner: Member, minted: _Minted, dataset_id: int | None) -> PublishedCard | None:
    try:
        return _read(owner.ipfs.cat(minted.card, max_size=MAX_CARD))
    except InputError:  # larger than a card may be
        return None
    except NotFoundError as exc:
        version = owner.chain.read(DatasetVersion, minted.dataset_id, minted.version)
        if minted.dataset_id != dataset_id and version.withdrawn_at:
            return None  # it was erased, and is not to be had any more
        raise NotFoundError(
            f"The card of dataset {minted.dataset_id}, version {minted.version}, is not to be had. What it "
            "released is not released in part again, so it is needed.",
            "Publish from the home that published that one, or put its card back on IPFS.",
        ) from exc


def _read(raw: bytes) -> PublishedCard | None:
    try:
        return PublishedCard.read(raw)
    except InputError:  # no card at all, or one that no reader takes: it released nothing
        return None
