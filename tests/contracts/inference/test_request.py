"""InferenceCommitment.request, commit, cancel, expire

request
├── given an empty field: reverts InferenceCommitment_EmptyField
├── given a deadline in the past or beyond a year: reverts InferenceCommitment_BadDeadline
├── given a window beyond 90 days: reverts InferenceCommitment_BadWindow
├── given a worker or requester without a key: reverts InferenceCommitment_NoKey
├── given a version that does not exist: reverts ModelRegistry_UnknownVersion
└── otherwise: Requested, the fee in escrow
commit
├── given another sender than the worker: reverts InferenceCommitment_NotWorker
├── given another state: reverts InferenceCommitment_WrongState
├── given the deadline has passed: reverts InferenceCommitment_TooLate
├── given an empty field: reverts InferenceCommitment_EmptyField
└── otherwise: Committed, the challenge window opens
cancel
├── given neither requester nor worker: reverts InferenceCommitment_NotRequester
├── by the worker: Expired, the requester is credited
├── by the requester: the worker has ten minutes left
└── given an answer: reverts InferenceCommitment_WrongState
expire
├── given the deadline has not passed: reverts InferenceCommitment_TooEarly
└── otherwise, by anyone: Expired, the requester is credited
"""

import pytest
from reverting import reverts
from vocabulary import DAY, Request, word

FEE = 10**16


@pytest.mark.parametrize("field", ["inputCommitment", "input"])
def test_request_needs_every_field(inferences, request_, field):
    with reverts(inferences.InferenceCommitment_EmptyField, field=field):
        request_(**{field: bytes(32)})


def test_request_checks_times(inferences, request_, now):
    for deadline in (0, now() - 1, now() + 366 * DAY):
        with reverts(inferences.InferenceCommitment_BadDeadline, got=deadline):
            request_(deadline=deadline)
    with reverts(inferences.InferenceCommitment_BadWindow, got=90 * DAY + 1):
        request_(challengeWindow=90 * DAY + 1)


def test_request_needs_keys(inferences, keys, request_, stranger, researcher):
    with reverts(inferences.InferenceCommitment_NoKey, account=stranger):
        request_(worker=stranger)
    keys.revoke(sender=researcher)
    with reverts(inferences.InferenceCommitment_NoKey, account=researcher):
        request_()


def test_request_needs_a_version(inferences, models, model, request_):
    with reverts(models.ModelRegistry_UnknownVersion, modelId=model, version=2):
        request_(version=2)
    with reverts(models.ModelRegistry_UnknownVersion, modelId=9, version=1):
        request_(modelId=9)


def test_request_limits_the_fee(inferences, request_, chain, researcher):
    researcher.balance += 2**97
    with reverts(inferences.InferenceCommitment_FeeTooHigh, got=2**96):
        request_(value=2**96)


def test_request(inferences, model, request_, researcher, worker, arbiter, now):
    deadline = now() + DAY
    request_id = request_(deadline=deadline)
    got = inferences.requestOf(request_id)
    assert (got.modelId, got.version, got.requester, got.worker) == (model, 1, researcher, worker)
    assert (got.arbiter, got.fee, got.deadline, got.challengeWindow) == (arbiter, FEE, deadline, 2 * DAY)
    assert (got.inputCommitment, got.input) == (word("in"), word("in blob"))
    assert (got.outputCommitment, got.output) == (bytes(32), bytes(32))
    assert inferences.stateOf(request_id) == Request.REQUESTED
    assert inferences.balance == FEE


def test_commit_refuses(inferences, requested, worker, stranger):
    with reverts(inferences.InferenceCommitment_NotWorker, requestId=requested, got=stranger):
        inferences.commit(requested, word("out"), word("blob"), sender=stranger)
    with reverts(inferences.InferenceCommitment_EmptyField, field="outputCommitment"):
        inferences.commit(requested, bytes(32), word("blob"), sender=worker)
    with reverts(inferences.InferenceCommitment_EmptyField, field="output"):
        inferences.commit(requested, word("out"), bytes(32), sender=worker)
    with reverts(inferences.InferenceCommitment_NotWorker, requestId=9, got=worker):
        inferences.commit(9, word("out"), word("blob"), sender=worker)


def test_commit_in_time(inferences, requested, worker, wait):
    since = inferences.requestOf(requested).deadline
    wait(DAY + 1)
    with reverts(inferences.InferenceCommitment_TooLate, requestId=requested, since=since):
        inferences.commit(requested, word("out"), word("blob"), sender=worker)


def test_commit(inferences, requested, worker):
    tx = inferences.commit(requested, word("out"), word("blob"), sender=worker)
    assert tx.events == [
        inferences.InferenceCommitted(requestId=requested, outputCommitment=word("out"), output=word("blob"))
    ]
    got = inferences.requestOf(requested)
    assert (got.outputCommitment, got.output) == (word("out"), word("blob"))
    assert (got.state, got.deadline) == (Request.COMMITTED, tx.timestamp + 2 * DAY)
    with reverts(inferences.InferenceCommitment_WrongState, requestId=requested, got=Request.COMMITTED):
        inferences.commit(requested, word("other"), word("blob"), sender=worker)


def test_cancel_needs_a_party(inferences, requested, stranger):
    with reverts(inferences.InferenceCommitment_NotRequester, requestId=requested, got=stranger):
        inferences.cancel(requested, sender=stranger)


def test_the_worker_declines(inferences, requested, worker, researcher):
    tx = inferences.cancel(requested, sender=worker)
    assert tx.events == [inferences.InferenceExpired(requestId=requested)]
    assert inferences.stateOf(requested) == Request.EXPIRED
    assert inferences.owed(researcher) == FEE


def test_the_requester_gives_notice(inferences, requested, researcher, stranger, wait):
    tx = inferences.cancel(requested, sender=researcher)
    deadline = tx.timestamp + 600
    assert tx.events == [inferences.InferenceCancelling(requestId=requested, deadline=deadline)]
    with reverts(inferences.InferenceCommitment_TooEarly, requestId=requested, until=deadline):
        inferences.expire(requested, sender=researcher)
    wait(601)
    inferences.expire(requested, sender=stranger)
    assert inferences.owed(researcher) == FEE


def test_notice_does_not_move_the_deadline_back(inferences, requested, researcher, wait):
    deadline = inferences.requestOf(requested).deadline
    wait(DAY - 60)
    inferences.cancel(requested, sender=researcher)
    assert inferences.requestOf(requested).deadline == deadline


def test_an_answer_within_the_notice_counts(inferences, requested, researcher, commit):
    inferences.cancel(requested, sender=researcher)
    commit(requested)
    with reverts(inferences.InferenceCommitment_WrongState, requestId=requested, got=Request.COMMITTED):
        inferences.cancel(requested, sender=researcher)


def test_expire(inferences, requested, researcher, stranger, worker, wait):
    until = inferences.requestOf(requested).deadline
    with reverts(inferences.InferenceCommitment_TooEarly, requestId=requested, until=until):
        inferences.expire(requested, sender=stranger)
    wait(DAY + 1)
    tx = inferences.expire(requested, sender=stranger)
    assert tx.events == [inferences.InferenceExpired(requestId=requested)]
    assert inferences.owed(researcher) == FEE
    with reverts(inferences.InferenceCommitment_WrongState, requestId=requested, got=Request.EXPIRED):
        inferences.expire(requested, sender=stranger)
