"""An arbiter judges a key that guardians delivered in shares, and names whose share was wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from biodesci.core import guarding
from biodesci.core.documents.guarding import SharedKey, ShareEvidence
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import InputError, NotFoundError, WrongKeyError
from biodesci.market import evidence, guardians, judgement, shared_evidence
from biodesci.market.guardians import deliver, release_share, take_share
from biodesci.market.judgement import Finding, Judgement, Side
from biodesci.party import keys
from biodesci.party.member import Member
from tests.backend import calls
from tests.backend.market.guarded import House
from tests.backend.market.test_guardians import lie


class Court:
    """The arbiter, and what guardians show it."""

    def __init__(self, judge: Member, folder: Path) -> None:
        self.judge, self.folder = judge, folder

    def shown(self, guardian: Member, license_id: int) -> Path:
        file = self.folder / f"{guardian.chain.address} {license_id}.evidence"
        shared_evidence.show(guardian, license_id, self.judge.chain.address, file)
        return file

    def judged(self, license_id: int, *by: Member) -> Judgement:
        files = [self.shown(guardian, license_id) for guardian in by]
        return judgement.judge(self.judge, license_id, *files)


@pytest.fixture
def court(judge: Member, tmp_path: Path) -> Court:
    return Court(judge, tmp_path)


def test_two_guardians_show_that_what_they_delivered_is_right(house: House, court: Court) -> None:
    """Whatever the licensee says of it, and whatever key it registers afterwards."""
    one, two, three = house.members
    bought = house.buy()
    deliver(one, bought, [release_share(member, bought) for member in (one, two)])
    made = court.judged(bought, one, two)
    assert (made.finding, made.favours) == (Finding.RIGHT_KEY, Side.OWNER)
    alone = court.judged(bought, two)
    assert (alone.finding, alone.favours) == (Finding.SHARES_NOT_SHOWN, Side.NOBODY)
    assert (
        f"1 of 2 that are needed are shown to be right. {one.chain.address}: it has shown nothing."
        in alone.says
    )
    assert "The guardians named here have to show what they released: ask them for it" in alone.says
    assert "custodian" not in alone.says
    assert made.says.startswith("What was delivered (an envelope, or guardians' shares) opens with a key")
    assert "The envelope" not in made.says
    with pytest.raises(NotFoundError, match="its evidence is lost"):
        court.shown(three, bought)  # it released none
    # It is destroyed with the rest when the version is erased.
    assert len(evidence.files_of(one.home, one.chain, {bought})) == 1
    with pytest.raises(WrongKeyError):
        judgement.judge(three, bought, court.shown(one, bought))
    mine, former = house.sale.buyer, keys.load_seed(house.sale.buyer_home, three.passphrase)
    mine.send(mine.keys.functions.register(public_key(generate_seed())))
    assert court.judged(bought, one, two).finding is Finding.RIGHT_KEY
    mine.send(mine.keys.functions.register(public_key(former)))


def test_whose_share_was_wrong_is_named(house: House, court: Court) -> None:
    one, two, three = house.members
    bought, other = house.buy(), house.buy()
    deliver(two, bought, [lie(one, release_share(one, bought), house.sale), release_share(two, bought)])
    made = court.judged(bought, one, two)
    assert (made.finding, made.favours) == (Finding.WRONG_SHARES, Side.LICENSEE)
    assert f"{one.chain.address}: it released a wrong share." in made.says
    assert two.chain.address not in made.says
    given = [lie(one, release_share(one, other), house.sale)]
    deliver(two, other, given + [release_share(member, other) for member in (two, three)])
    assert court.judged(other, one, two, three).finding is Finding.RIGHT_KEY
    assert court.judged(other, one, two).finding is Finding.SHARES_NOT_SHOWN  # the third one may be right


def test_a_guardian_that_shows_another_share_than_it_released_proves_nothing(
    house: House, court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It released a wrong one, and shows the right one; or it has the evidence of another licence's."""
    one, two, _ = house.members
    bought, other = house.buy(), house.buy()
    honest = release_share(one, bought)
    deliver(two, bought, [lie(one, honest, house.sale), release_share(two, bought)])
    deliver(two, other, [release_share(member, other) for member in (one, two)])
    share = guarding.open_share(keys.load_seed(one.home, one.passphrase), house.file, one.chain.address)
    real = shared_evidence._share_of

    def pretending(member: Member, license_id: int) -> ShareEvidence | None:
        shown = real(member, license_id)
        assert shown is not None
        return shown if member is two else shown.model_copy(update={"share": share})

    monkeypatch.setattr(shared_evidence, "_share_of", pretending)
    made = court.judged(bought, one, two)
    assert (made.finding, made.favours) == (Finding.SHARES_NOT_SHOWN, Side.NOBODY)
    assert f"{one.chain.address}: what it shows does not make the share that it released." in made.says
    assert "If nothing comes, decide for the licensee" in made.says
    monkeypatch.setattr(shared_evidence, "_share_of", lambda member, _: real(member, other))
    assert court.judged(bought, one, two).finding is Finding.OTHER_ENVELOPE
    monkeypatch.setattr(
        shared_evidence, "_share_of", lambda member, number: real(member, number if member is one else other)
    )
    with pytest.raises(InputError, match="different deliveries"):
        court.judged(bought, one, two)


def test_an_owner_that_split_another_key_is_found_out(
    own_house: House, court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each guardian's share is the one that it was dealt, and together they are not the key on chain."""
    one, two, _ = own_house.members
    own_house.sale.owner.web3.provider.make_request("evm_increaseTime", [5])  # type: ignore[arg-type]
    monkeypatch.setattr(guardians.dataset_keys, "load", lambda *_: (bytes(32), bytes(32)))
    wrong = own_house.split()
    for member in (one, two):
        take_share(member, wrong)
    bought = own_house.buy()
    deliver(one, bought, [release_share(member, bought) for member in (one, two)])
    made = court.judged(bought, one, two)
    assert (made.finding, made.favours) == (Finding.WRONG_KEY, Side.LICENSEE)


def test_shares_under_a_split_that_the_owner_did_not_sign_show_nothing(house: House, court: Court) -> None:
    one, two, _ = house.members
    bought = house.buy()
    released = [release_share(member, bought) for member in (one, two)]
    own = house.file.signed.model_copy(update={"signature": bytes(65)})
    raw = SharedKey(signed=own, shares=tuple(each.signed for each in released)).to_bytes()
    one.chain.send(calls.deliver(one.chain, bought, one.ipfs.add(raw)))
    made = court.judged(bought, one, two)
    assert (made.finding, made.favours) == (Finding.NO_EVIDENCE, Side.NOBODY)
    assert "not signed by the dataset's owner" in made.says
