"""A licensee who lost its key, and registered another, gets the dataset key from the guardians once more."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from biodesci.core.documents.custody import SignedApproval
from biodesci.core.documents.guarding import ReleasedShare
from biodesci.core.errors import InputError, RevertedError, StateError, UnavailableError
from biodesci.market import guarded_custody
from biodesci.market.guarded_due import due_or_again
from biodesci.market.guardians import approve, deliver, deliver_or_again, release_share
from biodesci.market.license import envelopes_of
from biodesci.party import keys
from biodesci.party.member import Member
from tests.backend import calls
from tests.backend.acting import PASSPHRASE
from tests.backend.market.guarded import ContractHouse, House


def loses_its_home(house: House, name: str) -> None:
    """The buyer has its account, and a new key in a new home."""
    home = house.folder / name
    assert keys.register(house.sale.buyer, home, PASSPHRASE).sent
    house.sale.seed = keys.load_seed(home, PASSPHRASE)


def _away(*_args: object) -> bytes:
    raise UnavailableError("The IPFS node is away.", "Start it.")


def approved(
    house: House, members: Sequence[Member], bought: int, given: Sequence[ReleasedShare]
) -> list[SignedApproval]:
    """What these members sign, where the contract delivers."""
    return [approve(one, bought, given) for one in members] if isinstance(house, ContractHouse) else []


@pytest.mark.parametrize("kind", ["own_house", "own_contract_house"])
def test_who_lost_its_home_asks_the_guardians_again(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = request.getfixturevalue(kind)
    one, two, three = house.members
    bought = house.buy()
    given = [release_share(member, bought) for member in (one, two)]
    deliver_or_again(one, bought, given, approved(house, (one, two), bought, given))
    with pytest.raises(StateError, match="No key is due"):
        release_share(one, bought)
    loses_its_home(house, "home 1")
    with pytest.raises(StateError, match="already, sealed to an older key"):
        deliver_or_again(two, bought, given)
    given = [release_share(member, bought) for member in (two, three)]
    signed = approved(house, (two, three), bought, given)
    sent = two.chain.web3.eth.get_transaction_count(two.chain.address)
    with monkeypatch.context() as patch:
        patch.setattr(two.ipfs, "add", _away)
        with pytest.raises(UnavailableError):
            deliver_or_again(two, bought, given, signed)
    # It goes on, and is sent once.
    assert deliver_or_again(two, bought, given, signed) == envelopes_of(one.chain, bought)[0]
    assert house.download(bought) == house.sale.file.read_bytes()
    for refused in (
        lambda: deliver_or_again(two, bought, given, signed),
        lambda: due_or_again(three, bought),
    ):
        with pytest.raises(StateError, match="No key is due"):
            refused()
    assert two.chain.web3.eth.get_transaction_count(two.chain.address) == sent + 1
    # Nor is it due for a licence that gives no access.
    owner = house.sale.owner
    owner.send(calls.revoke(owner, bought, b"\7" * 32))
    loses_its_home(house, "home 2")
    with pytest.raises(StateError, match=r"No key is due .* revoked"):
        release_share(two, bought)


def test_approvals_of_a_redelivery_do_not_count_after_another(own_contract_house: ContractHouse) -> None:
    house = own_contract_house
    one, two, three = house.members
    bought = house.buy()
    given = [release_share(member, bought) for member in (one, two)]
    first = approved(house, (one, two), bought, given)
    assert {one.approval.again for one in first} == {0}
    deliver(one, bought, given, first)
    loses_its_home(house, "home 1")
    older = [release_share(member, bought) for member in (one, two)]
    unsent = approved(house, (one, two), bought, older)
    newer = [release_share(member, bought) for member in (two, three)]
    with pytest.raises(InputError, match="another delivery"):
        deliver_or_again(three, bought, newer, unsent)
    deliver_or_again(three, bought, newer, approved(house, (two, three), bought, newer))
    loses_its_home(house, "home 2")
    # Nobody asks for these any more; whoever has them can't send them either.
    with pytest.raises(InputError, match="another delivery"):
        deliver_or_again(one, bought, older, unsent)
    guardians = guarded_custody.of_split(house.file.signed.split)
    signatures = {signed.guardian: signed.signature for signed in unsent}
    with pytest.raises(RevertedError, match=r"number 1 after the first .* next one is number 2"):
        one.chain.send(guarded_custody.delivery(one.chain, unsent[0].approval, guardians, signatures))
    newest = [release_share(member, bought) for member in (one, two)]
    signed = approved(house, (one, three), bought, newest)
    assert {one.approval.again for one in signed} == {2}
    deliver_or_again(two, bought, newest, signed)
    assert house.download(bought) == house.sale.file.read_bytes()
