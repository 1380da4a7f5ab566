"""AccessLicense.purchase

├── given an offer that does not exist: reverts AccessLicense_UnknownOffer
├── given a closed offer: reverts AccessLicense_OfferClosed
├── given an offer that requires visas: reverts AccessLicense_VisasRequired
├── given less or more than the price, or ETH for an ERC-20: reverts AccessLicense_WrongPrice
├── given a withdrawn latest version: reverts AccessLicense_Withdrawn
├── given a buyer without a key: reverts AccessLicense_NoKey
├── given a purpose that the terms deny: reverts AccessLicense_Denied
├── given terms with a time limit, and an offer without an end: reverts AccessLicense_BadOffer
├── given the offer's arbiter as buyer: reverts AccessLicense_BuyerIsArbiter
├── given a purpose that needs review: the licence is InReview
├── otherwise: the licence is Purchased, for the latest version, the price in escrow; no access yet
└── in an ERC-20
    ├── given no allowance: reverts as the token does
    ├── given a token that takes a fee, or moves nothing: reverts AccessLicense_WrongAmountReceived
    ├── given a token that answers false: reverts SafeERC20FailedOperation
    └── otherwise: the price is taken from the allowance
"""

import pytest
from reverting import reverts
from vocabulary import DAY, DOLLARS, PRICE, UNCOUNTED, ZERO, Duo, License, Right, Visa


@pytest.fixture
def buyer(researcher, register_key):
    """The researcher, who has a key."""
    register_key(researcher)
    return researcher


def test_needs_an_offer(licenses, researcher):
    for offer in (0, 1, 2**100):
        with reverts(licenses.AccessLicense_UnknownOffer, offerId=offer):
            licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)


def test_needs_an_open_offer(licenses, offer, hospital, buyer):
    licenses.closeOffer(offer, sender=hospital)
    with reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=buyer)


def test_shows_no_visas(licenses, make_offer, buyer):
    offer = make_offer(visas=Visa.bits(Visa.GRANT))
    with reverts(licenses.AccessLicense_VisasRequired, offerId=offer, types=Visa.bits(Visa.GRANT)):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=buyer)


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_needs_the_exact_price(licenses, offer, buyer, value):
    with reverts(licenses.AccessLicense_WrongPrice, got=value, required=PRICE):
        licenses.purchase(offer, Duo.HMB, value=value, sender=buyer)


def test_needs_consent(licenses, datasets, dataset, offer, hospital, buyer, publication, buy):
    datasets.withdraw(dataset, 1, sender=hospital)
    with reverts(licenses.AccessLicense_Withdrawn, datasetId=dataset, version=1):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=buyer)
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    assert licenses.licenseOf(buy(offer)).version == 2


def test_an_earlier_withdrawal_stops_nothing(licenses, datasets, dataset, offer, hospital, publication, buy):
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    datasets.withdraw(dataset, 1, sender=hospital)
    assert licenses.licenseOf(buy(offer)).version == 2


def test_needs_a_key(licenses, keys, offer, researcher, register_key):
    with reverts(licenses.AccessLicense_NoKey, licensee=researcher):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)
    register_key(researcher)
    keys.revoke(sender=researcher)
    with reverts(licenses.AccessLicense_NoKey, licensee=researcher):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=researcher)


@pytest.mark.parametrize(
    "purpose", [0, Duo.GRU, Duo.POA, Duo.CC, Duo.HMB | Duo.COMMERCIAL, Duo.HMB | 1 << 36, Duo.HMB | 1 << 63]
)
def test_denies_what_the_terms_do_not_permit(licenses, offer, buyer, purpose):
    with reverts(licenses.AccessLicense_Denied, terms=Duo.HMB | Duo.NCU, purpose=purpose):
        licenses.purchase(offer, purpose, value=PRICE, sender=buyer)


def test_purchase(licenses, dataset, offer, buyer):
    purpose = Duo.HMB | Duo.FOR_PROFIT
    tx = licenses.purchase(offer, purpose, value=PRICE, sender=buyer)
    assert tx.events == [
        licenses.Transfer(**{"from": ZERO, "to": buyer, "tokenId": 1}),
        licenses.Locked(tokenId=1),
        licenses.LicensePurchased(
            licenseId=1,
            datasetId=dataset,
            licensee=buyer,
            offerId=offer,
            version=1,
            purpose=purpose,
            needsReview=False,
        ),
    ]
    assert licenses.balance == PRICE
    got = licenses.licenseOf(1)
    assert (got.offerId, got.datasetId, got.licensee, got.version) == (offer, dataset, buyer, 1)
    assert (got.state, got.right, got.usesLeft) == (License.PURCHASED, Right.DOWNLOAD, UNCOUNTED)
    assert (got.price, got.currency, got.purpose, got.proRata) == (PRICE, ZERO, purpose, False)
    assert (got.deadline, got.expiresAt) == (tx.timestamp + 2 * DAY, 0)
    assert licenses.licenseCount() == licenses.balanceOf(buyer) == 1
    assert licenses.ownerOf(1) == buyer
    assert not licenses.isActive(1)
    assert not licenses.hasAccess(dataset, buyer, Right.DOWNLOAD)


