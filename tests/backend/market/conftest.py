"""Two sellers: a shop of licences in a token or in ether, and a hospital that delivers a file's key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.sending import Sending
from biodesci.core.onchain import Right
from biodesci.ipfs.client import Ipfs
from biodesci.market import arbitration, license, offers
from biodesci.market.card import DatasetMeta
from biodesci.market.custody import Custodian
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.market.purchase import Purchased, purchase
from biodesci.party import keys
from biodesci.party.member import Member
from tests.backend import calls
from tests.backend.acting import PASSPHRASE, acting

HMB, NCU = 1 << 2, 1 << 12
SALE_PRICE = 10**15
PRICE = 25_000_000  # 25 dollars of 6 decimals
HOUR = 3_600


class Shop:
    """A dataset whose licences are sold in a token, its owner, and a buyer with a key and tokens."""

    def __init__(self, chain_for: Any, keyed: Any, token: Any, **terms: Any) -> None:
        self.owner: Chain = chain_for()
        self.buyer: Chain = keyed()
        self.token = token
        token.mint(self.buyer.address, 40 * PRICE)
        publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32))
        receipt = self.owner.send(self.owner.datasets.functions.publish(publication, []))
        self.dataset = self.owner.event(receipt, self.owner.datasets, "DatasetPublished")["datasetId"]
        chosen = {
            "price": PRICE,
            "currency": token.address,
            "duration": HOUR,
            "dispute_window": HOUR,
            **terms,
        }
        self.offer = offers.create(self.owner, self.dataset, OfferTerms(**chosen))

    def terms(self, **terms: Any) -> Any:
        """An offer for the dataset, as the contract takes it."""
        return OfferTerms(**terms).tuple(self.dataset)

    def publish_version(self, terms: int = HMB) -> None:
        publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, terms, bytes(32))
        self.owner.send(self.owner.datasets.functions.publishVersion(self.dataset, publication))

    @property
    def paid_in(self) -> currency.Currency:
        return offers.get(self.buyer, self.offer).currency

    def buy(self, purpose: Any = HMB, **more: Any) -> Purchased:
        return purchase(self.buyer, self.offer, purpose, **more)

    def deliver(self, license_id: int) -> None:
        """A word for an envelope where the right is to download; else none."""
        word = b"\5" * 32 if license.get(self.buyer, license_id).right is Right.DOWNLOAD else bytes(32)
        self.owner.send(calls.deliver(self.owner, license_id, word))

    def settle(self, license_id: int) -> None:
        self.deliver(license_id)
        license.confirm(self.buyer, license_id)

    def balance(self, account: str) -> int:
        return int(self.token.contract.functions.balanceOf(account).call())

    def allowance(self) -> int:
        functions = currency.erc20(self.buyer, self.token.address).functions
        return int(self.buyer.call(functions.allowance(self.buyer.address, self.buyer.licenses.address)))

    def sent(self, chain: Chain) -> int:
        """How many transactions an account has sent."""
        return int(chain.web3.eth.get_transaction_count(chain.address))


@pytest.fixture
def shop_of(chain_for: Any, keyed: Any) -> Callable[..., Shop]:
    """shop_of(token, pro_rata=True) sells for 25 of that token and an hour, unless the terms say else."""
    return lambda token, **terms: Shop(chain_for, keyed, token, **terms)


@pytest.fixture
def shop(shop_of: Callable[..., Shop], dollar: Any) -> Shop:
    return shop_of(dollar)


@pytest.fixture
def silent(shop_of: Callable[..., Shop], token_of: Any) -> Shop:
    """A token without permits or a symbol."""
    return shop_of(token_of("SilentToken"))


@pytest.fixture
def ipfs(ipfs_node: Any) -> Ipfs:
    return Ipfs(ipfs_node.api, timeout=2.0)


class Sale:
    """A published dataset with an offer, its owner, and a buyer with a key."""

    def __init__(
        self,
        chain_for: Any,
        ipfs: Ipfs,
        folder: Path,
        *,
        terms: int = HMB | NCU,
        rows: int = 60,
        material: Path | None = None,
        **offer: Any,
    ) -> None:
        self.owner, self.buyer, self.ipfs = chain_for(), chain_for(), ipfs
        self.home, self.buyer_home = folder / "owner", folder / "buyer"
        self.file = folder / "cohort.csv"
        self.file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(rows)))
        self.material = material or self.file
        done = publish(
            acting(self.owner, ipfs, self.home), self.material,
            DatasetMeta("Cohort", "", terms, accept_risk="an invented cohort", confirmed=True),
            OfferTerms(price=SALE_PRICE, **offer),
        )  # fmt: skip
        self.dataset, self.offer = done.dataset_id, done.offer_id
        keys.register(self.buyer, self.buyer_home, PASSPHRASE)
        self.seed = keys.load_seed(self.buyer_home, PASSPHRASE)

    def buy(self, purpose: int = HMB, **options: Any) -> Purchased:
        return purchase(self.buyer, self.offer, purpose, **options)

    def release(self) -> list[int]:
        return Custodian(acting(self.owner, self.ipfs, self.home)).poll()


@pytest.fixture
def sale_of(chain_for: Any, ipfs: Ipfs, tmp_path: Path) -> Callable[..., Sale]:
    """sale_of(duration=50) publishes a cohort with such an offer."""
    return lambda **terms: Sale(chain_for, ipfs, tmp_path, **terms)


@pytest.fixture
def arbiter(chain_for: Any) -> Chain:
    """Somebody who agreed to decide disputes."""
    chain: Chain = chain_for()
    arbitration.accept(chain, accepted=True)
    return chain


@pytest.fixture
def sale(sale_of: Callable[..., Sale]) -> Sale:
    return sale_of()


def seller(sale: Sale) -> Member:
    """The hospital, as who acts for it."""
    return acting(sale.owner, sale.ipfs, sale.home)


@pytest.fixture
def other(sale: Sale, chain_for: Any, tmp_path: Path) -> Member:
    """Another house, with a key on chain."""
    chain = chain_for()
    member = acting(chain, sale.ipfs, tmp_path / "other")
    keys.register(chain, member.home, PASSPHRASE)
    return member


@pytest.fixture
def judge(arbiter: Chain, ipfs: Ipfs, tmp_path: Path) -> Member:
    """An arbiter with a home, in which its key lies."""
    member = acting(arbiter, ipfs, tmp_path / "judge")
    keys.register(arbiter, member.home, PASSPHRASE)
    return member


@pytest.fixture(scope="module")
def house(localnet: Any, ipfs_node: Any, senders_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A sale with guardians, for tests that leave it as it is."""
    return _house(localnet, ipfs_node, senders_home, tmp_path_factory.mktemp("house"))


