"""DatasetNFT.transferFrom, safeTransferFrom

├── given another sender than the owner, unless approved: reverts ERC721InsufficientApproval
└── otherwise
    ├── the new owner is the custodian; the old owner and its custodian have no part in it any more
    ├── open offers are the new owner's: it closes them, buyers buy on, their visas are those it asks for
    ├── reviews, deliveries and revocations are the new owner's
    ├── what is settled from now on is the new owner's, less the royalty; what was owed stays owed
    ├── licences that were delivered stay as they are
    └── the first publisher stays the receiver of royalties, for good
"""

import pytest
from reverting import reverts
from vocabulary import PRICE, ZERO, Duo, License, Right, Visa, word

ROYALTY = PRICE * 5 // 100


@pytest.fixture
def sell(datasets, dataset, hospital, second):
    def go() -> None:
        datasets.transferFrom(hospital, second, dataset, sender=hospital)

    return go


def test_needs_the_owner(datasets, dataset, hospital, custodian, stranger):
    for sender in (custodian, stranger):
        with reverts(datasets.ERC721InsufficientApproval, operator=sender, tokenId=dataset):
            datasets.transferFrom(hospital, stranger, dataset, sender=sender)


def test_by_whom_the_owner_approved(datasets, dataset, hospital, stranger, second):
    datasets.approve(stranger, dataset, sender=hospital)
    datasets.safeTransferFrom(hospital, second, dataset, sender=stranger)
    assert datasets.ownerOf(dataset) == datasets.custodianOf(dataset) == second


def test_resets_the_custodian(datasets, dataset, hospital, custodian, second):
    tx = datasets.transferFrom(hospital, second, dataset, sender=hospital)
    assert tx.events == [
        datasets.Transfer(**{"from": hospital, "to": second, "tokenId": dataset}),
        datasets.CustodianSet(datasetId=dataset, custodian=second),
    ]
    assert datasets.custodianOf(dataset) == second
    for account, entitled in ((custodian, False), (hospital, False), (ZERO, False), (second, True)):
        assert datasets.releaseOf(dataset, 1, account) == (entitled, False)


def test_hands_over_offers(licenses, sell, offer, dataset, buy, hospital, second):
    sell()
    assert licenses.offerOf(offer)[1]
    license_id = buy(offer)
    assert licenses.licenseOf(license_id).state == License.PURCHASED
    with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=hospital):
        licenses.closeOffer(offer, sender=hospital)
    licenses.closeOffer(offer, sender=second)
    with reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        buy(offer)


def test_the_new_owner_says_whose_visas_count(
    visas, sell, make_offer, order, submit, signed_visa, register_key, researcher, hospital, second, issuer
):
    needed = make_offer(visas=Visa.bits(Visa.RESEARCHER))
    register_key(researcher)
    visas.trust(issuer, 15, sender=hospital)
    sell()
    evidence = {"diseaseProof": [], "visas": [signed_visa(Visa.RESEARCHER)]}
    with reverts(visas.VisaRegistry_UntrustedIssuer, issuer=issuer, visaType=Visa.RESEARCHER):
        submit(order(needed), evidence=evidence)
    visas.trust(issuer, 15, sender=second)
    submit(order(needed), evidence=evidence)


def test_hands_over_reviews(licenses, datasets, publish, terms_of_sale, buy, hospital, second):
    dataset = publish(hospital, terms=Duo.GRU | Duo.PS)
    licenses.createOffer(terms_of_sale(dataset), sender=hospital)
    approved, rejected = (buy(licenses.offerCount(), Duo.GRU) for _ in range(2))
    datasets.transferFrom(hospital, second, dataset, sender=hospital)
    for call in (lambda by: licenses.approve(approved, sender=by), lambda by: licenses.reject(
        rejected, word("no"), sender=by
    )):  # fmt: skip
        with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=hospital):
            call(hospital)
        call(second)
    assert licenses.licenseOf(approved).state == License.PURCHASED
    assert licenses.licenseOf(rejected).state == License.REJECTED


def test_hands_over_deliveries(licenses, purchased, sell, dataset, hospital, custodian, second):
    sell()
    for former in (custodian, hospital):
        with reverts(licenses.AccessLicense_NotCustodian, datasetId=dataset, got=former):
            licenses.deliver(purchased, word("envelope"), sender=former)
    licenses.deliver(purchased, word("envelope"), sender=second)
    assert licenses.isActive(purchased)


def test_hands_over_future_income(licenses, settled, sell, offer, buy, researcher, hospital, second):
    sell()
    assert licenses.owed(hospital, ZERO) == PRICE
    license_id = buy(offer)
    licenses.deliver(license_id, word("envelope"), sender=second)
    licenses.confirm(license_id, sender=researcher)
    assert licenses.owed(second, ZERO) == PRICE - ROYALTY
    assert licenses.owed(hospital, ZERO) == PRICE + ROYALTY


def test_old_licences_keep_their_rights(licenses, settled, sell, dataset, researcher, hospital, second):
    before = licenses.licenseOf(settled)
    sell()
    assert licenses.licenseOf(settled) == before
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    licenses.consume(settled, sender=researcher)
    with reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=hospital):
        licenses.revoke(settled, word("misuse"), sender=hospital)
    licenses.revoke(settled, word("misuse"), sender=second)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_royalties_stay_the_first_publishers(datasets, dataset, sell, hospital, second, stranger):
    assert datasets.royaltyInfo(dataset, 1_000) == (hospital, 50)
    sell()
    datasets.transferFrom(second, stranger, dataset, sender=second)
    assert datasets.royaltyInfo(dataset, 1_000) == (hospital, 50)
    datasets.transferFrom(stranger, hospital, dataset, sender=stranger)
    assert datasets.royaltyInfo(dataset, 1_000) == (hospital, 50)


def test_a_publisher_who_has_it_back_pays_itself_no_royalty(
    licenses, datasets, delivered, dataset, sell, hospital, second, researcher
):
    sell()
    datasets.transferFrom(second, hospital, dataset, sender=second)
    licenses.confirm(delivered, sender=researcher)
    assert (licenses.owed(hospital, ZERO), licenses.owed(second, ZERO)) == (PRICE, 0)
