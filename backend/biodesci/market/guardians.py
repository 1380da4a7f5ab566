"""Guardians of a dataset's key: the owner splits it, each keeps a share, any threshold of them delivers it.

A guardian is an account that accepted the custody of the dataset on chain (role custodian), or that its owner
named to the contract that has it (market/guarded_custody.py). It holds a share instead of the key, and
releases it for a licence once it has seen on chain itself that the licence waits for its key; the share
leaves sealed to the licensee. Whoever of them has a threshold of such shares delivers: it opens none of them,
and what it delivers says whose each is.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from web3.contract.contract import ContractFunction

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import files, guarding, typed_data
from biodesci.core.documents.custody import Approval, SignedApproval
from biodesci.core.documents.guarding import Guardian, ReleasedShare, SharedKey, SignedSplit, Split, SplitFile
from biodesci.core.errors import AccessDeniedError, InputError, StateError
from biodesci.core.onchain import LicenseState
from biodesci.ipfs import unixfs
from biodesci.market import (
    evidence,
    guarded_custody,
    guarded_due,
    guarded_splits,
    redelivery,
    shared_evidence,
    shares,
)
from biodesci.market.handover import require_custody
from biodesci.market.in_flight import AGAIN, about_licence
from biodesci.market.license import get
from biodesci.market.sealing import delivery
from biodesci.party import dataset_keys, keys
from biodesci.party.member import Member

_DELIVERY: Final = "delivery"  # the kind of intent: a custodian of this home delivers the licence no more


@dataclass(frozen=True)
class Guarded:
    """Who guards a version's key: any `threshold` of the guardians deliver it."""

    dataset_id: int
    version: int
    threshold: int
    guardians: tuple[str, ...]

    @classmethod
    def by(cls, split: Split) -> Guarded:
        """By this split."""
        accounts = tuple(one.account for one in split.guardians)
        return cls(split.dataset_id, split.version, split.threshold, accounts)


def guard(
    owner: Member,
    dataset_id: int,
    number: int,
    accounts: Sequence[str],
    threshold: int,
    urls: Mapping[str, str] = MappingProxyType({}),
) -> SplitFile:
    """Splits the key of a version among accounts, and seals each share to its guardian's key on chain. `urls`
    are where the workers of some of them answer.

    A second split replaces the first: shares of both do not go together. Raises AccessDeniedError where this
    account is not the owner, or one of the others has not accepted the custody, and the owner did not name
    them all to the contract (`guarded_custody.appoint`); NotFoundError where the key
    is not in this home; InputError for a threshold that is not possible.
    """
    chain = owner.chain
    if str(chain.call(chain.datasets.functions.ownerOf(dataset_id))) != chain.address:
        raise AccessDeniedError(
            f"{chain.address} does not own dataset {dataset_id}.", "Its owner names the guardians."
        )
    named = guarded_custody.named(accounts, threshold)
    if guarded_custody.set_of(chain, dataset_id, number, named) is None:
        for account in accounts:
            require_custody(chain, dataset_id, account)
    version = chain.read(DatasetVersion, dataset_id, number)
    secret = b"".join(dataset_keys.load(owner.home, owner.passphrase, chain, version))
    dealt = guarding.deal(secret, accounts, threshold)
    split = Split(
        chain_id=chain.chain_id,
        contract=str(chain.datasets.address),
        dataset_id=dataset_id,
        version=number,
        commitments=version.commitments,
        owner=chain.address,
        made=chain.now(),
        threshold=threshold,
        guardians=tuple(
            Guardian(account=one.account, share=one.share, url=urls.get(one.account))
            for one in dealt.guardians
        ),
    )
    sealed = guarding.seal_to_guardians(dealt, split, {one: chain.key_of(one) for one in accounts})
    signature = signatures.sign(chain, typed_data.key_split(split))
    return SplitFile(signed=SignedSplit(split=split, signature=signature), sealed=sealed)


