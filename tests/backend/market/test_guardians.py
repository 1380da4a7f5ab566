"""Guardians deliver a key that none of them has; each sees on chain itself that it is due."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from biodesci.core import cid, guarding
from biodesci.core.documents.guarding import ReleasedShare, SharedKey, SignedSplit, SplitFile
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
    UnavailableError,
    WrongKeyError,
)
from biodesci.core.onchain import LicenseState, Role
from biodesci.ipfs import unixfs
from biodesci.market import guarded_due, license, roles, shared_evidence, shares
from biodesci.market.guardians import approve, deliver, guard, release_share, take_share
from biodesci.party.member import Member
from tests.backend import calls
from tests.backend.market.conftest import Sale, seller
from tests.backend.market.guarded import House


def lie(member: Member, released: ReleasedShare, sale: Sale) -> ReleasedShare:
    """A release as the guardian signs it, with another share in it."""
    wrong, randomness = guarding.seal_to_licensee(
        bytes(69), released.signed.release, sale.buyer.key_of(sale.buyer.address)
    )
    shared_evidence.keep(member, wrong, bytes(69), randomness)
    return ReleasedShare(signed=shares.sign(member.chain, wrong))


def test_any_two_of_three_deliver_and_the_licensee_opens_it(house: House) -> None:
    one, two, three = house.members
    for releasing, delivering in (((one, two), two), ((one, three), one), ((two, three), two)):
        bought = house.buy()
        given = [release_share(member, bought) for member in releasing]
        deliver(delivering, bought, given)
        assert license.get(house.sale.buyer, bought).state is LicenseState.DELIVERED
        assert house.download(bought) == house.sale.file.read_bytes()
    assert not any((member.home / "datasets").exists() for member in house.members)


def test_one_alone_delivers_nothing(house: House) -> None:
    one, two, _ = house.members
    bought = house.buy()
    alone = release_share(one, bought)
    for given in ([alone], [alone, alone], [release_share(one, bought), alone], []):
        with pytest.raises(InputError, match="of 2 shares that are needed count"):
            deliver(one, bought, given)
    assert license.get(house.sale.buyer, bought).state is LicenseState.PURCHASED
    deliver(two, bought, [alone, release_share(two, bought)])


def test_shares_for_another_licence_or_by_another_hand_do_not_count(house: House) -> None:
    one, two, _ = house.members
    bought, other = house.buy(), house.buy()
    right = release_share(one, bought)
    moved = release_share(two, other)
    forged = right.signed.release.model_copy(update={"guardian": two.chain.address})
    unsigned = ReleasedShare(signed=shares.sign(one.chain, forged))
    for given, why in ((moved, "another licence"), (unsigned, "not signed by it")):
        with pytest.raises(InputError, match=f"1 of 2 .*{two.chain.address}: .*{why}"):
            deliver(one, bought, [right, given])


def test_guardians_who_are_custodians_themselves_sign_nothing(house: House) -> None:
    one, two, _ = house.members
    bought = house.buy()
    given = [release_share(member, bought) for member in (one, two)]
    with pytest.raises(StateError, match="custodians themselves"):
        approve(one, bought, given)
    deliver(one, bought, given)


def test_a_wrong_share_is_named_to_the_licensee_and_a_third_makes_up_for_it(house: House) -> None:
    one, two, three = house.members
    bought, other = house.buy(), house.buy()
    liar = lie(one, release_share(one, bought), house.sale)
    deliver(two, bought, [liar, release_share(two, bought)])
    with pytest.raises(IntegrityError, match=f"1 of the 2 shares .*{one.chain.address}") as caught:
        house.download(bought)
    assert two.chain.address not in str(caught.value)
    given = [lie(one, release_share(one, other), house.sale)]
    given += [release_share(member, other) for member in (two, three)]
    deliver(three, other, given)
    assert house.download(other) == house.sale.file.read_bytes()


def test_a_guardian_releases_what_the_chain_says_is_due_and_nothing_else(
    own_house: House, localnet: Any
) -> None:
    one, two, _ = own_house.members
    bought, delivered = own_house.buy(), own_house.buy()
    deliver(one, delivered, [release_share(member, delivered) for member in (one, two)])
    with pytest.raises(StateError, match="No key is due"):
        release_share(one, delivered)
    with pytest.raises(NotFoundError):
        release_share(one, 9_999)
    roles.revoke(own_house.sale.owner, own_house.sale.dataset, Role.CUSTODIAN, one.chain.address)
    with pytest.raises(AccessDeniedError, match="no custodian"):
        release_share(one, bought)
    snapshot = localnet.rpc("evm_snapshot")
    localnet.pass_time(license.get(two.chain, bought).deadline - two.chain.now())
    with pytest.raises(StateError, match="deadline"):
        release_share(two, bought)
    assert localnet.rpc("evm_revert", snapshot) is True
    own_house.sale.owner.send(own_house.sale.owner.datasets.functions.withdraw(own_house.sale.dataset, 1))
    with pytest.raises(StateError, match="withdrawn"):
        release_share(two, bought)


def test_a_new_split_replaces_the_one_before(own_house: House) -> None:
    one, two, three = own_house.members
    bought = own_house.buy()
    old = release_share(one, bought)
    own_house.sale.owner.web3.provider.make_request("evm_increaseTime", [5])  # type: ignore[arg-type]
    own_house.sale.owner.web3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
    new = own_house.split()
    for member in (two, three):
        take_share(member, new)
        with pytest.raises(StateError, match="newer split"):
            take_share(member, own_house.file)
    with pytest.raises(InputError, match=f"1 of 2 .*{one.chain.address}: .*another split"):
        deliver(two, bought, [old, release_share(two, bought)])
    deliver(two, bought, [release_share(member, bought) for member in (two, three)])
    assert own_house.download(bought) == own_house.sale.file.read_bytes()


def test_only_the_owner_names_guardians_and_only_who_accepted(house: House, chain_for: Any) -> None:
    one, two, three = house.members
    sale = house.sale
    with pytest.raises(AccessDeniedError, match="does not own"):
        guard(one, sale.dataset, 1, [two.chain.address, three.chain.address], 2)
    stranger = house.member(chain_for(), "stranger")
    with pytest.raises(AccessDeniedError, match="accepted its custody"):
        guard(seller(sale), sale.dataset, 1, [one.chain.address, stranger.chain.address], 2)
    with pytest.raises(InputError):
        house.split(threshold=4)
    with pytest.raises(AccessDeniedError, match="accepted its custody"):
        take_share(stranger, house.file)
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, stranger.chain.address)
    roles.accept(stranger.chain, sale.dataset, Role.CUSTODIAN)
    with pytest.raises(AccessDeniedError, match="no guardian"):
        take_share(stranger, house.file)
    with pytest.raises(NotFoundError, match="No share"):
        release_share(stranger, house.buy())


def test_a_split_that_its_owner_did_not_sign_is_not_kept(house: House) -> None:
    one = house.members[0]
    signed, sealed = house.file.signed, house.file.sealed
    lower = signed.split.model_copy(update={"threshold": 3})
    other = signed.split.model_copy(update={"version": 2})
    own = signed.split.model_copy(update={"owner": one.chain.address})
    for wrong in (
        SignedSplit(split=lower, signature=signed.signature),
        SignedSplit(split=signed.split, signature=bytes(65)),
        SignedSplit(split=own, signature=b""),
    ):
        with pytest.raises(IntegrityError, match="not signed by the dataset's owner"):
            take_share(one, SplitFile(signed=wrong, sealed=sealed))
    with pytest.raises(BioDeSciError):
        take_share(one, SplitFile(signed=SignedSplit(split=other, signature=signed.signature), sealed=sealed))
    swapped = SplitFile(signed=signed, sealed=(sealed[1], sealed[0], sealed[2]))
    with pytest.raises(WrongKeyError):
        take_share(one, swapped)


def test_a_delivery_that_was_stopped_goes_on_and_is_sent_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, _ = house.members
    bought = house.buy()
    given = [release_share(member, bought) for member in (one, two)]
    with monkeypatch.context() as patch:
        patch.setattr(two.ipfs, "add", _away)
        with pytest.raises(UnavailableError):
            deliver(two, bought, given)
    assert license.get(two.chain, bought).state is LicenseState.DELIVERED
    sent = two.chain.web3.eth.get_transaction_count(two.chain.address)
    assert deliver(two, bought, given[:1])  # whatever it is given now
    assert two.chain.web3.eth.get_transaction_count(two.chain.address) == sent
    assert house.download(bought) == house.sale.file.read_bytes()


def _away(*_args: Any) -> bytes:
    raise UnavailableError("The IPFS node is away.", "Start it.")


def test_what_is_delivered_is_on_ipfs_only_once_the_chain_has_taken_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is in front of it: what is sealed in the shares stays where it is."""
    one, two, _ = house.members
    bought = house.buy()
    given = [release_share(member, bought) for member in (one, two)]
    raw = SharedKey(signed=house.file.signed, shares=tuple(one.signed for one in given)).to_bytes()
    added: list[bytes] = []
    monkeypatch.setattr(two.ipfs, "add", lambda data, *_: added.append(data))
    real: Callable[..., Any] = guarded_due.due

    def overtaken(member: Member, license_id: int) -> Any:
        due = real(member, license_id)
        house.sale.owner.send(calls.deliver(house.sale.owner, license_id, b"\5" * 32))
        return due

    monkeypatch.setattr(guarded_due, "due", overtaken)
    with pytest.raises(RevertedError):
        deliver(two, bought, given)
    assert added == []
    digest = unixfs.digest_of(io.BytesIO(raw))
    assert cid.from_digest(digest)
    with pytest.raises(NotFoundError):
        house.sale.ipfs.cat(digest, max_size=1 << 20)


@pytest.mark.parametrize(
    "raw", [b"{", b'{"format": "biodesci-shared-key/1"}', b"{" + b" " * 1_000], ids=["cut", "empty", "spaces"]
)
def test_what_is_no_key_in_shares_is_refused(house: House, raw: bytes) -> None:
    bought = house.buy()
    house.sale.owner.send(calls.deliver(house.sale.owner, bought, house.sale.ipfs.add(raw)))
    with pytest.raises(IntegrityError):
        house.download(bought)
