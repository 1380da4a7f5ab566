"""A licence that cannot be delivered is kept with its reason, is tried later and later, and when a
person says so."""

from __future__ import annotations

from typing import Any

import pytest

from biodesci.core.envelope import public_key
from biodesci.market import license
from biodesci.market.custody import Custodian
from biodesci.store import jobs
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work
from tests.backend.acting import acting


@pytest.fixture
def work(location):
    with Work(location) as opened:
        yield opened


def custodian(sale: Any, work: Work) -> Custodian:
    """As a worker that was started anew has it."""
    return Custodian(acting(sale.owner, sale.ipfs, sale.home), jobs=Jobs(work, "custodian of 0xA"))


def test_what_cannot_be_sealed_is_shown_rests_and_is_delivered_when_a_person_says_so(
    sale: Any, work: Work
) -> None:
    license_id = sale.buy().license_id
    sale.buyer.send(sale.buyer.keys.functions.revoke())
    serves = custodian(sale, work)
    for _ in range(6):
        assert serves.poll() == []
    (job,) = jobs.listed(work)
    assert (job.id, job.attempts) == (f"licence-{license_id}", 4)  # three at once, and then it rests
    assert "key" in job.reason
    assert sale.buyer.address not in job.worker
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(sale.seed)))
    assert custodian(sale, work).poll() == []  # a restart does not hurry it
    jobs.retry(work, [job])
    assert custodian(sale, work).poll() == [license_id]
    assert jobs.listed(work) == []


def test_what_is_owed_no_more_is_gone(sale: Any, work: Work) -> None:
    license_id = sale.buy().license_id
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    assert custodian(sale, work).poll() == []
    (job,) = jobs.listed(work)
    assert "consent was withdrawn" in job.reason
    assert license.refund(sale.buyer, license_id) is not None
    assert custodian(sale, work).poll() == []
    assert jobs.listed(work) == []


def test_one_that_rests_holds_up_no_other(sale: Any, work: Work, keyed: Any) -> None:
    stuck = sale.buy().license_id
    sale.buyer.send(sale.buyer.keys.functions.revoke())
    serves = custodian(sale, work)
    for _ in range(5):
        serves.poll()
    sale.buyer = keyed()
    served = sale.buy().license_id
    assert serves.poll() == [served]
    assert [job.subject for job in jobs.listed(work)] == [str(stuck)]
