"""What is published, as people choose it: the name on the card, the terms, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from biodesci.chain.client import Chain
from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion, Parent, Provenance
from biodesci.core import cid, duo
from biodesci.core.documents import institution
from biodesci.core.documents.published_card import MAX_CARD, PublishedCard
from biodesci.core.errors import BioDeSciError, NotFoundError
from biodesci.ipfs.client import Ipfs
from biodesci.market import offers
from biodesci.market.offers import Offer


@dataclass(frozen=True)
class Entry:
    """A dataset's latest version. `name` is None where its card cannot be read now, or is none; `domain` is
    the one that the card names as its creator's, and proves nothing by itself.

    `withdrawn_with` are the parents, proven to be such, with whose withdrawal this version is withdrawn.
    """

    id: int
    name: str | None
    domain: str | None
    owner: str
    version: int
    terms: int
    diseases: bytes | None
    withdrawn: bool
    withdrawn_with: tuple[int, ...]
    card: str
    content_root: str
    parents: tuple[Parent, ...]
    offers: tuple[Offer, ...]

    @property
    def open_offers(self) -> tuple[Offer, ...]:
        """Those that can be bought now."""
        return tuple(offer for offer in self.offers if offer.open and not self.withdrawn)

    @property
    def terms_in_words(self) -> list[str]:
        """What the terms allow and require, a sentence each."""
        return duo.describe(self.terms)


def entry(chain: Chain, ipfs: Ipfs, dataset_id: int) -> Entry:
    """The dataset; NotFoundError where there is none."""
    functions = chain.datasets.functions
    if not 1 <= dataset_id <= chain.call(functions.datasetCount()):
        raise NotFoundError(f"There is no dataset {dataset_id}.", "List them: biodesci dataset list.")
    version = int(chain.call(functions.latestVersion(dataset_id)))
    published = chain.read(DatasetVersion, dataset_id, version)
    parents = chain.read(Provenance, dataset_id).parents
    card = _card(ipfs, published.card)
    return Entry(
        id=dataset_id,
        name=None if card is None else card.name,
        domain=None if card is None else institution.announced(card.fields),
        owner=str(chain.call(functions.ownerOf(dataset_id))),
        version=version,
        terms=published.terms,
        diseases=published.diseases if any(published.diseases) else None,
        withdrawn=bool(published.withdrawn_at),
        withdrawn_with=_withdrawn(chain, parents) if published.withdrawn_at else (),
        card=cid.from_digest(published.card),
        content_root="0x" + commitments(chain, published).content_root.hex(),
        parents=parents,
        offers=tuple(offers.of_dataset(chain, dataset_id)),
    )


def entries(chain: Chain, ipfs: Ipfs) -> list[Entry]:
    """All datasets on chain, in the order of their publication."""
    count = int(chain.call(chain.datasets.functions.datasetCount()))
    return [entry(chain, ipfs, number) for number in range(1, count + 1)]


def _withdrawn(chain: Chain, parents: tuple[Parent, ...]) -> tuple[int, ...]:
    functions = chain.datasets.functions
    return tuple(
        parent.dataset_id
        for parent in parents
        if parent.proven and chain.call(functions.isWithdrawn(parent.dataset_id, parent.version))
    )


def announced(chain: Chain, ipfs: Ipfs, dataset_id: int) -> str | None:
    """The domain that the card of a dataset's latest version names as its creator's, if it can be read."""
    version = int(chain.call(chain.datasets.functions.latestVersion(dataset_id)))
    card = _card(ipfs, chain.read(DatasetVersion, dataset_id, version).card)
    return None if card is None else institution.announced(card.fields)


def _card(ipfs: Ipfs, digest: bytes) -> PublishedCard | None:
    """What the chain says of a dataset is shown although its card is missing or no card."""
    try:
        card = PublishedCard.read(ipfs.cat(digest, max_size=MAX_CARD))
        card.require_listable()
    except BioDeSciError:
        return None
    return card
