"""The contract as custodian: guardians without a role, who deliver by what enough of them signed."""

from __future__ import annotations

from typing import Any

import pytest

from biodesci.core import guarding as core
from biodesci.core.documents.deletion import DeletionRequest
from biodesci.core.errors import AccessDeniedError, InputError, IntegrityError, RevertedError
from biodesci.core.onchain import LicenseState, Role
from biodesci.market import erasure, guarded_custody, license, roles, shares
from biodesci.market.guardians import approve, deliver, guard, release_share, take_share
from biodesci.market.guarding import Guarding
from biodesci.party import keys
from tests.backend import calls
from tests.backend.market.conftest import seller
from tests.backend.market.guarded import ContractHouse
from tests.backend.market.test_guarding import Network, with_a_liar


def test_two_of_three_deliver_and_none_of_them_has_a_role(contract_house: ContractHouse) -> None:
    house = contract_house
    one, two, three = house.members
    bought = house.buy()
    given = [release_share(member, bought) for member in (one, two)]
    # Who releases no share approves, too: it sees whose the shares are.
    approvals = [approve(member, bought, given[::-1]) for member in (two, three)]
    deliver(three, bought, given, approvals)
    assert license.get(house.sale.buyer, bought).state is LicenseState.DELIVERED
    assert house.download(bought) == house.sale.file.read_bytes()
    (custodian,) = roles.holders(house.sale.owner, house.sale.dataset)
    assert (custodian.role, custodian.account, custodian.accepted) == (
        Role.CUSTODIAN,
        str(house.sale.owner.custody.address),
        True,
    )


def test_one_guardian_alone_delivers_nothing(contract_house: ContractHouse) -> None:
    house = contract_house
    one, two, _ = house.members
    bought, other = house.buy(), house.buy()
    with pytest.raises(RevertedError, match="custodian"):
        one.chain.send(calls.deliver(one.chain, bought, b"\5" * 32))
    given = [release_share(member, bought) for member in (one, two)]
    elsewhere = [release_share(member, other) for member in (one, two)]
    own = approve(one, bought, given)
    forged = own.model_copy(update={"guardian": two.chain.address})
    empty = forged.model_copy(update={"signature": b""})
    stranger = own.model_copy(update={"guardian": house.sale.buyer.address})
    for approval, why in (
        (own, "1 of 2 approvals"),
        (forged, "not signed by it"),
        (empty, "not signed by it"),
        (stranger, "it is no guardian"),
        (approve(two, other, elsewhere), "another delivery"),
    ):
        with pytest.raises(InputError, match=f"1 of 2 approvals .*{'' if approval is own else why}"):
            deliver(one, bought, given, [own, approval])
    with pytest.raises(InputError, match="0 of 2 approvals"):
        deliver(one, bought, given)
    with pytest.raises(InputError, match="1 of 2 shares"):
        approve(two, bought, given[:1])
    assert license.get(house.sale.buyer, bought).state is LicenseState.PURCHASED


def test_whom_the_owner_names_anew_replaces_those_before(
    own_contract_house: ContractHouse, chain_for: Any
) -> None:
    house = own_contract_house
    one, two, gone = house.members
    bought = house.buy()
    given = [release_share(member, bought) for member in (one, gone)]
    signed = [approve(member, bought, given) for member in (one, gone)]
    new = house.member(chain_for(), "new guardian")
    house.members = [one, two, new]
    house.sale.owner.web3.provider.make_request("evm_increaseTime", [5])  # type: ignore[arg-type]
    split = house.split()
    for member in house.members:
        take_share(member, split)
    with pytest.raises(AccessDeniedError, match="no custodian"):
        release_share(gone, bought)
    with pytest.raises(AccessDeniedError, match="accepted its custody"):
        take_share(gone, house.file)
    with pytest.raises(InputError, match="another split"):
        deliver(one, bought, given, signed)
    given = [release_share(member, bought) for member in (one, new)]
    with pytest.raises(InputError, match="another delivery"):
        deliver(one, bought, given, signed)
    deliver(new, bought, given, [approve(member, bought, given) for member in (two, new)])
    assert house.download(bought) == house.sale.file.read_bytes()


def test_an_erasure_asks_the_guardians_and_not_the_contract(
    own_contract_house: ContractHouse, chain_for: Any
) -> None:
    """Whoever was named has a share, also who is no guardian any more; the contract can sign no receipt."""
    house = own_contract_house
    named = [member.chain.address for member in house.members]
    new = house.member(chain_for(), "new guardian")
    house.members = [*house.members[:2], new]
    house.split()
    owner = seller(house.sale)
    asked = erasure.erase(owner, house.sale.dataset, 1, [], [])
    silent = {one.name for one in asked.holders if one.answer}
    assert silent == {*named, new.chain.address}
    request = DeletionRequest.parse(asked.request.read_bytes())
    erasure.take_receipt(owner, erasure.confirm(house.members[0], request))
    again = erasure.erase(owner, house.sale.dataset, 1, [], [])
    assert {one.name for one in again.holders if one.answer} == silent - {named[0]}


