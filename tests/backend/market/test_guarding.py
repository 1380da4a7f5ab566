"""Guardians' workers: each looks at the chain itself, fetches the others' shares, and one delivers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from biodesci.core import guarding as core
from biodesci.core.documents.custody import GuardianAnswer
from biodesci.core.documents.guarding import ReleasedShare
from biodesci.core.errors import InputError, UnavailableError, WrongKeyError
from biodesci.core.onchain import LicenseState, Role
from biodesci.market import guardians, license, roles, shares
from biodesci.market.fellows import Fellows
from biodesci.market.guarded_due import due
from biodesci.market.guarded_splits import split_of
from biodesci.market.guardians import guard, release_share, take_share
from biodesci.market.guarding import Guarding
from biodesci.market.spending import Terms
from biodesci.party import keys
from biodesci.party.allowance import Bounds
from biodesci.party.member import Member
from tests.backend.market.conftest import seller
from tests.backend.market.guarded import House
from tests.waiting import LATE_S, in_time, wait_for


class Network:
    """Guardians' workers that reach one another, as far as they are not away; what was asked is noted."""

    def __init__(self, house: House, terms: Terms | None = None) -> None:
        self.house, self.away, self.asked = house, set[int](), list[str]()
        self.split()
        self.terms = terms
        self.workers = self.start()

    def start(self, *waits: float) -> list[Guarding]:
        """Each of them anew, with how long it waits for all shares. Who was silent is asked again at once."""
        return [
            Guarding(one, Fellows(self.fetch, patience=LATE_S, pause=0), self.terms, turn=0, wait=wait)
            for one, wait in zip(self.house.members, waits or (0, 0, 0), strict=True)
        ]

    def split(self) -> None:
        """Anew, and each guardian takes its share."""
        house, sale = self.house, self.house.sale
        urls = {
            member.chain.address: f"https://guardian{number}.example"
            for number, member in enumerate(house.members)
        }
        split = guard(seller(sale), sale.dataset, 1, list(urls), 2, urls)
        for member in house.members:
            take_share(member, split)

    def fetch(self, url: str) -> bytes | None:
        self.asked.append(url)
        parts = urlsplit(url)
        number = int(str(parts.hostname)[len("guardian") : -len(".example")])
        _, _, license_id, account = parts.path.split("/")
        if number in self.away:
            raise UnavailableError("It does not answer.", "It is asked again.")
        return self.workers[number].answer(int(license_id), account)

    def poll(self) -> list[int]:
        return [
            license_id
            for number, worker in enumerate(self.workers)
            if number not in self.away
            for license_id in worker.poll()
        ]


def lying(member: Member, license_id: int) -> ReleasedShare:
    """As `release_share`, of another share than the guardian was dealt."""
    chain = member.chain
    licence, version = due(member, license_id)
    file = split_of(member, version)
    share = core.open_share(keys.load_seed(member.home, member.passphrase), file, chain.address)
    wrong = share[:-1] + bytes([share[-1] ^ 1])
    asked = shares.asked(chain, licence, file.signed.split, chain.address)
    sealed, _ = core.seal_to_licensee(wrong, asked, chain.key_of(licence.licensee))
    return ReleasedShare(signed=shares.sign(chain, sealed))


