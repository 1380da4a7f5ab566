"""Which version a publication is, and what the cards of earlier ones told already."""

from __future__ import annotations

from datetime import UTC, datetime

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core.croissant import Edition
from biodesci.core.documents.published_card import MAX_CARD, PublishedCard
from biodesci.core.errors import InputError
from biodesci.ipfs.client import Ipfs


def upcoming(chain: Chain, ipfs: Ipfs, dataset_id: int | None) -> Edition:
    """The next edition of a dataset, None being a new one, as of today (UTC).

    Raises NotFoundError or UnavailableError where an earlier card cannot be fetched: what the new card may
    tell depends on it.
    """
    today = datetime.now(UTC).date()
    if dataset_id is None:
        return Edition(1, today)
    latest = int(chain.call(chain.datasets.functions.latestVersion(dataset_id)))
    cards = (_card(chain, ipfs, dataset_id, version) for version in range(1, latest + 1))
    return Edition(latest + 1, today, tuple(card for card in cards if card is not None))


def _card(chain: Chain, ipfs: Ipfs, dataset_id: int, version: int) -> PublishedCard | None:
    try:
        digest = chain.read(DatasetVersion, dataset_id, version).card
        return PublishedCard.read(ipfs.cat(digest, max_size=MAX_CARD))
    except InputError:  # no card at all, or one that no reader takes: it told nothing
        return None
