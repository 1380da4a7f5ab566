"""Copies of private containers: fetched by a partner or a new owner, and shown to the owner.

Who may fetch asks by its role, on chain or in the owner's list of partners, and serves what it keeps to whom
the owner does. A partner signs that it has the copy; the owner asks for places of it that nobody can foresee
(as ipfs/replication.py does), since who signs may have thrown it away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_account.messages import encode_typed_data

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core import container, typed_data
from biodesci.core.documents.copies import CopyReceipt, Partner, PartnerList
from biodesci.core.documents.deletion import DeletionRequest
from biodesci.core.errors import BioDeSciError, IntegrityError, NotFoundError, StateError
from biodesci.ipfs.replication import unforeseeable
from biodesci.market import content, erasure, partners
from biodesci.market.sources import OwnersServer, signer
from biodesci.party.containers import RECEIPT, REQUEST, Containers, HeldContainer
from biodesci.party.member import Member

_PIECE: Final = 256  # bytes of a place
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Kept:
    """What this home has of a version now. `receipt` is what it signed as a partner; `deleted`: the version
    was withdrawn, and the copy deleted at the owner's request."""

    version: int
    size: int
    receipt: CopyReceipt | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Challenged:
    """What a partner has of a version: its receipt, how many places it showed, or what is amiss."""

    partner: Partner
    version: int
    receipt: CopyReceipt | None
    places: int
    problem: str = ""


def keep(
    member: Member,
    dataset_id: int,
    number: int,
    elsewhere: Sequence[str] = (),
    report: Progress | None = None,
) -> Kept:
    """Fetches the private container of a version, from the server in its card, from `elsewhere` or from those
    on the list that is here; checks it against the chain and keeps it for this home's server; as a partner,
    signs that. The newest list that one of them gives is kept, too. Done again, it goes on.

    Raises AccessDeniedError for whom the owner has not named, who does not own the dataset and has no role;
    StateError for a version that is withdrawn or lies on IPFS; IntegrityError for another file, and for one
    that this home keeps as another version's.
    """
    chain, held = member.chain, Containers(member.home)
    version = chain.read(DatasetVersion, dataset_id, number)
    if version.withdrawn_at:
        raise StateError(f"Version {number} of dataset {dataset_id} is withdrawn.", "Nothing was fetched.")
    root = commitments(chain, version).content_root
    located = content.locate(member.ipfs, version.card, root)
    if located.served_at is None:
        raise StateError(
            f"Version {number} of dataset {dataset_id} lies on IPFS, where anybody keeps copies.",
            "Pin its CID on your node.",
        )
    server = OwnersServer(located.served_at, signer(chain, dataset_id, 0), elsewhere)
    server.add(_fellows(chain, held, dataset_id))
    note = held.find(located.content)
    if note is not None:
        _require_of_version(chain, note, version)
    if note is None or not _has_root(held.path(note.content), root):  # not here yet, or damaged since
        made = held.path(located.content).with_suffix(".fetched")
        made.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        server.download(located.content, made, report)
        if not _has_root(made, root):
            made.unlink()
            raise IntegrityError(
                "The file at the owner's server is not the one with the content root on chain.",
                "Tell the data owner: the card names another file.",
            )
        held.keep(made, located.content)
        note = held.assign(located.content, chain, version)
    partners.remember(chain, held, partners.asked_of(chain, server, located.content, dataset_id))
    named = partners.known(chain, held, dataset_id)
    if named is None or chain.address not in {one.account for one in named.partners}:
        return Kept(number, note.size)  # an owner, a custodian or an operator
    receipt = _sign(chain, note, root)
    held.attach(located.content, RECEIPT, receipt.to_bytes())
    return Kept(number, note.size, receipt)


def _fellows(chain: Chain, held: Containers, dataset_id: int) -> list[str]:
    """The other servers on the list that is here, the owner's first."""
    named = partners.known(chain, held, dataset_id)
    if named is None:
        return []
    return [named.served_at, *(one.url for one in named.partners if one.account != chain.address)]


