"""What fails is kept with its reason, tried later and later, and shown to a person, on both engines."""

from __future__ import annotations

import time

import pytest

from biodesci.store import jobs
from biodesci.store.jobs import Counts, Jobs
from biodesci.store.work import Work


@pytest.fixture
def work(location):
    with Work(location) as opened:
        yield opened


def test_a_failure_is_kept_with_its_reason_across_a_restart(location) -> None:
    with Work(location) as work:
        ours = Jobs(work, "custodian of 0xA")
        ours.failed("licence", 7, "its visas lapsed")
        ours.failed("licence", 7, "the IPFS node does not answer")
        Jobs(work, "inference_worker of 0xB").failed("request", 7, "no such model", again=False)
    with Work(location) as work:
        licence, request = jobs.listed(work)
    assert (licence.worker, licence.id, licence.attempts) == ("custodian of 0xA", "licence-7", 2)
    assert licence.reason == "the IPFS node does not answer"
    assert licence.first <= licence.last <= time.time() + 60
    assert licence.due is not None
    assert (request.id, request.due) == ("request-7", None)


def test_it_rests_longer_and_longer_and_is_due_when_a_person_says_so(work: Work) -> None:
    ours = Jobs(work, "custodian of 0xA")
    for _ in range(3):
        ours.failed("licence", 7, "away")
        assert ours.schedule("licence").resting == frozenset()
    ours.failed("licence", 7, "away")
    ours.failed("licence", 8, "refused", again=False)
    assert ours.schedule("licence").resting == {"7", "8"}
    assert ours.schedule("request").resting == frozenset()
    assert Jobs(work, "another").schedule("licence").resting == frozenset()
    assert jobs.retry(work, jobs.listed(work)) == 2
    assert ours.schedule("licence").resting == frozenset()
    assert ours.schedule("licence").due == {"7", "8"}
    pauses = [jobs.pause(number) for number in range(1, 30)]
    assert pauses[:3] == [0, 0, 0]
    assert all(0 < pause <= 3_600 for pause in pauses[3:])
    assert pauses[-1] >= 1_800


def test_what_waits_for_a_person_is_counted_apart(work: Work) -> None:
    ours = Jobs(work, "inference_worker of 0xB")
    ours.failed("request", 1, "away")
    ours.failed("request", 2, "no such model", again=False)
    ours.failed("request", 3, "no such model", again=False)
    Jobs(work, "another").failed("licence", 7, "away")
    assert ours.counts() == Counts(failing={"request": 1}, waiting={"request": 2})
    jobs.retry(work, [job for job in jobs.listed(work) if job.subject == "2"])
    assert ours.counts() == Counts(failing={"request": 2}, waiting={"request": 1})


def test_what_is_done_is_gone_and_cannot_be_retried(work: Work) -> None:
    ours = Jobs(work, "custodian of 0xA")
    ours.failed("licence", 7, "away")
    seen = jobs.listed(work)
    ours.done("licence", 7)
    ours.done("licence", 8)  # never failed
    assert jobs.listed(work) == []
    assert jobs.retry(work, seen) == 0


def test_strangers_cannot_fill_the_database(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST", 3)
    ours = Jobs(work, "inference_worker of 0xB")
    for number in range(5):
        ours.failed("request", number, "x" * 100_000)
    assert ours.counts() == Counts(failing={"request": 3}, waiting={})
    assert all(len(job.reason) <= jobs.LONGEST_REASON for job in jobs.listed(work))
    ours.failed("request", 1, "again")  # those that are there go on
    assert jobs.listed(work)[1].attempts == 2


def test_all_of_a_kind_are_tried_at_once_but_for_what_waits_for_a_person(work: Work) -> None:
    ours, other = Jobs(work, "custodian of 0xA"), Jobs(work, "another")
    for each in (ours, other):
        for _ in range(4):
            each.failed("licence", 7, "away")
        each.failed("licence", 8, "refused", again=False)
    ours.hurry("licence")
    assert ours.schedule("licence").due == {"7"}
    assert ours.schedule("licence").resting == {"8"}
    assert other.schedule("licence").due == frozenset()