@pytest.fixture
def own_house(localnet: Any, ipfs_node: Any, senders_home: Path, tmp_path: Path) -> Any:
    """A sale with guardians, for one test, which may change roles and splits."""
    return _house(localnet, ipfs_node, senders_home, tmp_path)


@pytest.fixture(scope="module")
def contract_house(
    localnet: Any, ipfs_node: Any, senders_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A sale whose custodian is the contract, for tests that leave its guardians as they are."""
    folder = tmp_path_factory.mktemp("contract")
    return _house(localnet, ipfs_node, senders_home, folder, by_contract=True)


@pytest.fixture
def own_contract_house(localnet: Any, ipfs_node: Any, senders_home: Path, tmp_path: Path) -> Any:
    """A sale whose custodian is the contract, for one test."""
    return _house(localnet, ipfs_node, senders_home, tmp_path, by_contract=True)


def _house(localnet: Any, ipfs_node: Any, senders_home: Path, folder: Path, by_contract: bool = False) -> Any:
    from tests.backend.market.guarded import ContractHouse, House

    deployment = load_deployment(localnet.deployment_file)

    def chain_for() -> Chain:
        sending = Sending(block_timeout=15)
        return Chain(localnet.rpc_url, deployment, localnet.account(), senders_home, sending=sending)

    of = ContractHouse if by_contract else House
    return of(chain_for, Ipfs(ipfs_node.api, timeout=2.0), folder)
