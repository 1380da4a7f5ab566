"""InferenceCommitment.challenge, resolve, finalize, attestAudit, collect

challenge
├── given another sender than the requester: reverts InferenceCommitment_NotRequester
├── given no answer: reverts InferenceCommitment_WrongState
├── given the window is over: reverts InferenceCommitment_TooLate
├── given no evidence, or no arbiter: reverts InferenceCommitment_EmptyField
└── otherwise: Challenged
resolve
├── given another sender than the arbiter: reverts InferenceCommitment_NotArbiter
├── given no challenge: reverts InferenceCommitment_WrongState
├── upheld: Refused, the requester is credited
└── not upheld: Finalized, the worker is credited
finalize
├── given no answer: reverts InferenceCommitment_WrongState
├── given anyone but the requester within the window: reverts InferenceCommitment_TooEarly
├── given a challenge and an arbiter silent for 30 days, by anyone: the worker is credited
└── otherwise: Finalized, the worker is credited
attestAudit
├── given nothing to audit: reverts InferenceCommitment_WrongState
├── given no report: reverts InferenceCommitment_EmptyField
└── otherwise: the verdict is on record, by anyone
collect
├── given nothing owed: reverts InferenceCommitment_NothingOwed
├── given an account that takes no money: reverts InferenceCommitment_TransferFailed
└── otherwise, by anyone: pays out once
"""

from reverting import reverts
from vocabulary import DAY, ZERO, Request, word

FEE = 10**16
EVIDENCE = word("evidence")


def test_challenge_refuses(inferences, requested, committed, researcher, worker):
    with reverts(inferences.InferenceCommitment_NotRequester, requestId=committed, got=worker):
        inferences.challenge(committed, EVIDENCE, sender=worker)
    with reverts(inferences.InferenceCommitment_EmptyField, field="evidence"):
        inferences.challenge(committed, bytes(32), sender=researcher)


def test_challenge_needs_an_answer(inferences, requested, researcher):
    with reverts(inferences.InferenceCommitment_WrongState, requestId=requested, got=Request.REQUESTED):
        inferences.challenge(requested, EVIDENCE, sender=researcher)


def test_challenge_in_time(inferences, committed, researcher, wait):
    since = inferences.requestOf(committed).deadline
    wait(2 * DAY + 1)
    with reverts(inferences.InferenceCommitment_TooLate, requestId=committed, since=since):
        inferences.challenge(committed, EVIDENCE, sender=researcher)


def test_challenge_needs_an_arbiter(inferences, request_, commit, researcher):
    request_id = commit(request_(arbiter=ZERO))
    with reverts(inferences.InferenceCommitment_EmptyField, field="arbiter"):
        inferences.challenge(request_id, EVIDENCE, sender=researcher)


def test_challenge(inferences, committed, researcher):
    tx = inferences.challenge(committed, EVIDENCE, sender=researcher)
    assert tx.events == [inferences.InferenceChallenged(requestId=committed, evidence=EVIDENCE)]
    got = inferences.requestOf(committed)
    assert (got.state, got.deadline) == (Request.CHALLENGED, tx.timestamp + 30 * DAY)


def test_resolve_refuses(inferences, committed, arbiter, researcher):
    with reverts(inferences.InferenceCommitment_NotArbiter, requestId=committed, got=researcher):
        inferences.resolve(committed, True, sender=researcher)
    with reverts(inferences.InferenceCommitment_WrongState, requestId=committed, got=Request.COMMITTED):
        inferences.resolve(committed, True, sender=arbiter)


def test_resolve_upheld(inferences, challenged, arbiter, researcher, worker):
    tx = inferences.resolve(challenged, True, sender=arbiter)
    assert tx.events == [inferences.ChallengeResolved(requestId=challenged, upheld=True)]
    assert inferences.stateOf(challenged) == Request.REFUSED
    assert (inferences.owed(researcher), inferences.owed(worker)) == (FEE, 0)


