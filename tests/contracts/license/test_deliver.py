"""AccessLicense.deliver

├── given a licence that is not Purchased: reverts AccessLicense_WrongState
├── given the deadline has passed: reverts AccessLicense_TooLate
├── given an empty envelope: reverts AccessLicense_EmptyField
├── given neither owner nor custodian: reverts AccessLicense_NotCustodian
├── given the version was withdrawn: reverts AccessLicense_Withdrawn
├── given a visa that lapsed: reverts AccessLicense_VisaLapsed
└── otherwise: Delivered; access and expiry start, the dispute window opens
    └── the version is the one that was bought, even if it is not the latest any more
"""

import pytest
from reverting import reverts
from vocabulary import DAY, EMPTY, FOREVER, License, Right, Visa, word

ENVELOPE = word("envelope")


def test_needs_a_purchase(licenses, delivered, custodian):
    for license_id, state in ((delivered, License.DELIVERED), (99, License.NONE)):
        with reverts(licenses.AccessLicense_WrongState, licenseId=license_id, got=state):
            licenses.deliver(license_id, ENVELOPE, sender=custodian)


def test_in_time(licenses, purchased, custodian, wait):
    deadline = licenses.licenseOf(purchased).deadline
    wait(2 * DAY + 1)
    with reverts(licenses.AccessLicense_TooLate, licenseId=purchased, since=deadline):
        licenses.deliver(purchased, ENVELOPE, sender=custodian)


def test_needs_an_envelope(licenses, purchased, custodian):
    with reverts(licenses.AccessLicense_EmptyField, field="envelope"):
        licenses.deliver(purchased, EMPTY, sender=custodian)


@pytest.mark.parametrize("by", ["researcher", "stranger", "arbiter"])
def test_needs_owner_or_custodian(licenses, purchased, dataset, actors, by):
    sender = getattr(actors, by)
    with reverts(licenses.AccessLicense_NotCustodian, datasetId=dataset, got=sender):
        licenses.deliver(purchased, ENVELOPE, sender=sender)


def test_needs_consent(licenses, datasets, purchased, dataset, hospital):
    datasets.withdraw(dataset, 1, sender=hospital)
    with reverts(licenses.AccessLicense_Withdrawn, datasetId=dataset, version=1):
        licenses.deliver(purchased, ENVELOPE, sender=hospital)


def test_needs_visas_that_stand(licenses, visas, buy_with_visa, signed_visa, issuer, custodian):
    visa = signed_visa(Visa.RESEARCHER)
    license_id = buy_with_visa(visa)
    visas.revoke(visas.hashOf(visa[0]), sender=issuer)
    with reverts(licenses.AccessLicense_VisaLapsed, licenseId=license_id):
        licenses.deliver(license_id, ENVELOPE, sender=custodian)


@pytest.mark.parametrize("by", ["hospital", "custodian"])
def test_deliver(licenses, purchased, dataset, researcher, stranger, actors, by):
    tx = licenses.deliver(purchased, ENVELOPE, sender=getattr(actors, by))
    assert tx.events == [licenses.KeyDelivered(licenseId=purchased, envelope=ENVELOPE)]
    end = tx.timestamp + 30 * DAY
    got = licenses.licenseOf(purchased)
    assert (got.state, got.deadline, got.expiresAt) == (License.DELIVERED, tx.timestamp + 3 * DAY, end)
    assert licenses.expiresAt(purchased) == end
    assert licenses.isActive(purchased)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    for dataset_id, account, right in (
        (dataset, researcher, Right.NONE),
        (dataset, researcher, Right.TRAIN),
        (dataset, researcher, Right.INFER),
        (dataset, stranger, Right.DOWNLOAD),
        (dataset + 1, researcher, Right.DOWNLOAD),
    ):
        assert not licenses.hasAccess(dataset_id, account, right)


def test_without_end(licenses, make_offer, buy, deliver):
    license_id = deliver(buy(make_offer(duration=0)))
    assert licenses.expiresAt(license_id) == FOREVER


def test_the_licensed_version_is_fixed(
    licenses, datasets, purchased, dataset, publication, hospital, deliver
):
    datasets.publishVersion(dataset, publication("revised"), sender=hospital)
    deliver(purchased)
    assert licenses.licenseOf(purchased).version == 1
    assert licenses.tokenURI(purchased).endswith(word("cohort card").hex())
