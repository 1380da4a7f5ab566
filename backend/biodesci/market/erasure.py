"""Erasing a version of a dataset: consent withdrawn, keys destroyed, copies deleted here and by others.

Each step looks at what is done already, so that a run that was stopped is repeated. What was delivered can't
be recalled; and a file system that copies on write, a snapshot or a backup may still hold what was
overwritten.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from eth_account.messages import encode_typed_data

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core import cid, container, files, typed_data
from biodesci.core.documents.deletion import DeletionReceipt, DeletionRequest
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import Role
from biodesci.ipfs.client import Ipfs
from biodesci.market import content, evidence, guarded_custody, guarded_splits, partners, roles, sources
from biodesci.party import dataset_keys, disclosures
from biodesci.party.containers import DELETION, REQUEST, Containers
from biodesci.party.member import Member

_PATTERN = 1 << 20  # bytes overwritten at a time


@dataclass(frozen=True)
class Forgotten:
    """What one home and its node let go of: how many files with the key, how many blocks; and the digests of
    files that the node has still, for a reason of its own."""

    key_files: int
    blocks: int
    left: tuple[bytes, ...]


@dataclass(frozen=True)
class Holder:
    """Who may hold a copy or a key: a node by its API, or an account by its role. `answer` is "" where it
    showed that it deleted (a node) or signed that it did (an account); else what it said, or did not."""

    name: str
    answer: str = ""


@dataclass(frozen=True)
class Erased:
    """What came of it. `request` is the file to hand to each of the holders."""

    request: Path
    here: Forgotten
    holders: tuple[Holder, ...]


def erase(
    owner: Member, dataset_id: int, version: int, nodes: Sequence[Ipfs], named: Iterable[str]
) -> Erased:
    """Withdraws a version, destroys its key here, has this node and others' `nodes` delete the files, and
    says which of these, of the accounts that accepted a role, of the guardians that were named to the
    contract, of the dataset's partners, and of those `named` besides has not answered. Partners find the
    request at the owner's server, and theirs have the receipt.

    Raises AccessDeniedError where the dataset is another's.
    """
    chain = owner.chain
    if str(chain.call(chain.datasets.functions.ownerOf(dataset_id))) != chain.address:
        raise AccessDeniedError(f"Dataset {dataset_id} is not yours.", "Its owner erases it.")
    on_chain = chain.read(DatasetVersion, dataset_id, version)
    request = _noted(owner, on_chain)
    if not on_chain.withdrawn_at:
        chain.send(chain.datasets.functions.withdraw(dataset_id, version))
    here = _forget(owner, on_chain, request)
    answers = [_asked(node, request) for node in nodes]
    held = [
        one.account
        for one in roles.holders(chain, dataset_id)
        if one.accepted and one.role is not Role.COMMITTEE and one.account != str(chain.custody.address)
    ]
    # The contract signs no receipt, and has no share: those who have one were named to it.
    held += guarded_custody.ever_named(chain, dataset_id, version)
    keeping = _fetch_receipts(owner, on_chain, request)
    signed = receipts(owner, dataset_id, version)
    for account in dict.fromkeys((*held, *keeping, *named)):
        answers.append(Holder(account, "" if account in signed else "no signed receipt has come"))
    return Erased(_request(owner, on_chain), here, tuple(answers))


def confirm(holder: Member, request: DeletionRequest) -> DeletionReceipt:
    """As a holder: deletes what a request names, and signs that it did.

    Raises StateError where the chain does not say that the version was withdrawn, or the node has a file
    still, and IntegrityError where the files are not those of the version: who asks is not believed.
    """
    chain = holder.chain
    on_chain = _of(chain, request)
    if not chain.call(chain.datasets.functions.isWithdrawn(request.dataset_id, request.version)):
        raise StateError(
            f"Version {request.version} of dataset {request.dataset_id} is not withdrawn on chain.",
            "Its owner withdraws it first: nothing was deleted.",
        )
    _require_named(holder, on_chain, request)
    containers = Containers(holder.home)
    copies = [one for one in request.files if containers.find(one) is not None]
    done = _forget(holder, on_chain, request)
    if done.left:
        raise StateError(
            f"The IPFS node still has {cid.from_digest(done.left[0])}.",
            "Something else that it keeps contains it; look at biodesci ipfs pins. Nothing was signed.",
        )
    blank = DeletionReceipt(request=request, holder=chain.address, deleted=int(time.time()), signature=b"")
    signature = signatures.sign(chain, typed_data.deletion(blank))
    receipt = blank.model_copy(update={"signature": signature})
    for digest in copies:
        containers.attach(digest, DELETION, receipt.to_bytes())
    return receipt


def take_receipt(owner: Member, receipt: DeletionReceipt) -> None:
    """Files a holder's receipt. Raises IntegrityError where it is for another request, or not signed by its
    holder, and NotFoundError where nothing was asked."""
    chain, request = owner.chain, receipt.request
    on_chain = _of(chain, request)
    if DeletionRequest.parse(files.read(_request(owner, on_chain))) != request:
        raise IntegrityError(
            "The receipt answers another request than yours.", "Send that holder yours again."
        )
    message = encode_typed_data(full_message=typed_data.deletion(receipt))
    if not signatures.is_by(chain, receipt.holder, message, receipt.signature):
        raise IntegrityError("The receipt is not signed by its holder.", "Ask the holder for another.")
    target = _request(owner, on_chain).with_name(f"{receipt.holder.lower()}.receipt")
    files.write_private(target, receipt.to_bytes())


def _fetch_receipts(owner: Member, version: DatasetVersion, request: DeletionRequest) -> list[str]:
    """The accounts of the dataset's partners. The request lies at the owner's server for them from now on;
    receipts of those that deleted their copies are fetched from their servers and filed."""
    chain, containers = owner.chain, Containers(owner.home)
    named = partners.known(chain, containers, version.dataset_id)
    if named is None:
        return []
    sign = sources.signer(chain, version.dataset_id, 0)
    for digest in request.files:
        if digest != version.card:
            containers.attach(digest, REQUEST, request.to_bytes())
            for partner in named.partners:
                with suppress(BioDeSciError):  # whoever gives none is named
                    server = sources.OwnersServer(partner.url, sign)
                    take_receipt(owner, DeletionReceipt.parse(server.document(digest, DELETION)))
    return [partner.account for partner in named.partners]


def receipts(owner: Member, dataset_id: int, version: int) -> dict[str, DeletionReceipt]:
    """The receipts that came, by the holder's account."""
    on_chain = owner.chain.read(DatasetVersion, dataset_id, version)
    filed = sorted(_request(owner, on_chain).parent.glob("*.receipt"))
    return {one.holder: one for one in (DeletionReceipt.parse(path.read_bytes()) for path in filed)}


