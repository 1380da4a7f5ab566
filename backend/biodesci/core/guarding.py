"""A dataset key (key ‖ salt, 64 bytes) dealt to guardians, and put together again from their shares.

Shamir's shares (core/shamir.py) carry no checksum, so each is committed to by a hash in the split, which the
owner signs: a wrong one is noticed before it spoils the key, and its guardian is named. A share has 521
random bits, so that its hash says nothing of it. A new split has a new polynomial: shares of two splits do
not go together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from eth_utils.crypto import keccak

from biodesci.core import commitment as commitments
from biodesci.core import envelope, shamir
from biodesci.core.documents.custody import GuardianAnswer
from biodesci.core.documents.guarding import Guardian, Release, Split, SplitFile
from biodesci.core.errors import AccessDeniedError, BioDeSciError, InputError, IntegrityError

_SHARE: Final = keccak(b"biodesci/share/v1")
Keys = Mapping[str, bytes]
"""The public keys of accounts, in the order in which they get shares."""


@dataclass(frozen=True)
class Dealt:
    """Shares, in their order, and the guardians with what each share was committed to."""

    shares: tuple[bytes, ...]
    guardians: tuple[Guardian, ...]


def commitment(share: bytes) -> bytes:
    """What a share is committed to in the split."""
    return keccak(_SHARE + share)


def deal(secret: bytes, accounts: Sequence[str], threshold: int) -> Dealt:
    """Splits a secret among accounts. Raises InputError for a threshold that is not possible."""
    shares = tuple(shamir.split(secret, threshold, len(accounts)))
    guardians = tuple(
        Guardian(account=account, share=commitment(share))
        for account, share in zip(accounts, shares, strict=True)
    )
    return Dealt(shares, guardians)


def seal_to_guardians(dealt: Dealt, split: Split, keys: Keys) -> tuple[bytes, ...]:
    """Each share for its guardian alone, bound to the split and so to version, threshold and index."""
    return tuple(
        envelope.seal(keys[guardian.account], share, _for_guardian(split, guardian.account))
        for guardian, share in zip(split.guardians, dealt.shares, strict=True)
    )


def open_share(seed: bytes, file: SplitFile, account: str) -> bytes:
    """The account's share, with the seed of its key.

    Raises AccessDeniedError where it is no guardian, WrongKeyError where the share is sealed to another key,
    and IntegrityError where it is not the one that was committed to.
    """
    split = file.signed.split
    index = split.index_of(account)
    if index is None:
        raise AccessDeniedError(
            f"{account} is no guardian of this key.", "Ask the dataset's owner to make a split with it."
        )
    share = envelope.open_(seed, file.sealed[index - 1], _for_guardian(split, account))
    check_share(split, account, share)
    return share


def seal_to_licensee(share: bytes, release: Release, public_key: bytes) -> tuple[Release, bytes]:
    """The release with the share sealed to the licensee's public key, for this licence alone; and the
    randomness by which `seals_again` is shown, which is as secret as the share."""
    sealed, randomness = envelope.seal_shown(public_key, share, _for_licensee(release))
    return release.model_copy(update={"sealed": sealed}), randomness


def seals_again(share: bytes, release: Release, public_key: bytes, randomness: bytes) -> bool:
    """Whether this share, sealed to this key with this randomness, is what was released."""
    try:
        return envelope.seal_again(public_key, share, _for_licensee(release), randomness) == release.sealed
    except InputError:
        return False  # registered, but no key


def seal_to_fellow(answer: GuardianAnswer, account: str, public_key: bytes) -> bytes:
    """An answer for another guardian alone: before their delivery the licensee is not to have the shares."""
    return envelope.seal(public_key, answer.to_bytes(), _for_fellow(answer.released.release, account))


def open_of_fellow(seed: bytes, sealed: bytes, asked: Release, account: str) -> GuardianAnswer:
    """What another guardian sealed to this account, about what was `asked` of it.

    Raises WrongKeyError for what was sealed to another, or about something else, and InputError for what is
    no answer.
    """
    return GuardianAnswer.parse(envelope.open_(seed, sealed, _for_fellow(asked, account)))


def put_together(seed: bytes, split: Split, releases: Sequence[Release]) -> bytes:
    """The secret, from those of the releases that are right; `seed` is of the licensee's key.

    Raises IntegrityError, which names the guardians whose shares are wrong, where fewer than the threshold
    are right.
    """
    good: dict[str, bytes] = {}
    wrong: dict[str, str] = {}
    for release in releases:
        try:
            share = envelope.open_(seed, release.sealed, _for_licensee(release))
            check_share(split, release.guardian, share)
        except BioDeSciError as exc:
            wrong.setdefault(release.guardian, exc.message)
        else:
            good[release.guardian] = share
    if len(good) < split.threshold:
        named = "; ".join(f"{guardian}: {why}" for guardian, why in wrong.items() if guardian not in good)
        raise IntegrityError(
            f"{len(good)} of the {split.threshold} shares that are needed are right"
            + (f" ({named})." if named else "."),
            "Ask the dataset's owner to have it delivered again, without the guardians that are named.",
        )
    return shamir.combine(list(good.values()), split.threshold)


def check_share(split: Split, account: str, share: bytes) -> None:
    """Raises IntegrityError unless the share is the one that the account was dealt by this split."""
    index = split.index_of(account)
    if index is None:
        raise IntegrityError("This account is no guardian of the key.", "Leave its share out.")
    if shamir.index_of(share) != index:
        raise IntegrityError("The share is another guardian's.", "Leave it out.")
    commitments.check(split.guardians[index - 1].share, commitment(share), "share")


def _for_guardian(split: Split, account: str) -> bytes:
    where = envelope.info("guarded-share", split.chain_id, split.contract, split.dataset_id, account)
    return keccak(where + split.content)


def _for_licensee(release: Release) -> bytes:
    place = release.chain_id, release.contract, release.license_id, release.licensee
    return keccak(envelope.info("released-share", *place) + release.split)


def _for_fellow(release: Release, account: str) -> bytes:
    where = envelope.info("guarded-share", release.chain_id, release.contract, release.license_id, account)
    return keccak(where + release.split + commitments.address(release.guardian))
