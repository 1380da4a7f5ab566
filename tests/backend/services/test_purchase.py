"""Buying with all there is: tokens, permits, authorizations, diseases, statements, signed orders, renewal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.core import disease, visa
from biodesci.core.errors import (
    AccessDeniedError,
    FundsError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
)
from biodesci.core.order import Evidence, Method, Purpose
from biodesci.core.visa import VisaType
from biodesci.ipfs.client import Ipfs
from biodesci.services import diseases, license, money, offers, orders, payment, renewal, statement
from biodesci.services import visa as visas
from biodesci.services.offers import OfferTerms
from biodesci.services.publish import DatasetMeta, publish
from biodesci.services.purchase import purchase
from biodesci.services.statement import keep

MONDO = Path(__file__).parents[2] / "vectors" / "mondo_heart.obo"
CORONARY, ANGINA, HEART_FAILURE = 5010, 6021, 5252
HMB, DS = 1 << 2, 1 << 3
PRICE = 25_000_000  # 25 dollars of 6 decimals
HOUR = 3_600


class Shop:
    """A dataset whose licences are sold in a token, its owner, and a buyer with a key and tokens."""

    def __init__(self, chain_for, keyed, token, **terms) -> None:
        self.owner: Chain = chain_for()
        self.buyer: Chain = keyed()
        self.token = token
        token.mint(self.buyer.address, 40 * PRICE)
        publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32))
        receipt = self.owner.send(self.owner.datasets.functions.publish(publication, []))
        self.dataset = self.owner.event(receipt, self.owner.datasets, "DatasetPublished")["datasetId"]
        chosen = {"price": PRICE, "currency": token.address, "duration": HOUR, **terms}
        self.offer = offers.create(self.owner, self.dataset, OfferTerms(**chosen))

    @property
    def paid_in(self) -> currency.Currency:
        return offers.get(self.buyer, self.offer).currency

    def buy(self, home, purpose=HMB, **more):
        return purchase(self.buyer, home, self.offer, purpose, **more)

    def deliver(self, license_id: int) -> None:
        self.owner.send(self.owner.licenses.functions.deliver(license_id, b"\5" * 32))

    def settle(self, license_id: int) -> None:
        self.deliver(license_id)
        license.confirm(self.buyer, license_id)

    def balance(self, account: str) -> int:
        return int(self.token.contract.functions.balanceOf(account).call())

    def allowance(self) -> int:
        functions = currency.erc20(self.buyer, self.token.address).functions
        return int(self.buyer.call(functions.allowance(self.buyer.address, self.buyer.licenses.address)))


@pytest.fixture
def shop(chain_for, keyed, dollar) -> Shop:
    return Shop(chain_for, keyed, dollar)


@pytest.fixture
def silent(chain_for, keyed, token_of) -> Shop:
    """A token without permits, symbol or decimals."""
    return Shop(chain_for, keyed, token_of("SilentToken"))


def test_a_token_is_paid_by_permit_in_one_transaction(shop, tmp_path):
    before = shop.buyer.web3.eth.get_transaction_count(shop.buyer.address)
    said: list[str] = []
    bought = shop.buy(tmp_path, note=said.append)
    assert shop.buyer.web3.eth.get_transaction_count(shop.buyer.address) == before + 1
    assert said == []
    assert shop.balance(shop.buyer.address) == 39 * PRICE
    assert shop.allowance() == 0
    shop.settle(bought.license_id)
    assert money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"] == PRICE
    assert money.collect(shop.owner, shop.paid_in) == PRICE
    assert shop.balance(shop.owner.address) == PRICE
    assert money.collect(shop.owner, shop.paid_in) == 0


def test_what_a_token_says_of_itself_is_shown(shop, silent):
    assert shop.paid_in == currency.Currency(shop.token.address, "TUSD", 6)
    assert shop.paid_in.show(PRICE) == "25 TUSD"
    assert shop.paid_in.parse("0.000001") == 1
    with pytest.raises(InputError, match="not an amount of TUSD"):
        shop.paid_in.parse("0.0000001")
    assert "25 TUSD" in str(offers.get(shop.buyer, shop.offer))
    assert silent.paid_in == currency.Currency(silent.token.address, None, None)
    assert silent.paid_in.show(7) == f"7 smallest units of {silent.token.address}"
    assert silent.paid_in.parse("7") == 7


def test_a_token_without_permits_is_approved_first_and_that_is_said(silent, tmp_path):
    said: list[str] = []
    bought = silent.buy(tmp_path, note=said.append)
    assert bought.bought
    assert len(said) == 1
    assert "approving 25000000" in said[0]
    assert silent.allowance() == 0
    assert silent.balance(silent.buyer.address) == 39 * PRICE


def test_an_allowance_given_before_is_used(silent, tmp_path):
    payment.approve(silent.buyer, silent.paid_in, 1)
    payment.approve(silent.buyer, silent.paid_in, PRICE)
    said: list[str] = []
    assert silent.buy(tmp_path, note=said.append).bought
    assert said == []


def test_too_little_of_the_token_is_said_before_anything_is_sent(shop, keyed, tmp_path):
    poor = keyed()
    before = poor.web3.eth.get_transaction_count(poor.address)
    with pytest.raises(FundsError, match="holds 0 TUSD and needs 25 TUSD"):
        purchase(poor, tmp_path, shop.offer, HMB)
    assert poor.web3.eth.get_transaction_count(poor.address) == before


def test_an_order_costs_its_buyer_no_ether(shop, chain_for, localnet, tmp_path):
    relayer = chain_for()
    localnet.rpc("anvil_setBalance", shop.buyer.address, "0x0")
    signed = orders.order(shop.buyer, shop.offer, Purpose(HMB), Evidence(), seconds=HOUR)
    assert signed.payment.method is Method.AUTHORIZATION
    raw = signed.dump()
    assert b'"warning": "Private' in raw
    loaded = orders.load(raw)
    assert loaded == signed
    done = orders.relay(relayer, loaded)
    held = license.get(relayer, done.license_id)
    assert (held.licensee, held.price, held.currency) == (shop.buyer.address, PRICE, shop.token.address)
    assert shop.balance(shop.buyer.address) == 39 * PRICE
    with pytest.raises(StateError, match="carried out or cancelled"):
        orders.relay(relayer, loaded)


def test_an_order_that_was_changed_is_refused(shop, chain_for):
    relayer = chain_for()
    signed = orders.order(shop.buyer, shop.offer, Purpose(HMB), Evidence(), seconds=HOUR)
    document = json.loads(signed.dump())
    document["order"]["purpose"]["duo"] = str(HMB | 1 << 34)
    with pytest.raises(RevertedError) as caught:
        orders.relay(relayer, orders.load(json.dumps(document).encode()))
    assert (caught.value.name, caught.value.args_) == (
        "AccessLicense_BadSignature", (shop.buyer.address,),
    )  # fmt: skip
    document["chainId"] = 1
    with pytest.raises(InputError, match="another network"):
        orders.relay(relayer, orders.load(json.dumps(document).encode()))
    for spoil in ("order", "payment", "signature"):
        with pytest.raises(InputError, match="no order"):
            orders.load(json.dumps({**document, spoil: None}).encode())
    with pytest.raises(InputError, match="no order"):
        orders.load(b"\xff")


def test_cancelled_and_expired_orders_are_void(shop, chain_for, localnet):
    relayer = chain_for()
    cancelled = orders.order(shop.buyer, shop.offer, Purpose(HMB), Evidence(), seconds=HOUR)
    orders.cancel(shop.buyer)
    with pytest.raises(StateError, match="carried out or cancelled"):
        orders.relay(relayer, cancelled)
    late = orders.order(shop.buyer, shop.offer, Purpose(HMB), Evidence(), seconds=10)
    localnet.pass_time(11)
    with pytest.raises(RevertedError) as caught:
        orders.relay(relayer, late)
    assert (caught.value.name, caught.value.args_) == ("AccessLicense_OrderExpired", (late.order.deadline,))


def test_an_order_in_ether_is_paid_by_whoever_submits_it(chain_for, keyed, dollar):
    shop = Shop(chain_for, keyed, dollar, currency=currency.ETHER, price=10**15)
    relayer = chain_for()
    before = relayer.balance(relayer.address)
    signed = orders.order(shop.buyer, shop.offer, Purpose(HMB), Evidence(), seconds=HOUR)
    assert signed.payment.method is Method.DIRECT
    orders.relay(relayer, signed)
    assert before - relayer.balance(relayer.address) >= 10**15


def test_an_order_in_a_token_without_signatures_needs_an_allowance(silent, chain_for):
    with pytest.raises(InputError, match="neither permits nor authorizations"):
        orders.order(silent.buyer, silent.offer, Purpose(HMB), Evidence(), seconds=HOUR)
    payment.approve(silent.buyer, silent.paid_in, PRICE)
    signed = orders.order(silent.buyer, silent.offer, Purpose(HMB), Evidence(), seconds=HOUR)
    assert orders.relay(chain_for(), signed).bought


def test_renewal_adds_time_and_pays_the_owner_at_once(shop, tmp_path):
    license_id = shop.buy(tmp_path).license_id
    shop.deliver(license_id)
    with pytest.raises(StateError, match="delivered; a settled one"):
        renewal.renew(shop.buyer, license_id)
    license.confirm(shop.buyer, license_id)
    end = license.get(shop.buyer, license_id).expires_at
    with pytest.raises(AccessDeniedError, match="not held by"):
        renewal.renew(shop.owner, license_id)
    done = renewal.renew(shop.buyer, license_id)
    assert (done.expires_at, done.paid) == (end + HOUR, PRICE)
    assert license.get(shop.buyer, license_id).expires_at == end + HOUR
    assert money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"] == 2 * PRICE


def test_revoking_pro_rata_pays_the_unused_part_back(chain_for, keyed, dollar, localnet, tmp_path):
    shop = Shop(chain_for, keyed, dollar, pro_rata=True)
    license_id = shop.buy(tmp_path).license_id
    assert renewal.refund_due(shop.owner, license_id)[0] == 0, "in escrow: it goes back whole"
    shop.settle(license_id)
    money.collect(shop.owner, shop.paid_in)
    localnet.pass_time(HOUR // 2)
    due, paid_in = renewal.refund_due(shop.owner, license_id)
    assert PRICE * 0.49 < due <= PRICE // 2
    assert paid_in == shop.paid_in
    done = renewal.revoke(shop.owner, license_id, "moved away")
    assert PRICE * 0.49 < done.paid_back <= due
    assert money.holdings(shop.buyer, shop.buyer.address, paid_in)["owed_for_licences"] == done.paid_back
    assert not renewal.revoke(shop.owner, license_id, "moved away").sent


def test_revoking_pro_rata_in_ether_gives_back_what_was_too_much(chain_for, keyed, dollar, tmp_path):
    shop = Shop(chain_for, keyed, dollar, currency=currency.ETHER, price=10**15, pro_rata=True)
    license_id = shop.buy(tmp_path).license_id
    shop.settle(license_id)
    before = money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"]
    due, _ = renewal.refund_due(shop.owner, license_id)
    done = renewal.revoke(shop.owner, license_id, "moved away")
    after = money.holdings(shop.owner, shop.owner.address, shop.paid_in)["owed_for_licences"]
    assert done.paid_back + after - before == due + 1, "it sends a wei more than is due"
    assert not license.get(shop.buyer, license_id).active


def test_a_disease_is_proved_from_the_card_and_needs_no_review(chain_for, keyed, ipfs_node, tmp_path):
    owner, buyer, ipfs = chain_for(), keyed(), Ipfs(ipfs_node.api)
    file = tmp_path / "cohort.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    named = diseases.permitted(MONDO, [CORONARY])
    done = publish(
        owner, ipfs, tmp_path / "owner", "p", file, DatasetMeta("Cohort", "", DS, diseases=named),
        OfferTerms(price=0),
    )  # fmt: skip
    assert owner.read(owner.datasets, "versionOf", done.dataset_id, 1)["diseases"] == named.root
    assert named.named == (("MONDO:0005010", "coronary artery disorder"),)
    assert named.ontology == "2026-05-05"
    card = json.loads(ipfs.cat(owner.read(owner.datasets, "versionOf", done.dataset_id, 1)["card"]))
    assert card["biodesci:diseases"]["named"] == [{"id": "MONDO:0005010", "name": "coronary artery disorder"}]

    proof = diseases.prove(buyer, ipfs, done.dataset_id, ANGINA, MONDO)
    disease.check(named.root, ANGINA, proof)
    shown = purchase(buyer, tmp_path, done.offer_id, Purpose(DS, ANGINA), Evidence(proof), again=True)
    assert not shown.needs_review
    assert purchase(buyer, tmp_path, done.offer_id, Purpose(DS, ANGINA), again=True).needs_review
    with pytest.raises(InputError, match="not among the diseases"):
        diseases.prove(buyer, ipfs, done.dataset_id, HEART_FAILURE, MONDO)
    with pytest.raises(RevertedError) as caught:
        purchase(buyer, tmp_path, done.offer_id, Purpose(DS, HEART_FAILURE), Evidence(proof), again=True)
    assert caught.value.name == "AccessLicense_BadDiseaseProof"
    assert caught.value.args_ == (HEART_FAILURE, named.root)

    other = tmp_path / "other.obo"
    other.write_text(MONDO.read_text().replace("is_a: MONDO:0005010", "is_a: MONDO:0005267"))
    with pytest.raises(IntegrityError, match="not those that dataset") as wrong:
        diseases.prove(buyer, ipfs, done.dataset_id, ANGINA, other)
    assert "2026-05-05" in wrong.value.hint


def test_diseases_need_their_term_and_their_file(chain_for, ipfs_node, tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text("age\n1\n")
    named = diseases.permitted(MONDO, [CORONARY])
    with pytest.raises(InputError, match="not limited"):
        publish(
            chain_for(), Ipfs(ipfs_node.api), tmp_path, "p", file, DatasetMeta("C", "", HMB, diseases=named)
        )
    with pytest.raises(NotFoundError, match=r"none\.obo"):
        diseases.permitted(tmp_path / "none.obo", [CORONARY])
    binary = tmp_path / "binary.obo"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="no OBO file"):
        diseases.permitted(binary, [CORONARY])


def test_a_statement_stays_at_home_and_its_salted_hash_goes_on_chain(shop, tmp_path):
    text = "Does ST depression predict the finding?"
    hashed = keep(tmp_path, text)
    assert keep(tmp_path, text) == hashed, "a purchase that goes on says the same"
    assert keep(tmp_path / "elsewhere", text) != hashed, "salted"
    kept = statement.path(tmp_path, hashed)
    assert kept.stat().st_mode & 0o777 == 0o600
    document = json.loads(kept.read_text())
    assert document["text"] == text
    bought = shop.buy(tmp_path, Purpose(HMB, 0, hashed))
    receipt = shop.buyer.web3.eth.get_transaction_receipt(bought.tx_hash)
    declared = shop.buyer.event(receipt, shop.buyer.licenses, "PurposeDeclared")
    assert (declared["licenseId"], declared["statement"]) == (bought.license_id, hashed)
    with pytest.raises(InputError, match="research statement"):
        keep(tmp_path, "  ")


def test_an_order_carries_visas(chain_for, keyed, dollar):
    shop = Shop(chain_for, keyed, dollar, visas=1 << VisaType.RESEARCHER_STATUS)
    issuer, relayer = chain_for(), chain_for()
    visas.trust(shop.owner, issuer.address, 1 << VisaType.RESEARCHER_STATUS)
    later = issuer.now() + HOUR
    shown = visas.issue(issuer, shop.buyer.address, VisaType.RESEARCHER_STATUS, bytes(32), later)
    with pytest.raises(AccessDeniedError, match="ResearcherStatus"):
        orders.order(shop.buyer, shop.offer, Purpose(HMB), Evidence(), seconds=60)
    signed = orders.order(shop.buyer, shop.offer, Purpose(HMB), Evidence(visas=(shown,)), seconds=60)
    assert shop.buyer.address not in repr(signed.evidence)
    assert issuer.address not in repr(signed)
    license_id = orders.relay(relayer, orders.load(signed.dump())).license_id
    shop.settle(license_id)
    assert license.get(relayer, license_id).expires_at == later
    with pytest.raises(AccessDeniedError, match="ResearcherStatus"):
        renewal.renew(shop.buyer, license_id)
    longer = visas.issue(issuer, shop.buyer.address, VisaType.RESEARCHER_STATUS, bytes(32), later + HOUR)
    done = renewal.renew(shop.buyer, license_id, (longer,))
    assert done.expires_at == later + HOUR
    assert visa.missing(4, (longer,)) == 0