def with_a_liar(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first guardian releases a wrong share."""
    liar = network.house.members[0]
    monkeypatch.setattr(
        guardians,
        "release_share",
        lambda member, bought: lying(member, bought) if member is liar else release_share(member, bought),
    )


@pytest.fixture
def network(house: House) -> Iterator[Network]:
    made = Network(house)
    yield made
    made.away = set()
    while made.poll():  # what a test left waits for nobody's next one
        pass


@pytest.fixture
def own_network(own_house: House) -> Network:
    return Network(own_house)


def test_workers_deliver_once_while_one_is_away_and_the_owner_too(network: Network) -> None:
    house = network.house
    network.away = {0}
    assert network.poll() == []
    first, second = house.buy(), house.buy()
    delivered = network.poll() + network.poll() + network.poll()
    assert sorted(delivered) == [first, second]
    assert network.poll() == []
    assert house.download(first) == house.download(second) == house.sale.file.read_bytes()
    network.away = set()
    assert network.poll() == []  # who comes back finds nothing due


def test_one_worker_alone_delivers_nothing_and_says_why(network: Network) -> None:
    network.away = {0, 1}
    bought = network.house.buy()
    for _ in range(3):
        assert network.poll() == []
    assert network.workers[2].waiting == {bought: "1 of 2 shares are there"}
    assert license.get(network.house.sale.buyer, bought).state is LicenseState.PURCHASED
    network.away = {0}
    assert network.poll() + network.poll() == [bought]


def test_what_a_worker_answers_is_for_fellow_guardians_alone(network: Network) -> None:
    house = network.house
    one, two, three = house.members
    network.away = {1, 2}
    bought = house.buy()
    network.poll()
    answering = network.workers[0]
    assert answering.answer(bought, house.sale.buyer.address) is None
    assert answering.answer(bought, one.chain.address) is None
    assert answering.answer(bought + 1, two.chain.address) is None
    sealed = answering.answer(bought, two.chain.address)
    assert sealed is not None
    own = release_share(one, bought).signed.release
    seeds = {member: keys.load_seed(member.home, member.passphrase) for member in house.members}
    for seed in (house.sale.seed, seeds[three], seeds[one]):
        with pytest.raises(WrongKeyError):
            core.open_of_fellow(seed, sealed, own, two.chain.address)
    opened = core.open_of_fellow(seeds[two], sealed, own, two.chain.address)
    assert opened.released.release.guardian == one.chain.address
    moved = own.model_copy(update={"license_id": bought + 1})
    with pytest.raises(WrongKeyError):
        core.open_of_fellow(seeds[two], sealed, moved, two.chain.address)


def test_nothing_is_released_any_more_once_it_is_not_due(own_network: Network) -> None:
    house = own_network.house
    own_network.away = {1, 2}
    bought = house.buy()
    own_network.poll()
    two = house.members[1].chain.address
    assert own_network.workers[0].answer(bought, two)
    house.sale.owner.send(house.sale.owner.datasets.functions.withdraw(house.sale.dataset, 1))
    own_network.poll()
    assert own_network.workers[0].answer(bought, two) is None
    assert "withdrawn" in own_network.workers[0].waiting[bought]


@pytest.mark.deep
def test_a_guardian_that_lost_its_role_releases_and_delivers_nothing(own_network: Network) -> None:
    house = own_network.house
    gone = house.members[0].chain.address
    roles.revoke(house.sale.owner, house.sale.dataset, Role.CUSTODIAN, gone)
    own_network.away = {1}
    bought = house.buy()
    assert own_network.poll() + own_network.poll() == []
    assert "no custodian" in own_network.workers[0].waiting[bought]
    assert own_network.workers[0].answer(bought, house.members[2].chain.address) is None


@pytest.mark.deep
def test_a_worker_that_starts_anew_finds_what_waits(network: Network) -> None:
    house = network.house
    network.away = {0, 1}
    bought = house.buy()
    network.poll()
    network.workers = network.start()
    network.away = {2}
    assert network.poll() + network.poll() == [bought]
    assert house.download(bought) == house.sale.file.read_bytes()


@pytest.mark.deep
def test_a_new_split_counts_for_what_waits_already(own_network: Network) -> None:
    house = own_network.house
    own_network.away = {0, 1}
    bought = house.buy()
    own_network.poll()
    two = house.members[1]
    before = own_network.workers[2].answer(bought, two.chain.address)
    own_network.split()
    own_network.poll()
    assert own_network.workers[2].answer(bought, two.chain.address) not in {before, None}
    own_network.away = {0}
    assert own_network.poll() + own_network.poll() == [bought]
    assert house.download(bought) == house.sale.file.read_bytes()


def test_what_a_guardian_did_not_sign_is_left_out(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    house = network.house
    liar, honest, _ = house.members
    network.away = {2}
    bought = house.buy()
    real = release_share(liar, bought)
    forged = real.signed.model_copy(update={"signature": bytes(65)})
    to = honest.chain.address
    sealed = core.seal_to_fellow(GuardianAnswer(released=forged), to, honest.chain.key_of(to))
    monkeypatch.setattr(network.workers[0], "answer", lambda *_: sealed)
    assert network.workers[1].poll() + network.workers[1].poll() == []
    assert network.workers[1].waiting == {bought: "1 of 2 shares are there"}


def test_a_wrong_share_that_comes_first_spoils_nothing(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = network.house
    with_a_liar(network, monkeypatch)
    network.workers = network.start(60, 60, 60)
    bought, network.away = house.buy(), {2}
    assert network.poll() + network.poll() == []
    assert "are waited for" in network.workers[1].waiting[bought]
    network.away = set()
    assert network.poll() + network.poll() == [bought]
    assert house.download(bought) == house.sale.file.read_bytes()


def test_a_guardian_that_is_away_is_not_waited_for_longer(network: Network) -> None:
    house = network.house
    network.workers = network.start(0.2, 0.2, 0.2)
    bought, network.away = house.buy(), {0}
    network.poll()
    time.sleep(0.2)
    assert network.poll() == [bought]
    assert house.download(bought) == house.sale.file.read_bytes()


@pytest.mark.deep
def test_a_guardian_spends_no_more_than_its_bounds(own_house: House) -> None:
    network = Network(own_house, Terms(Bounds(all=1)))
    network.away = {0}
    first, second = own_house.buy(), own_house.buy()
    delivered = [*network.poll(), *network.poll(), *network.poll()]
    assert sorted(delivered) == [first, second], "each of the two had one for the day"
    third = own_house.buy()
    assert network.poll() + network.poll() == []
    assert "BIODESCI_DELIVERIES_A_DAY" in network.workers[1].waiting[third]


def test_a_fellow_that_hangs_keeps_no_licence_waiting(network: Network) -> None:
    house, let_go = network.house, threading.Event()

    def fetch(url: str) -> bytes | None:
        if "guardian0" in url:
            let_go.wait(100)
            raise UnavailableError("It does not answer.", "It is asked again.")
        return network.fetch(url)

    network.away = {0}
    fellows = Fellows(fetch, patience=0.5)
    worker = Guarding(house.members[1], fellows, turn=0, wait=0)
    bought = [house.buy() for _ in range(3)]
    network.workers[2].poll()  # releases its share; house.members[1] delivers
    delivered: list[int] = []

    def are_delivered() -> bool:
        delivered.extend(worker.poll())
        return delivered == bought

    try:
        with in_time():
            wait_for(are_delivered)
    finally:
        let_go.set()
        worker.close()


@pytest.mark.parametrize(
    "url",
    ["http://guardian.example", "https://u:p@guardian.example", "https://guardian.example/?a=b", "ftp://a"],
)
def test_an_address_that_is_no_safe_one_is_refused(house: House, url: str) -> None:
    accounts = [member.chain.address for member in house.members]
    with pytest.raises(InputError, match="https"):
        guard(seller(house.sale), house.sale.dataset, 1, accounts, 2, {accounts[0]: url})