def test_a_purpose_that_needs_review(licenses, publish, terms_of_sale, hospital, buyer):
    dataset = publish(hospital, terms=Duo.HMB | Duo.IRB | Duo.US)
    licenses.createOffer(terms_of_sale(dataset), sender=hospital)
    tx = licenses.purchase(licenses.offerCount(), Duo.HMB | Duo.IRB, value=PRICE, sender=buyer)
    assert tx.events[-1].needsReview
    assert licenses.licenseOf(1).state == License.IN_REVIEW


def test_a_time_limit_needs_an_end(licenses, publish, terms_of_sale, hospital, buyer):
    dataset = publish(hospital, terms=Duo.HMB | Duo.TS)
    licenses.createOffer(terms_of_sale(dataset, duration=0), sender=hospital)
    with reverts(licenses.AccessLicense_BadOffer, field="duration"):
        licenses.purchase(licenses.offerCount(), Duo.HMB | Duo.TS, value=PRICE, sender=buyer)
    licenses.createOffer(terms_of_sale(dataset, duration=DAY), sender=hospital)
    licenses.purchase(licenses.offerCount(), Duo.HMB | Duo.TS, value=PRICE, sender=buyer)
    assert licenses.licenseOf(licenses.licenseCount()).state == License.PURCHASED


def test_not_by_its_arbiter(licenses, offer, arbiter, register_key):
    """It could dispute, and decide for itself."""
    register_key(arbiter)
    with reverts(licenses.AccessLicense_BuyerIsArbiter, buyer=arbiter):
        licenses.purchase(offer, Duo.HMB, value=PRICE, sender=arbiter)


def test_a_free_offer(licenses, make_offer, buy, deliver, researcher, hospital):
    license_id = deliver(buy(make_offer(price=0), value=0))
    licenses.confirm(license_id, sender=researcher)
    assert licenses.isActive(license_id)
    assert licenses.owed(hospital, ZERO) == 0


def test_for_dollars(licenses, dollar, dollar_offer, paid_in_dollars, researcher):
    got = licenses.licenseOf(paid_in_dollars)
    assert (got.state, got.price, got.currency) == (License.PURCHASED, DOLLARS, dollar)
    assert dollar.balanceOf(licenses) == DOLLARS
    assert dollar.allowance(researcher, licenses) == licenses.balance == 0


def test_dollars_need_an_allowance(licenses, dollar, dollar_offer, buyer):
    dollar.approve(licenses, DOLLARS - 1, sender=buyer)
    with reverts(dollar.ERC20InsufficientAllowance, spender=licenses, allowance=DOLLARS - 1, needed=DOLLARS):
        licenses.purchase(dollar_offer, Duo.HMB, sender=buyer)


def test_no_eth_for_dollars(licenses, dollar, dollar_offer, buyer):
    dollar.approve(licenses, DOLLARS, sender=buyer)
    with reverts(licenses.AccessLicense_WrongPrice, got=1, required=0):
        licenses.purchase(dollar_offer, Duo.HMB, value=1, sender=buyer)


def test_refuses_a_fee_on_transfer(licenses, forge_contract, make_offer, buyer, actors):
    token = actors.deployer.deploy(forge_contract("FeeToken"))
    token.mint(buyer, DOLLARS, sender=buyer)
    token.approve(licenses, DOLLARS, sender=buyer)
    offer = make_offer(price=DOLLARS, currency=token.address)
    kept = DOLLARS - DOLLARS // 100
    with reverts(licenses.AccessLicense_WrongAmountReceived, currency=token, got=kept, required=DOLLARS):
        licenses.purchase(offer, Duo.HMB, sender=buyer)
    assert licenses.licenseCount() == 0


@pytest.mark.parametrize("lie", [1, 3])  # MoveNothing, Shrink
def test_refuses_a_token_that_lies(licenses, forge_contract, make_offer, buyer, actors, lie):
    token = actors.deployer.deploy(forge_contract("LyingToken"))
    token.mint(licenses, DOLLARS, sender=buyer)
    token.setLie(lie, sender=buyer)
    offer = make_offer(price=DOLLARS, currency=token.address)
    with reverts(licenses.AccessLicense_WrongAmountReceived, currency=token, got=0, required=DOLLARS):
        licenses.purchase(offer, Duo.HMB, sender=buyer)


def test_refuses_a_token_that_answers_false(licenses, forge_contract, make_offer, buyer, actors):
    token = actors.deployer.deploy(forge_contract("FalseToken"))
    offer = make_offer(price=DOLLARS, currency=token.address)
    with reverts(licenses.SafeERC20FailedOperation, token=token):
        licenses.purchase(offer, Duo.HMB, sender=buyer)


def test_takes_a_token_that_answers_nothing(licenses, forge_contract, make_offer, buyer, actors):
    token = actors.deployer.deploy(forge_contract("SilentToken"))
    token.mint(buyer, DOLLARS, sender=buyer)
    token.approve(licenses, DOLLARS, sender=buyer)
    licenses.purchase(make_offer(price=DOLLARS, currency=token.address), Duo.HMB, sender=buyer)
    assert token.balanceOf(licenses) == DOLLARS