def delete_withdrawn(member: Member, dataset_id: int) -> list[Kept]:
    """Deletes the copies of withdrawn versions whose deletion the owner asks for, and signs that, for the
    owner to fetch; of a version that was withdrawn alone the copy stays. Raises NotFoundError where the list
    that says where the owner is is not here."""
    chain, held = member.chain, Containers(member.home)
    done = []
    for note in _of_dataset(chain, held, dataset_id):
        if not chain.read(DatasetVersion, dataset_id, note.version).withdrawn_at:
            continue
        named = partners.known(chain, held, dataset_id)
        if named is None:
            raise NotFoundError(
                f"Version {note.version} of dataset {dataset_id} is withdrawn, and its owner not known here.",
                "Get the owner's request, and run biodesci dataset confirm-erasure.",
            )
        server = OwnersServer(named.served_at, signer(chain, dataset_id, 0))
        try:
            request = DeletionRequest.parse(server.document(note.content, REQUEST))
        except NotFoundError:
            done.append(Kept(note.version, note.size))
            continue
        erasure.confirm(member, request)
        done.append(Kept(note.version, note.size, deleted=True))
    return done


def challenge(owner: Member, named: PartnerList, places: int) -> Iterator[Challenged]:
    """Asks each partner for its receipt of each version that stands, and for so many places of the copy.
    Receipts are kept with the container. Raises nothing of ours: what a partner lacks is its problem."""
    chain, held = owner.chain, Containers(owner.home)
    for note in _of_dataset(chain, held, named.dataset_id):
        version = chain.read(DatasetVersion, note.dataset_id, note.version)
        if version.withdrawn_at:
            continue
        for partner in named.partners:
            receipt = None
            try:
                server = OwnersServer(partner.url, signer(chain, note.dataset_id, 0))
                receipt = CopyReceipt.parse(server.document(note.content, RECEIPT))
                root = commitments(chain, version).content_root
                _require_receipt(chain, receipt, _blank(chain, note, root, partner.account))
                held.attach(note.content, f"{partner.account.lower()}.{RECEIPT}", receipt.to_bytes())
                checked = _places(server, held.path(note.content), note, places)
                yield Challenged(partner, note.version, receipt, checked)
            except BioDeSciError as exc:
                yield Challenged(partner, note.version, receipt, 0, exc.message)


def _places(server: OwnersServer, own: Path, note: HeldContainer, places: int) -> int:
    chosen = unforeseeable(note.size, places)
    with own.open("rb") as source:
        for place in chosen:
            stop = min(place + _PIECE, note.size)
            source.seek(place)
            if b"".join(server.stream(note.content, place, stop)) != source.read(stop - place):
                raise IntegrityError(
                    "It shows other bytes than were published.", "Ask the partner to keep anew."
                )
    return len(chosen)


def _of_dataset(chain: Chain, held: Containers, dataset_id: int) -> list[HeldContainer]:
    wanted = chain.identity, dataset_id
    return [note for note in held.all() if (note.network, note.dataset_id) == wanted]


def _blank(chain: Chain, note: HeldContainer, root: bytes, partner: str) -> CopyReceipt:
    return CopyReceipt(
        chain_id=chain.chain_id,
        contract=str(chain.datasets.address),
        dataset_id=note.dataset_id,
        version=note.version,
        content=note.content,
        content_root=root,
        size=note.size,
        partner=partner,
        kept=int(time.time()),
        signature=b"",
    )


def _sign(chain: Chain, note: HeldContainer, root: bytes) -> CopyReceipt:
    blank = _blank(chain, note, root, chain.address)
    return blank.model_copy(update={"signature": signatures.sign(chain, typed_data.copy_receipt(blank))})


def _require_receipt(chain: Chain, receipt: CopyReceipt, wanted: CopyReceipt) -> None:
    given = {"kept": receipt.kept, "signature": receipt.signature}
    message = encode_typed_data(full_message=typed_data.copy_receipt(receipt))
    if receipt != wanted.model_copy(update=given) or not signatures.is_by(
        chain, receipt.partner, message, receipt.signature
    ):
        raise IntegrityError("Its receipt is of another copy, or not signed by it.", CopyReceipt.remedy)


def _has_root(sealed: Path, root: bytes) -> bool:
    with sealed.open("rb") as source:
        try:
            return container.content_root(source) == root
        except IntegrityError:  # it is no container at all
            return False


def _require_of_version(chain: Chain, note: HeldContainer, version: DatasetVersion) -> None:
    """A stranger's card can name the container of another dataset, which this home keeps for that one."""
    wanted = chain.identity, version.dataset_id, version.version
    if (note.network, note.dataset_id, note.version) != wanted:
        raise IntegrityError(
            f"The card of dataset {version.dataset_id}, version {version.version}, names a container that is "
            f"kept here as that of dataset {note.dataset_id}, version {note.version}.",
            "Nothing was fetched or signed. Ask the owners of both whose it is.",
        )
