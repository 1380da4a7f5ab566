"""Any threshold of shares opens a key, fewer say nothing, and a wrong share is noticed and named."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from typing import Any

import pytest
from eth_account import Account

from biodesci.core import envelope, guarding, shamir
from biodesci.core.documents.guarding import Release, SignedSplit, Split, SplitFile
from biodesci.core.errors import AccessDeniedError, InputError, IntegrityError, WrongKeyError

NFT, LICENSES = "0x" + "11" * 20, "0x" + "22" * 20


class Party:
    def __init__(self) -> None:
        self.address = str(Account.create().address)
        self.seed = envelope.generate_seed()
        self.public = envelope.public_key(self.seed)


class Guarded:
    """A key of 64 bytes in the hands of `count` guardians; its licensee is none of them."""

    def __init__(self, guardians: list[Party], threshold: int, secret: bytes, **changed: Any) -> None:
        self.guardians = guardians
        dealt = guarding.deal(secret, [one.address for one in guardians], threshold)
        fields = {
            **{"chain_id": 1, "contract": NFT, "dataset_id": 7, "version": 2, "commitments": bytes(32)},
            **{"owner": NFT, "made": 1, "threshold": threshold, "guardians": dealt.guardians},
        }
        self.split = Split(**{**fields, **changed})
        public = {one.address: one.public for one in guardians}
        sealed = guarding.seal_to_guardians(dealt, self.split, public)
        self.file = SplitFile(signed=SignedSplit(split=self.split, signature=b""), sealed=sealed)

    def share(self, guardian: Party) -> bytes:
        return guarding.open_share(guardian.seed, self.file, guardian.address)

    def release(self, guardian: Party, licensee: Party, share: bytes = b"", license_id: int = 9) -> Release:
        asked = Release(
            chain_id=1,
            contract=LICENSES,
            license_id=license_id,
            licensee=licensee.address,
            split=self.split.content,
            guardian=guardian.address,
            sealed=b"",
        )
        return guarding.seal_to_licensee(share or self.share(guardian), asked, licensee.public)[0]


@pytest.fixture(scope="module")
def parties() -> list[Party]:
    return [Party() for _ in range(5)]


@pytest.fixture(scope="module")
def licensee() -> Party:
    return Party()


@pytest.fixture(scope="module")
def secret() -> bytes:
    return os.urandom(64)


@pytest.fixture(scope="module")
def guarded(parties: list[Party], secret: bytes) -> Guarded:
    return Guarded(parties, 3, secret)


def test_any_threshold_of_the_shares_opens_the_key_and_fewer_do_not(guarded, parties, licensee, secret):
    releases = {one.address: guarded.release(one, licensee) for one in parties}
    for size in range(6):
        for some in itertools.combinations(releases.values(), size):
            if size >= 3:
                assert guarding.put_together(licensee.seed, guarded.split, some) == secret
                continue
            with pytest.raises(IntegrityError, match=f"{size} of the 3 shares"):
                guarding.put_together(licensee.seed, guarded.split, some)


def test_fewer_shares_than_the_threshold_fit_every_secret(secret):
    """Shamir's promise, on what is dealt here: two of three shares go with any key whatever."""
    accounts = [Party().address for _ in range(3)]
    shares = guarding.deal(secret, accounts, 3).shares
    other = os.urandom(64)
    points = [(0, int.from_bytes(other, "big"))]
    points += [(shamir.index_of(share), int.from_bytes(share[3:], "big")) for share in shares[:2]]
    third = shamir._interpolate(points, 3)
    forged = (3).to_bytes(2, "big") + bytes([64]) + third.to_bytes(66, "big")
    assert shamir.combine([*shares[:2], forged], 3) == other
    assert shamir.combine(shares, 3) == secret


def test_a_wrong_share_is_named_and_left_out(guarded, parties, licensee, secret):
    liar = parties[0]
    swapped = guarded.share(parties[1])
    bent = bytearray(guarded.share(liar))
    bent[-1] ^= 1
    for wrong in (bytes(bent), swapped, os.urandom(69), b"short"):
        lie = guarded.release(liar, licensee, wrong)
        right = [guarded.release(one, licensee) for one in parties[1:4]]
        assert guarding.put_together(licensee.seed, guarded.split, [lie, *right]) == secret
        with pytest.raises(IntegrityError, match=f"2 of the 3 shares .*{liar.address}") as caught:
            guarding.put_together(licensee.seed, guarded.split, [lie, *right[:2]])
        assert parties[1].address not in str(caught.value)


