"""AccessLicense.consume, revoke, present, isActive, hasAccess, and what is soulbound

consume
├── given neither licensee, owner nor custodian: reverts AccessLicense_NotLicensee
├── given a licence that is not active, expired or used up: reverts AccessLicense_NotActive
└── otherwise: one use less; uncounted uses stay uncounted
revoke
├── given another sender than the owner: reverts AccessLicense_NotDatasetOwner
├── given an undelivered licence: reverts AccessLicense_WrongState
├── given a delivered, unsettled licence: the buyer is credited
└── given a settled licence: access ends, no money moves
hasAccess
├── follows the licence's end, revocation, and (to train) the withdrawal of its version
├── a renewal that is still to be delivered does not interrupt access
└── present makes another active licence count
"""

import ape
from vocabulary import DAY, PRICE, License, Right, word

REASON = word("misuse")
UNCOUNTED = 2**32 - 1


def test_consume_needs_a_party(licenses, settled, stranger):
    with ape.reverts(licenses.AccessLicense_NotLicensee, licenseId=settled, got=stranger):
        licenses.consume(settled, sender=stranger)


def test_consume_needs_an_active_licence(licenses, purchased, researcher):
    with ape.reverts(licenses.AccessLicense_NotActive, licenseId=purchased):
        licenses.consume(purchased, sender=researcher)


def test_consume_counts_down(licenses, make_offer, buy, deliver, dataset, researcher, hospital, custodian):
    license_id = deliver(buy(make_offer(uses=3)))
    for left, sender in ((2, researcher), (1, hospital), (0, custodian)):
        tx = licenses.consume(license_id, sender=sender)
        assert tx.events == [licenses.LicenseConsumed(licenseId=license_id, usesLeft=left)]
        assert licenses.licenseOf(license_id).usesLeft == left
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with ape.reverts(licenses.AccessLicense_NotActive, licenseId=license_id):
        licenses.consume(license_id, sender=researcher)


def test_consume_uncounted(licenses, settled, researcher):
    licenses.consume(settled, sender=researcher)
    assert licenses.licenseOf(settled).usesLeft == UNCOUNTED


def test_consume_ends_with_the_licence(licenses, settled, researcher, wait):
    wait(30 * DAY)
    with ape.reverts(licenses.AccessLicense_NotActive, licenseId=settled):
        licenses.consume(settled, sender=researcher)


def test_revoke_needs_the_owner(licenses, settled, dataset, custodian):
    with ape.reverts(licenses.AccessLicense_NotDatasetOwner, datasetId=dataset, got=custodian):
        licenses.revoke(settled, REASON, sender=custodian)


def test_revoke_needs_a_delivery(licenses, purchased, hospital):
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=purchased, got=License.PURCHASED):
        licenses.revoke(purchased, REASON, sender=hospital)


def test_revoke_before_settlement_refunds(licenses, delivered, dataset, hospital, researcher):
    tx = licenses.revoke(delivered, REASON, sender=hospital)
    assert tx.events == [
        licenses.LicenseRevoked(licenseId=delivered, reason=REASON),
        licenses.LicenseRefunded(licenseId=delivered, amount=PRICE),
    ]
    assert licenses.owed(researcher) == PRICE
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_revoke_after_settlement(licenses, settled, dataset, hospital, researcher):
    tx = licenses.revoke(settled, REASON, sender=hospital)
    assert tx.events == [licenses.LicenseRevoked(licenseId=settled, reason=REASON)]
    assert (licenses.owed(hospital), licenses.owed(researcher)) == (PRICE, 0)
    assert not licenses.isActive(settled)
    with ape.reverts(licenses.AccessLicense_WrongState, licenseId=settled, got=License.REVOKED):
        licenses.revoke(settled, REASON, sender=hospital)


def test_access_expires(licenses, settled, dataset, researcher, wait):
    wait(30 * DAY - 60)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    wait(61)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_withdrawal_ends_training_only(
    licenses, datasets, make_offer, buy, deliver, settled, dataset, hospital, researcher
):
    training = deliver(buy(make_offer(right=Right.TRAIN)))
    assert licenses.hasAccess(dataset, researcher, Right.TRAIN)
    datasets.withdraw(dataset, 1, sender=hospital)
    assert not licenses.hasAccess(dataset, researcher, Right.TRAIN)
    assert not licenses.isActive(training)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_a_renewal_does_not_interrupt_access(
    licenses, settled, offer, buy, deliver, dataset, researcher, wait
):
    renewal = buy(offer)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    wait(DAY)
    deliver(renewal)
    wait(29 * DAY + 60)
    assert not licenses.isActive(settled)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_present(licenses, make_offer, buy, deliver, dataset, hospital, researcher, stranger):
    longer = deliver(buy(make_offer(duration=0)))
    shorter = deliver(buy(make_offer(duration=DAY)))
    licenses.revoke(longer, REASON, sender=hospital)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    licenses.present(shorter, sender=stranger)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with ape.reverts(licenses.AccessLicense_NotActive, licenseId=longer):
        licenses.present(longer, sender=stranger)


def test_present_does_not_replace_a_better_licence(
    licenses, make_offer, buy, deliver, dataset, researcher, wait
):
    deliver(buy(make_offer(duration=0)))
    shorter = deliver(buy(make_offer(duration=DAY)))
    licenses.present(shorter, sender=researcher)
    wait(DAY + 1)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_soulbound(licenses, settled, researcher, stranger):
    assert licenses.locked(settled)
    with ape.reverts(licenses.ERC721NonexistentToken, tokenId=99):
        licenses.locked(99)
    with ape.reverts(licenses.AccessLicense_Soulbound, licenseId=settled):
        licenses.transferFrom(researcher, stranger, settled, sender=researcher)
    with ape.reverts(licenses.AccessLicense_Soulbound, licenseId=settled):
        licenses.safeTransferFrom(researcher, stranger, settled, sender=researcher)
    with ape.reverts(licenses.AccessLicense_Soulbound, licenseId=settled):
        licenses.approve(stranger, settled, sender=researcher)
    with ape.reverts(licenses.AccessLicense_Soulbound, licenseId=0):
        licenses.setApprovalForAll(stranger, True, sender=researcher)
    assert licenses.ownerOf(settled) == researcher


def test_interfaces(licenses):
    for interface in ("01ffc9a7", "80ac58cd", "5b5e139f", "b45a3c0e"):
        assert licenses.supportsInterface(bytes.fromhex(interface))
    assert not licenses.supportsInterface(b"\xff" * 4)