def destroy(path: Path) -> bool:
    """Overwrites a file, cuts it to nothing and removes it; False where there is none.

    A disk that writes elsewhere than it is told (copy on write, wear levelling) keeps the bytes of before
    until it needs the room.
    """
    try:
        with path.open("r+b") as target:
            left = os.fstat(target.fileno()).st_size
            while left > 0:
                left -= target.write(os.urandom(min(left, _PATTERN)))
            target.flush()
            os.fsync(target.fileno())
            target.truncate(0)
            os.fsync(target.fileno())
    except FileNotFoundError:
        return False
    path.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def _request(owner: Member, version: DatasetVersion) -> Path:
    chain = owner.chain
    where = f"{chain.chain_id}-{str(chain.datasets.address).lower()}"
    name = f"{version.dataset_id}-{version.version}-{version.commitments.hex()}"
    return owner.home / "erasures" / where / name / "request.json"


def _noted(owner: Member, version: DatasetVersion) -> DeletionRequest:
    """The request, noted before the first copy goes: nobody could say afterwards what to ask for."""
    path, chain = _request(owner, version), owner.chain
    if path.exists():
        return DeletionRequest.parse(path.read_bytes())
    own = [version.card]
    with suppress(content.FaultError):  # the card names no file, or one that is not this version's
        root = commitments(chain, version).content_root
        own.append(content.locate(owner.ipfs, version.card, root).content)
    request = DeletionRequest(
        chain_id=chain.chain_id,
        contract=str(chain.datasets.address),
        dataset_id=version.dataset_id,
        version=version.version,
        files=own,
        asked=int(time.time()),
    )
    files.write_private(path, request.to_bytes())
    return request


def _of(chain: Chain, request: DeletionRequest) -> DatasetVersion:
    if (request.chain_id, request.contract) != (chain.chain_id, str(chain.datasets.address)):
        raise InputError("It is of another network.", "Set BIODESCI_DEPLOYMENT to that network's file.")
    return chain.read(DatasetVersion, request.dataset_id, request.version)


