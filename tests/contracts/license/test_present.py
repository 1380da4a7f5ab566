"""AccessLicense.present, and which licence hasAccess looks at

├── given a licence that does not exist: reverts AccessLicense_UnknownLicense
├── given a licence that is not active: reverts AccessLicense_NotActive
├── given that the one looked at has ended: this one counts, whoever calls
├── given that the one looked at is active, and lasts longer: nothing changes
└── a delivery presents: a second licence does not interrupt access
"""

from reverting import reverts
from vocabulary import DAY, Right, word

REASON = word("misuse")


def test_needs_a_licence(licenses, researcher):
    with reverts(licenses.AccessLicense_UnknownLicense, licenseId=9):
        licenses.present(9, sender=researcher)


def test_needs_an_active_licence(licenses, purchased, researcher):
    with reverts(licenses.AccessLicense_NotActive, licenseId=purchased):
        licenses.present(purchased, sender=researcher)


def test_present(licenses, make_offer, buy, deliver, dataset, hospital, researcher, stranger):
    longer = deliver(buy(make_offer(duration=0)))
    shorter = deliver(buy(make_offer(duration=DAY)))
    licenses.revoke(longer, REASON, sender=hospital)
    assert not licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    licenses.present(shorter, sender=stranger)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    with reverts(licenses.AccessLicense_NotActive, licenseId=longer):
        licenses.present(longer, sender=stranger)


def test_does_not_replace_a_better_licence(licenses, make_offer, buy, deliver, dataset, researcher, wait):
    deliver(buy(make_offer(duration=0)))
    shorter = deliver(buy(make_offer(duration=DAY)))
    licenses.present(shorter, sender=researcher)
    wait(DAY + 1)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)


def test_is_for_one_right_of_one_licensee(licenses, make_offer, buy, deliver, dataset, researcher, stranger):
    deliver(buy(make_offer(right=Right.TRAIN)))
    deliver(buy(make_offer(right=Right.INFER), sender=stranger))
    rights = (Right.DOWNLOAD, Right.TRAIN, Right.INFER)
    assert [licenses.hasAccess(dataset, researcher, right) for right in rights] == [False, True, False]
    assert [licenses.hasAccess(dataset, stranger, right) for right in rights] == [False, False, True]


def test_a_second_licence_does_not_interrupt_access(
    licenses, settled, offer, buy, deliver, dataset, researcher, wait
):
    later = buy(offer)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
    wait(DAY)
    deliver(later)
    wait(29 * DAY + 60)
    assert not licenses.isActive(settled)
    assert licenses.hasAccess(dataset, researcher, Right.DOWNLOAD)