def test_the_guardians_of_a_version_have_nothing_of_the_next_ones_key(
    own_contract_house: ContractHouse, chain_for: Any
) -> None:
    """Rotation with a new version: all old shares together give the old key, and not the new one."""
    house = own_contract_house
    old = house.members
    number = house.publish_version()
    first, bought = house.file, house.buy()
    assert license.get(house.sale.buyer, bought).version == number == 2
    for member in old:
        with pytest.raises(AccessDeniedError, match="no custodian"):
            release_share(member, bought)
    house.members = [house.member(chain_for(), f"new {i}") for i in range(3)]
    second = house.split(version=number)
    for member in house.members:
        take_share(member, second)
    # The new guardians' shares for the licence, and the old ones' of the first version in their place.
    given = [release_share(member, bought) for member in house.members[:2]]
    secrets = [
        core.open_share(keys.load_seed(one.home, one.passphrase), first, one.chain.address) for one in old
    ]
    licence = license.get(house.sale.buyer, bought)
    for guardian, share in zip(house.members, secrets, strict=False):
        asked = shares.asked(guardian.chain, licence, second.signed.split, guardian.chain.address)
        wrong, _ = core.seal_to_licensee(share, asked, house.sale.buyer.key_of(house.sale.buyer.address))
        with pytest.raises(IntegrityError, match="0 of the 2 shares"):
            core.put_together(house.sale.seed, second.signed.split, [wrong])
    for member in old:
        with pytest.raises(AccessDeniedError):
            take_share(member, second)
    deliver(house.members[2], bought, given, [approve(member, bought, given) for member in house.members[1:]])
    assert house.download(bought) == house.sale.file.read_bytes()


def test_a_new_owner_begins_without_guardians(own_contract_house: ContractHouse, chain_for: Any) -> None:
    house, heir = own_contract_house, chain_for()
    one, two, _ = house.members
    bought, sale = house.buy(), house.sale
    given = [release_share(member, bought) for member in (one, two)]
    signed = [approve(member, bought, given) for member in (one, two)]
    sale.owner.send(
        sale.owner.datasets.functions.transferFrom(sale.owner.address, heir.address, sale.dataset)
    )
    for refused in (lambda: deliver(one, bought, given, signed), lambda: release_share(two, bought)):
        with pytest.raises(AccessDeniedError, match="no custodian"):
            refused()
    accounts = [member.chain.address for member in house.members]
    with pytest.raises(RevertedError, match="Only the owner"):
        guarded_custody.appoint(sale.owner, sale.dataset, 1, accounts, 2)
    with pytest.raises(AccessDeniedError, match="does not own"):
        guard(seller(sale), sale.dataset, 1, accounts, 2)


def test_workers_agree_on_a_delivery_while_one_is_away(contract_house: ContractHouse) -> None:
    network = Network(contract_house)
    network.away = {0}
    first, second = contract_house.buy(), contract_house.buy()
    delivered = [license_id for _ in range(4) for license_id in network.poll()]
    assert sorted(delivered)[-2:] == [first, second]  # besides what other tests left, each once
    assert len(set(delivered)) == len(delivered)
    assert contract_house.download(first) == contract_house.sale.file.read_bytes()
    network.away = set()
    assert network.poll() == []


def test_a_worker_that_no_other_agrees_with_delivers_nothing(
    contract_house: ContractHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has enough shares, and the other one approves nothing, or answers with signatures that are none."""
    network = Network(contract_house)
    network.away = {0}
    bought = contract_house.buy()
    monkeypatch.setattr(Guarding, "_hear", lambda *_: None)
    for _ in range(4):
        assert network.poll() == []
    assert "1 of 2 approvals are there" in {worker.waiting.get(bought) for worker in network.workers}
    assert license.get(contract_house.sale.buyer, bought).state is LicenseState.PURCHASED


def test_a_delivery_that_leaves_a_right_share_out_is_not_approved(
    contract_house: ContractHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first guardian releases a wrong share, and proposes it with one other's as soon as it can."""
    house, network = contract_house, Network(contract_house)
    with_a_liar(network, monkeypatch)
    network.workers = network.start(0, 60, 60)
    bought, network.away = house.buy(), {2}
    for _ in range(3):
        assert network.poll() == []
    assert network.workers[0].waiting[bought] == "1 of 2 approvals are there"
    network.away, delivered = set(), []
    for _ in range(4):
        delivered += network.poll()
    assert delivered.count(bought) == 1, "beside what other tests left"
    assert house.download(bought) == house.sale.file.read_bytes()