def _require_named(holder: Member, version: DatasetVersion, request: DeletionRequest) -> None:
    """A stranger could ask for the deletion of something else that this node keeps."""
    known = {version.card}
    # The card is gone, by a run before perhaps; or it names no file, and is all there is.
    with suppress(NotFoundError, UnavailableError, content.FaultError):
        root = commitments(holder.chain, version).content_root
        known.add(content.locate(holder.ipfs, version.card, root).content)
    for one in known - {version.card}:
        _require_of_no_other(holder, version, one)
    of_version = holder.chain.identity, version.dataset_id, version.version
    for one in request.files:
        note = Containers(holder.home).find(one)
        if note is not None and (note.network, note.dataset_id, note.version) == of_version:
            continue  # noted so when it was published or fetched here, and its root was that of the version
        if note is not None or (one not in known and holder.ipfs.is_pinned(one)):
            raise IntegrityError(
                f"The request names {cid.from_digest(one)}, which is not known to be of this version.",
                "Nothing was deleted. Ask the data owner for a request for this version alone.",
            )


def _forget(member: Member, version: DatasetVersion, request: DeletionRequest) -> Forgotten:
    chain, held = member.chain, Containers(member.home)
    secrets = [dataset_keys.path(member.home, chain, version), guarded_splits.split_path(member, version)]
    sealed = evidence.files_of(member.home, chain, _licenses(chain, version))
    destroyed = sum(destroy(path) for path in (*secrets, *sealed.values()))
    if version.publisher == chain.address:  # a stranger's version can have the commitment of this one's key
        disclosures.forget_sketches(member.home, chain, commitments(chain, version).key_commitment)
    for digest in request.files:
        kept = held.find(digest)
        # A stranger's card may name the container of another dataset, or one that is nobody's yet.
        if kept is None:
            is_own = version.publisher == chain.address
        else:
            is_own = (kept.dataset_id, kept.version) == (version.dataset_id, version.version)
        if is_own:
            held.forget(digest)
    for digest in (*request.files, *sealed):
        member.ipfs.unpin(digest)
    removed = member.ipfs.collect_garbage()
    return Forgotten(destroyed, removed, tuple(one for one in request.files if _has(member.ipfs, one)))


def _licenses(chain: Chain, version: DatasetVersion) -> set[int]:
    first = chain.deployment.contracts["AccessLicense"].block
    bought = chain.events(
        chain.licenses, "LicensePurchased", first, filters={"datasetId": version.dataset_id}
    )
    return {log["args"]["licenseId"] for log in bought if log["args"]["version"] == version.version}


def _asked(node: Ipfs, request: DeletionRequest) -> Holder:
    try:
        for digest in request.files:
            node.unpin(digest)
        node.collect_garbage()
        left = [digest for digest in request.files if _has(node, digest)]
    except BioDeSciError as exc:
        return Holder(node.api, exc.message)
    return Holder(node.api, f"it still has {cid.from_digest(left[0])}" if left else "")


def _has(node: Ipfs, digest: bytes) -> bool:
    """Whether a node shows the beginning of a file out of its own repository."""
    try:
        node.holds(digest, 0)
    except NotFoundError:
        return False
    return True


def _require_of_no_other(holder: Member, version: DatasetVersion, digest: bytes) -> None:
    """A stranger's card can name the file of another dataset, which this node keeps for that one."""
    if not holder.ipfs.is_pinned(digest):
        return
    chain, root = holder.chain, commitments(holder.chain, version).content_root
    with tempfile.TemporaryFile() as copy:
        for piece in holder.ipfs.stream(digest):
            copy.write(piece)
        copy.seek(0)
        is_its_own = container.content_root(copy) == root
    first = chain.deployment.contracts["DatasetNFT"].block
    for name in ("DatasetPublished", "VersionPublished"):
        for log in chain.events(chain.datasets, name, first):
            other = log["args"]["datasetId"], log["args"].get("version", 1)
            if bytes(log["args"]["contentRoot"]) == root and other != (version.dataset_id, version.version):
                is_its_own = is_its_own and chain.call(chain.datasets.functions.isWithdrawn(*other))
    if not is_its_own:
        raise IntegrityError(
            f"{cid.from_digest(digest)} is, or may be, the file of another dataset that stands.",
            "Nothing was deleted: the card of the version that is to be erased names what is not its own.",
        )