def test_a_guardian_cannot_pass_for_two(guarded, parties, licensee):
    one, two = parties[:2]
    copied = guarded.release(two, licensee, guarded.share(one))
    releases = [guarded.release(one, licensee), guarded.release(one, licensee), copied]
    with pytest.raises(IntegrityError, match=f"1 of the 3 .*{two.address}"):
        guarding.put_together(licensee.seed, guarded.split, releases)


def test_a_stranger_has_no_share(guarded, parties, licensee):
    stranger = Party()
    with pytest.raises(AccessDeniedError, match="no guardian"):
        guarding.open_share(stranger.seed, guarded.file, stranger.address)
    with pytest.raises(WrongKeyError):
        guarding.open_share(stranger.seed, guarded.file, parties[0].address)
    with pytest.raises(WrongKeyError):  # a guardian opens its own alone
        guarding.open_share(parties[1].seed, guarded.file, parties[0].address)
    lie = guarded.release(stranger, licensee, os.urandom(69))
    with pytest.raises(IntegrityError, match="no guardian"):
        guarding.put_together(licensee.seed, guarded.split, [lie])


def test_a_release_opens_for_its_licence_licensee_and_split_alone(guarded, parties, licensee):
    releases = [guarded.release(one, licensee) for one in parties[:3]]
    for changed in (
        {"license_id": 10},
        {"licensee": parties[0].address},
        {"chain_id": 2},
        {"contract": NFT},
        {"split": bytes(32)},
    ):
        moved = [one.model_copy(update=changed) for one in releases]
        with pytest.raises(IntegrityError, match="0 of the 3 shares"):
            guarding.put_together(licensee.seed, guarded.split, moved)
    with pytest.raises(IntegrityError, match="0 of the 3 shares"):
        guarding.put_together(parties[4].seed, guarded.split, releases)


@pytest.mark.parametrize(
    "changed", [{"version": 3}, {"dataset_id": 8}, {"contract": LICENSES}, {"chain_id": 2}, {"threshold": 2}]
)
def test_a_sealed_share_is_bound_to_its_split(guarded, parties, changed):
    split = guarded.split.model_copy(update=changed)
    file = SplitFile(signed=SignedSplit(split=split, signature=b""), sealed=guarded.file.sealed)
    with pytest.raises(WrongKeyError):
        guarding.open_share(parties[0].seed, file, parties[0].address)


def test_shares_of_two_splits_do_not_go_together(guarded, parties, licensee, secret):
    """Rotation: the same key under another polynomial, for some of the guardians and a new one."""
    new = Guarded([*parties[:3], Party()], 3, secret, made=2)
    old = [guarded.release(one, licensee) for one in parties[:2]]
    with pytest.raises(IntegrityError, match="1 of the 3 shares"):
        guarding.put_together(licensee.seed, new.split, [*old, new.release(new.guardians[2], licensee)])
    # Relabelled as of the new one, they are not what it committed to.
    relabelled = [new.release(one, licensee, guarded.share(one)) for one in parties[:2]] + [
        new.release(new.guardians[3], licensee)
    ]
    with pytest.raises(IntegrityError, match="1 of the 3 shares"):
        guarding.put_together(licensee.seed, new.split, relabelled)
    mixed = [guarded.share(parties[0]), guarded.share(parties[1]), new.share(parties[2])]
    with suppress(IntegrityError):  # mostly: the number is no secret of that length
        assert shamir.combine(mixed, 3) != secret
    whole = [new.release(one, licensee) for one in new.guardians[1:]]
    assert guarding.put_together(licensee.seed, new.split, whole) == secret


@pytest.mark.parametrize(("count", "threshold"), [(2, 3), (3, 1), (1, 1), (3, 0), (33, 2)])
def test_a_split_that_is_none_is_refused(secret, count, threshold):
    guardians = [Party() for _ in range(count)]
    with pytest.raises(InputError):
        Guarded(guardians, threshold, secret)


def test_a_guardian_is_named_once(parties, secret):
    with pytest.raises(InputError, match="twice"):
        Guarded([parties[0], parties[1], parties[0]], 2, secret)


def test_a_share_says_nothing_of_the_secret_by_its_commitment(secret):
    accounts = [Party().address for _ in range(2)]
    one, other = (guarding.deal(secret, accounts, 2).guardians for _ in range(2))
    assert not {guardian.share for guardian in one} & {guardian.share for guardian in other}