def test_resolve_not_upheld(inferences, challenged, arbiter, researcher, worker):
    tx = inferences.resolve(challenged, False, sender=arbiter)
    assert tx.events == [
        inferences.ChallengeResolved(requestId=challenged, upheld=False),
        inferences.InferenceFinalized(requestId=challenged, worker=worker, paid=FEE),
    ]
    assert (inferences.owed(researcher), inferences.owed(worker)) == (0, FEE)


def test_finalize_needs_an_answer(inferences, requested, researcher):
    with reverts(inferences.InferenceCommitment_WrongState, requestId=requested, got=Request.REQUESTED):
        inferences.finalize(requested, sender=researcher)


def test_finalize_by_the_requester(inferences, committed, researcher, worker):
    until = inferences.requestOf(committed).deadline
    with reverts(inferences.InferenceCommitment_TooEarly, requestId=committed, until=until):
        inferences.finalize(committed, sender=worker)
    tx = inferences.finalize(committed, sender=researcher)
    assert tx.events == [inferences.InferenceFinalized(requestId=committed, worker=worker, paid=FEE)]
    assert inferences.owed(worker) == FEE
    with reverts(inferences.InferenceCommitment_WrongState, requestId=committed, got=Request.FINALIZED):
        inferences.finalize(committed, sender=researcher)


def test_finalize_by_anyone_after_the_window(inferences, committed, worker, stranger, wait):
    wait(2 * DAY + 1)
    inferences.finalize(committed, sender=stranger)
    assert inferences.owed(worker) == FEE


def test_a_silent_arbiter(inferences, challenged, researcher, worker, stranger, wait):
    until = inferences.requestOf(challenged).deadline
    for sender in (researcher, worker):
        with reverts(inferences.InferenceCommitment_TooEarly, requestId=challenged, until=until):
            inferences.finalize(challenged, sender=sender)
    wait(30 * DAY + 1)
    inferences.finalize(challenged, sender=stranger)
    assert inferences.owed(worker) == FEE


def test_attest(inferences, requested, commit, stranger):
    with reverts(inferences.InferenceCommitment_WrongState, requestId=requested, got=Request.REQUESTED):
        inferences.attestAudit(requested, True, word("report"), sender=stranger)
    commit(requested)
    with reverts(inferences.InferenceCommitment_EmptyField, field="report"):
        inferences.attestAudit(requested, True, bytes(32), sender=stranger)
    tx = inferences.attestAudit(requested, False, word("report"), sender=stranger)
    assert tx.events == [
        inferences.AuditAttested(requestId=requested, auditor=stranger, passed=False, report=word("report"))
    ]
    assert inferences.stateOf(requested) == Request.COMMITTED


def test_collect(inferences, committed, researcher, worker, stranger):
    with reverts(inferences.InferenceCommitment_NothingOwed, account=worker):
        inferences.collect(worker, sender=worker)
    inferences.finalize(committed, sender=researcher)
    before = worker.balance
    tx = inferences.collect(worker, sender=stranger)
    assert tx.events == [inferences.Collected(account=worker, amount=FEE)]
    assert worker.balance == before + FEE
    assert inferences.balance == 0
    with reverts(inferences.InferenceCommitment_NothingOwed, account=worker):
        inferences.collect(worker, sender=worker)


def test_money_stays_owed_when_the_transfer_fails(
    inferences, licenses, keys, requested, worker, accounts, request_, chain
):
    # A contract that takes no money asks for an inference: impersonated, as no key signs for it.
    payer = accounts[keys.address]
    payer.balance += 10**18
    keys.register(bytes(1216), sender=payer)
    got = inferences.requestOf(requested)
    inferences.request(
        got.modelId, 1, worker, ZERO, word("i"), word("b"), chain.pending_timestamp + DAY, 0,
        value=FEE, sender=payer,
    )  # fmt: skip
    request_id = inferences.requestCount()
    inferences.cancel(request_id, sender=worker)
    with reverts(inferences.InferenceCommitment_TransferFailed, to=keys.address, amount=FEE):
        inferences.collect(keys.address, sender=worker)
    assert inferences.owed(keys.address) == FEE
    inferences.cancel(requested, sender=worker)
    assert inferences.balance == 2 * FEE
