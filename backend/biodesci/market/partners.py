"""Partners of a dataset: who keeps copies of its private containers and serves them as its owner does.

The owner signs the list (EIP-712), and it lies with the containers, where its server and its partners' read
it. It counts while who signed it owns the dataset, so that a transfer ends it; the one that was named last
replaces the others. A partner's server gives to its fellows for some days after the owner's gave it the list:
whom the owner dropped meanwhile is on it still.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from eth_account.messages import encode_typed_data

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core import typed_data
from biodesci.core.documents.content_request import origin
from biodesci.core.documents.copies import MOST, Partner, PartnerList
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    InputError,
    IntegrityError,
    RevertedError,
    StateError,
)
from biodesci.core.onchain import DAY
from biodesci.market.sources import OwnersServer, Source
from biodesci.party.containers import Containers
from biodesci.party.member import Member

DOCUMENT = "partners"
"""Under what name a server gives the list."""
LONGEST: Final = 2 * DAY
"""How many seconds a partner's server gives to its fellows, after the owner's server gave it their list."""


@dataclass(frozen=True)
class Given:
    """A list that counts, as a server gave it; `by_owner`: it was the one that the list calls the owner's."""

    partners: PartnerList
    by_owner: bool


def name(owner: Member, dataset_id: int, served_at: str, partners: Sequence[Partner]) -> PartnerList:
    """Signs and keeps a list, which replaces the one before. `served_at` is the owner's own server.

    Raises AccessDeniedError where the dataset is another's, and InputError for an address that is no origin,
    too many partners, or one that is named twice.
    """
    chain = owner.chain
    if _owner_of(chain, dataset_id) != chain.address:
        raise AccessDeniedError(
            f"Dataset {dataset_id} is not owned by {chain.address}.", "Its owner names the partners."
        )
    if len(partners) > MOST or len({one.account for one in partners}) < len(partners):
        raise InputError(
            f"A dataset has {MOST} partners at most, each once.", "Name each account with one address."
        )
    containers = Containers(owner.home)
    before = known(chain, containers, dataset_id)
    blank = PartnerList(
        chain_id=chain.chain_id,
        contract=str(chain.datasets.address),
        dataset_id=dataset_id,
        owner=chain.address,
        served_at=origin(served_at),
        partners=tuple(partners),
        named=max(chain.now(), 0 if before is None else before.named + 1),
        signature=b"",
    )
    made = blank.model_copy(update={"signature": signatures.sign(chain, typed_data.partners(blank))})
    keep(chain, containers, made, time.time())
    return made


def keep(chain: Chain, containers: Containers, partners: PartnerList, asked: float) -> None:
    """Keeps a list that counts (IntegrityError) in place of the one before. `asked` is when the owner or its
    server gave it, in Unix seconds; 0 where somebody else did. StateError where a newer one is here."""
    require(chain, partners, partners.dataset_id)
    before = known(chain, containers, partners.dataset_id)
    if before is not None and before != partners and before.named >= partners.named:
        raise StateError(
            f"A newer list of the partners of dataset {partners.dataset_id} is here.", "Nothing was changed."
        )
    if before is not None:  # a newer one is at least as fresh as what the owner's server gave then
        asked = max(asked, containers.partners_asked(chain, partners.dataset_id))
    containers.write_partners(partners, asked)


def known(chain: Chain, containers: Containers, dataset_id: int) -> PartnerList | None:
    """The list in this home, if it counts now."""
    try:
        partners = containers.partners(chain, dataset_id)
        if partners is not None:
            require(chain, partners, dataset_id)
    except IntegrityError:
        return None
    return partners


def served(chain: Chain, containers: Containers, dataset_id: int, at: str, now: float) -> frozenset[str]:
    """The accounts to which the server with the origin `at` gives a dataset's containers as its partners:
    those on the list, if it is the owner's server, or had the list from that in the last days (`LONGEST`)."""
    named = known(chain, containers, dataset_id)
    if named is None:
        return frozenset()
    if named.served_at != at and now - containers.partners_asked(chain, dataset_id) > LONGEST:
        return frozenset()
    return frozenset(one.account for one in named.partners)


def asked_of(chain: Chain, server: OwnersServer, content: bytes, dataset_id: int) -> Given | None:
    """The newest list that the known servers give to those whom they serve; None where none gives one that
    counts. Others are not asked where the owner's own gives it."""
    newest: Given | None = None
    for at in server.origins:
        try:
            partners = PartnerList.parse(server.document(content, DOCUMENT, at))
            require(chain, partners, dataset_id)
        except BioDeSciError:
            continue
        given = Given(partners, by_owner=at == partners.served_at)
        if newest is None or given.partners.named > newest.partners.named:
            newest = given
        if given.by_owner:
            break
    return newest


def joined(chain: Chain, source: Source, content: bytes, dataset_id: int) -> Source:
    """The source, with the partners' servers that an owner's server names: asked while it answers, so that
    they are known when it goes away, now or before a later command. What it named is remembered in the home
    of `chain`."""
    if not isinstance(source, OwnersServer):
        return source
    given = asked_of(chain, source, content, dataset_id)
    newest = None if given is None else given.partners
    if chain.home is not None:
        containers = Containers(chain.home)
        remember(chain, containers, given)
        newest = known(chain, containers, dataset_id)  # who gave an older one names nobody
    source.add(() if newest is None else newest.origins)
    return source


def remember(chain: Chain, containers: Containers, given: Given | None) -> None:
    """Keeps what a server gave, unless a newer list is here."""
    if given is not None:
        with suppress(StateError):
            keep(chain, containers, given.partners, time.time() if given.by_owner else 0.0)


def require(chain: Chain, partners: PartnerList, dataset_id: int) -> None:
    """Raises IntegrityError unless it is of this dataset, and signed by whom the dataset belongs to now."""
    where = partners.chain_id, partners.contract, partners.dataset_id
    if where != (chain.chain_id, str(chain.datasets.address), dataset_id):
        raise IntegrityError("The list of partners is of another dataset.", PartnerList.remedy)
    message = encode_typed_data(full_message=typed_data.partners(partners))
    if partners.owner != _owner_of(chain, dataset_id) or not signatures.is_by(
        chain, partners.owner, message, partners.signature
    ):
        raise IntegrityError("The list of partners is not signed by the owner.", PartnerList.remedy)


def _owner_of(chain: Chain, dataset_id: int) -> str:
    try:
        return str(chain.call(chain.datasets.functions.ownerOf(dataset_id)))
    except RevertedError:
        return ""