def take_share(member: Member, file: SplitFile) -> Guarded:
    """Keeps a split, once the share in it that is this account's was opened and is the one that the owner
    committed to. What is kept stays sealed to this account's key.

    Raises AccessDeniedError where this account is no guardian, or has not accepted the custody; WrongKeyError
    where the share is sealed to another key; IntegrityError for a split that does not count; StateError where
    a newer one is kept.
    """
    chain, split = member.chain, file.signed.split
    if guarded_splits.set_of(chain, split) is None or split.index_of(chain.address) is None:
        require_custody(chain, split.dataset_id, chain.address)
    version = chain.read(DatasetVersion, split.dataset_id, split.version)
    shares.require_split(chain, file.signed, version)
    guarding.open_share(keys.load_seed(member.home, member.passphrase), file, chain.address)
    target = guarded_splits.split_path(member, version)
    if target.exists() and SplitFile.parse(files.read(target)).signed.split.made > split.made:
        raise StateError("A newer split of this key is in this home.", "Nothing was changed.")
    files.write_private(target, file.to_bytes())
    return Guarded.by(split)


def release_share(member: Member, license_id: int) -> ReleasedShare:
    """This guardian's share for a licence whose key is due by what the chain says now.

    Raises StateError where no key is due for it, AccessDeniedError where this account is no custodian of the
    dataset (any more), NotFoundError where this home has no share, and what the contract would refuse a
    delivery with.
    """
    chain = member.chain
    licence, version = guarded_due.due_or_again(member, license_id)
    file = guarded_splits.split_of(member, version)
    share = guarding.open_share(keys.load_seed(member.home, member.passphrase), file, chain.address)
    release = shares.asked(chain, licence, file.signed.split, chain.address)
    sealed, randomness = guarding.seal_to_licensee(share, release, chain.key_of(licence.licensee))
    shared_evidence.keep(member, sealed, share, randomness)
    return ReleasedShare(signed=shares.sign(chain, sealed))


def approve(member: Member, license_id: int, given: Sequence[ReleasedShare]) -> SignedApproval:
    """This guardian's signature on the delivery of these shares, for the contract that is the custodian.

    Raises StateError where no contract is, and as `deliver` does.
    """
    chain = member.chain
    licence, version = guarded_due.due_or_again(member, license_id)
    signed = guarded_splits.split_of(member, version).signed
    return guarded_custody.sign(chain, approval_of(chain, licence, version, signed, given))


def deliver(
    member: Member,
    license_id: int,
    given: Sequence[ReleasedShare],
    approvals: Sequence[SignedApproval] = (),
) -> bytes:
    """Delivers a licence's key in the shares that were released; the digest of what was delivered. Where the
    contract is the custodian, by what guardians signed (`approve`) of these same shares.

    What is delivered gets onto IPFS once the chain has taken it. A run that was stopped goes on. Raises
    InputError, which says why of each, where fewer than the threshold count, and as `release_share` does.
    """
    chain = member.chain
    with chain.intent(_DELIVERY, about_licence(license_id)) as intent:
        receipt = intent.resume()
        if receipt is None:
            due = guarded_due.due(member, license_id)
            receipt = intent.send(_call(member, due, given, approvals))
        event = chain.event(receipt, chain.licenses, "LicenseDelivered")
        return _added(member, license_id, bytes(event["envelope"]))


def deliver_or_again(
    member: Member,
    license_id: int,
    given: Sequence[ReleasedShare],
    approvals: Sequence[SignedApproval] = (),
) -> bytes:
    """As `deliver`; where the key was delivered, and the licensee has registered another since, once more.

    Raises as `deliver` does, and StateError for shares that were delivered before.
    """
    chain, licence = member.chain, get(member.chain, license_id)
    with chain.intent(AGAIN, about_licence(license_id)) as intent:
        receipt = intent.resume()
        if guarded_due.has_another_key(chain, licence):
            intent.forget()  # what it delivered is sealed to an older key
            due = guarded_due.due_or_again(member, license_id)
            receipt = intent.send(_call(member, due, given, approvals))
        if receipt is not None:
            event = chain.event(receipt, chain.licenses, "KeyRedelivered")
            return _added(member, license_id, bytes(event["envelope"]))
    return deliver(member, license_id, given, approvals)


