"""AccessLicense: offerOf, licenseOf, expiresAt, tokenURI, isActive, hasAccess, assess, grantOf

├── given an offer that does not exist: reverts AccessLicense_UnknownOffer
├── given a licence that does not exist: reverts AccessLicense_UnknownLicense, but is not active
├── access ends to the second, and (to train) with the withdrawal of its version
├── assess says what a purchase would meet
└── a grant is for one dataset of one contract on one chain
"""

import pytest
from eth_abi import encode
from eth_utils import keccak
from reverting import reverts
from vocabulary import EMPTY, Decision, Duo, Right, purpose

from biodesci.core import disease

PERMITTED = [5068, 5148]


def test_needs_an_offer(licenses, stranger):
    with reverts(licenses.AccessLicense_UnknownOffer, offerId=9):
        licenses.offerOf.transact(9, sender=stranger)
    with reverts(licenses.AccessLicense_UnknownOffer, offerId=9):
        licenses.assess.transact(9, purpose(Duo.HMB), [], sender=stranger)


@pytest.mark.parametrize("view", ["licenseOf", "expiresAt", "tokenURI", "refundDue"])
def test_needs_a_licence(licenses, stranger, view):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        getattr(licenses, view).transact(9, sender=stranger)
    assert not licenses.isActive(9)


def test_access_expires(licenses, settled, dataset, researcher, wait, now):
    wait(licenses.expiresAt(settled) - now() - 30)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    wait(31)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    assert not licenses.isActive(settled)


def test_withdrawal_ends_training_alone(
    licenses, datasets, make_offer, buy, deliver, settled, dataset, hospital, researcher
):
    training = deliver(buy(make_offer(right=Right.TRAIN)))
    inference = deliver(buy(make_offer(right=Right.INFER)))
    datasets.withdraw(dataset, 1, sender=hospital)
    assert not licenses.isActive(training)
    assert licenses.isActive(inference)
    assert licenses.isActive(settled)
    rights = (Right.DOWNLOAD, Right.TRAIN, Right.INFER)
    assert [licenses.hasAccess(dataset, researcher, right) for right in rights] == [True, False, True]


def test_the_withdrawal_of_another_version_ends_nothing(
    licenses, datasets, make_offer, buy, deliver, dataset, publication, hospital
):
    training = deliver(buy(make_offer(right=Right.TRAIN)))
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    datasets.withdraw(dataset, 2, sender=hospital)
    assert licenses.isActive(training)
    datasets.withdraw(dataset, 1, sender=hospital)
    assert not licenses.isActive(training)


def test_assess(licenses, offer):
    assert licenses.assess(offer, purpose(Duo.HMB), []) == Decision.APPROVE
    assert licenses.assess(offer, purpose(Duo.HMB | Duo.COMMERCIAL), []) == Decision.DENY
    assert licenses.assess(offer, purpose(Duo.METHODS), []) == Decision.REVIEW


def test_assess_a_disease(licenses, datasets, publication, terms_of_sale, hospital, stranger):
    p = publication("cardiac", Duo.DS, diseases=disease.root(PERMITTED))
    datasets.publishWithOffer(p, [], terms_of_sale(), sender=hospital)
    offer, proof = licenses.offerCount(), disease.prove(PERMITTED, 5068)
    assert licenses.assess(offer, purpose(Duo.DS, 5068), proof) == Decision.APPROVE
    assert licenses.assess(offer, purpose(Duo.DS, 5068), []) == Decision.REVIEW
    assert licenses.assess(offer, purpose(Duo.DS), proof) == Decision.REVIEW
    assert licenses.assess(offer, purpose(Duo.POA, 5068), proof) == Decision.DENY
    with reverts(licenses.AccessLicense_BadDiseaseProof, disease=5148, root=disease.root(PERMITTED)):
        licenses.assess.transact(offer, purpose(Duo.DS, 5148), proof, sender=stranger)


def test_assess_what_is_withdrawn(licenses, datasets, offer, dataset, hospital):
    datasets.withdraw(dataset, 1, sender=hospital)
    assert licenses.assess(offer, purpose(Duo.HMB), []) == Decision.APPROVE


def test_grant(licenses, datasets, chain):
    grant = keccak(encode(["uint256", "address", "uint256"], [chain.chain_id, datasets.address, 7]))
    assert licenses.grantOf(7) == grant != EMPTY
    assert licenses.grantOf(8) != grant


def test_an_uri_is_the_licensed_versions(licenses, datasets, purchased, dataset, publication, hospital):
    uri = datasets.tokenURI(dataset)
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    assert licenses.tokenURI(purchased) == uri != datasets.tokenURI(dataset)


def test_the_whole_of_a_licence(licenses, settled, offer, dataset, researcher):
    got = licenses.licenseOf(settled)
    assert got.expiresAt == licenses.expiresAt(settled)
    assert (got.offerId, got.datasetId, got.licensee, got.deadline) == (offer, dataset, researcher, 0)