def approval_of(
    chain: Chain,
    licence: License,
    version: DatasetVersion,
    signed: SignedSplit,
    given: Sequence[ReleasedShare],
) -> Approval:
    """What guardians sign to have these shares delivered by the contract that is the custodian.

    Raises StateError where none is, and InputError where too few of the shares count.
    """
    guardians = guarded_splits.set_of(chain, signed.split)
    if guardians is None:
        raise StateError(
            f"The guardians of dataset {version.dataset_id} are custodians themselves.",
            "One of them delivers: biodesci dataset deliver-shares.",
        )
    digest = _digest_of(compose(chain, licence, signed, given))
    return guarded_custody.approval(chain, licence, version, digest, guardians)


def compose(chain: Chain, licence: License, signed: SignedSplit, given: Sequence[ReleasedShare]) -> bytes:
    """What is delivered in place of an envelope: the same for the same shares, in whatever order.

    Raises InputError, which says why of each, where fewer than the threshold count, and StateError where
    just these were delivered before.
    """
    good, refused = shares.sifted(chain, licence, signed.split, [one.signed for one in given])
    if len(good) < signed.split.threshold:
        raise InputError(
            f"{len(good)} of {signed.split.threshold} shares that are needed count.{shares.reasons(refused)}",
            "Ask more guardians for theirs: biodesci dataset release-share.",
        )
    good.sort(key=lambda one: signed.split.index_of(one.release.guardian) or 0)
    raw = SharedKey(signed=signed, shares=tuple(good)).to_bytes()
    if any(one.digest == _digest_of(raw) for one in evidence.deliveries(chain, licence.id)):
        raise StateError(
            f"These shares were delivered for licence {licence.id} already, sealed to an older key.",
            "Each guardian releases its share anew: biodesci dataset release-share.",
        )
    return raw


def _approved(
    chain: Chain, wanted: Approval, split: Split, approvals: Sequence[SignedApproval]
) -> ContractFunction:
    guardians = guarded_custody.of_split(split)
    signed, refused = guarded_custody.sifted(chain, wanted, guardians, approvals)
    if len(signed) < split.threshold:
        raise InputError(
            f"{len(signed)} of {split.threshold} approvals that are needed count.{shares.reasons(refused)}",
            "Have more guardians approve it, with the same shares: biodesci dataset approve-delivery.",
        )
    return guarded_custody.delivery(chain, wanted, guardians, signed)


def _call(
    member: Member,
    due: tuple[License, DatasetVersion],
    given: Sequence[ReleasedShare],
    approvals: Sequence[SignedApproval],
) -> ContractFunction:
    """The call that delivers these shares, which this home keeps until they are on IPFS."""
    chain, (licence, version) = member.chain, due
    signed = guarded_splits.split_of(member, version).signed
    raw = compose(chain, licence, signed, given)
    digest = _digest_of(raw)
    if guarded_splits.set_of(chain, signed.split) is not None:
        wanted = approval_of(chain, licence, version, signed, given)
        call = _approved(chain, wanted, signed.split, approvals)
    elif licence.state is LicenseState.PURCHASED:
        call = delivery(chain, licence, version, digest)
    else:
        call = redelivery.again(chain, licence, version, digest)
    files.write_private(_delivered(member, licence.id, digest), raw)
    return call


def _added(member: Member, license_id: int, digest: bytes) -> bytes:
    """The digest of what was delivered, which is on IPFS, if this home made it."""
    _add(member, license_id, _delivered(member, license_id, digest))
    return digest


def _digest_of(raw: bytes) -> bytes:
    return unixfs.digest_of(io.BytesIO(raw))


def complete(member: Member, head: int) -> None:
    """Adds to IPFS what was delivered up to a block, and was not added before the run that delivered it
    ended."""
    for file in sorted((guarded_splits.folder(member.home, member.chain) / "delivered").glob("*.json")):
        license_id, digest = file.stem.split("-")
        if evidence.is_delivered(member.chain, int(license_id), bytes.fromhex(digest), head):
            _add(member, int(license_id), file)


def _add(member: Member, license_id: int, file: Path) -> None:
    if file.exists():  # this home made it, and has not added it yet
        member.ipfs.add(file.read_bytes(), f"key of licence {license_id} in shares")
        file.rename(file.with_suffix(".added"))


def _delivered(member: Member, license_id: int, digest: bytes) -> Path:
    return (
        guarded_splits.folder(member.home, member.chain) / "delivered" / f"{license_id}-{digest.hex()}.json"
    )
