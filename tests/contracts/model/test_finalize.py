"""ModelRegistry.commitUpdate, closeCommits, finalize, abort

commitUpdate
├── given a round that is not Running: reverts ModelRegistry_WrongState
├── given the time is over: reverts ModelRegistry_TooLate
├── given an empty commitment: reverts ModelRegistry_EmptyField
├── given a node without a seat: reverts ModelRegistry_NotEnrolled
├── given a second commitment: reverts ModelRegistry_AlreadyCommitted
└── otherwise: stored at the node's seat
closeCommits
├── given not every node committed, before commitBy: reverts ModelRegistry_TooEarly
├── given another sender than the aggregator, before commitBy: reverts ModelRegistry_NotAggregator
├── given fewer commitments than the minimum: reverts ModelRegistry_TooFewNodes
└── otherwise: Unmasking
finalize
├── given another sender than the aggregator: reverts ModelRegistry_NotAggregator
├── given a round that is not Unmasking: reverts ModelRegistry_WrongState
├── given the time is over: reverts ModelRegistry_TooLate
├── given an empty result: reverts ModelRegistry_EmptyField
├── given a Statistics round with weights: reverts ModelRegistry_BadRound
└── otherwise: Finalized; a Training round makes the next version
abort
├── given a round that is over, or none: reverts ModelRegistry_WrongState
├── given anyone before the round is stuck: reverts ModelRegistry_TooEarly
└── the owner at any time, anyone once it is stuck: Aborted, the model is free
"""

from reverting import reverts
from vocabulary import DAY, Round, word


def finalize(models, round_id, sender, result=None, root=None, weights=None):
    return models.finalize(
        round_id,
        word("result") if result is None else result,
        word("root 2") if root is None else root,
        word("weights 2") if weights is None else weights,
        sender=sender,
    )


def test_commit_refuses(models, full, running, hospital, stranger):
    with reverts(models.ModelRegistry_WrongState, roundId=9, got=Round.NONE):
        models.commitUpdate(9, word("c"), sender=hospital)
    with reverts(models.ModelRegistry_EmptyField, field="commitment"):
        models.commitUpdate(running, bytes(32), sender=hospital)
    with reverts(models.ModelRegistry_NotEnrolled, roundId=running, node=stranger):
        models.commitUpdate(running, word("c"), sender=stranger)


def test_commit_before_the_start(models, full, hospital):
    with reverts(models.ModelRegistry_WrongState, roundId=full, got=Round.ENROLLING):
        models.commitUpdate(full, word("c"), sender=hospital)


def test_commit_in_time(models, running, hospital, wait):
    since = models.roundOf(running).commitBy
    wait(2 * DAY + 1)
    with reverts(models.ModelRegistry_TooLate, roundId=running, since=since):
        models.commitUpdate(running, word("c"), sender=hospital)


def test_commit(models, running, hospital):
    tx = models.commitUpdate(running, word("c"), sender=hospital)
    assert tx.events == [models.UpdateCommitted(roundId=running, node=hospital, commitment=word("c"))]
    assert models.roundOf(running).committed == 1
    assert [seat.commitment for seat in models.rosterOf(running)] == [word("c"), bytes(32)]
    with reverts(models.ModelRegistry_AlreadyCommitted, roundId=running, node=hospital):
        models.commitUpdate(running, word("d"), sender=hospital)


def test_close_needs_every_node_before_the_deadline(models, running, hospital, aggregator):
    models.commitUpdate(running, word("c"), sender=hospital)
    until = models.roundOf(running).commitBy
    with reverts(models.ModelRegistry_TooEarly, roundId=running, until=until):
        models.closeCommits(running, sender=aggregator)


def test_close_needs_enough_nodes(models, running, hospital, stranger, wait):
    models.commitUpdate(running, word("c"), sender=hospital)
    wait(2 * DAY + 1)
    with reverts(models.ModelRegistry_TooFewNodes, roundId=running, got=1, required=2):
        models.closeCommits(running, sender=stranger)


def test_close_by_the_aggregator(models, committed, aggregator, stranger, hospital):
    with reverts(models.ModelRegistry_NotAggregator, roundId=committed, got=stranger):
        models.closeCommits(committed, sender=stranger)
    tx = models.closeCommits(committed, sender=aggregator)
    assert tx.events == [models.CommitsClosed(roundId=committed, committed=2)]
    with reverts(models.ModelRegistry_WrongState, roundId=committed, got=Round.UNMASKING):
        models.closeCommits(committed, sender=aggregator)
    with reverts(models.ModelRegistry_WrongState, roundId=committed, got=Round.UNMASKING):
        models.commitUpdate(committed, word("late"), sender=hospital)


def test_close_by_anyone_after_the_deadline(models, committed, stranger, wait):
    wait(2 * DAY + 1)
    models.closeCommits(committed, sender=stranger)
    assert models.roundOf(committed).state == Round.UNMASKING


def test_finalize_refuses(models, unmasking, aggregator, stranger):
    with reverts(models.ModelRegistry_NotAggregator, roundId=unmasking, got=stranger):
        finalize(models, unmasking, stranger)
    with reverts(models.ModelRegistry_EmptyField, field="result"):
        finalize(models, unmasking, aggregator, result=bytes(32))
    with reverts(models.ModelRegistry_EmptyField, field="weightsRoot"):
        finalize(models, unmasking, aggregator, root=bytes(32))
    with reverts(models.ModelRegistry_EmptyField, field="weights"):
        finalize(models, unmasking, aggregator, weights=bytes(32))


def test_finalize_needs_the_unmasking(models, committed, aggregator):
    with reverts(models.ModelRegistry_WrongState, roundId=committed, got=Round.RUNNING):
        finalize(models, committed, aggregator)


def test_finalize_in_time(models, unmasking, aggregator, wait):
    since = models.roundOf(unmasking).finalizeBy
    wait(3 * DAY + 1)
    with reverts(models.ModelRegistry_TooLate, roundId=unmasking, since=since):
        finalize(models, unmasking, aggregator)


def test_finalize_a_training_round(models, model, unmasking, aggregator, open_round):
    tx = finalize(models, unmasking, aggregator)
    assert tx.events == [
        models.ModelVersionPublished(
            modelId=model,
            version=2,
            weightsRoot=word("root 2"),
            weights=word("weights 2"),
            roundId=unmasking,
        ),
        models.RoundFinalized(roundId=unmasking, result=word("result"), version=2),
    ]
    got = models.roundOf(unmasking)
    assert (got.state, got.result) == (Round.FINALIZED, word("result"))
    assert models.latestVersion(model) == 2
    assert models.versionOf(model, 2).roundId == unmasking
    assert models.openRoundOf(model) == 0
    with reverts(models.ModelRegistry_WrongState, roundId=unmasking, got=Round.FINALIZED):
        finalize(models, unmasking, aggregator)
    assert models.roundOf(open_round()).baseVersion == 2


def test_finalize_statistics(models, model, open_round, nodes, enrol, aggregator):
    round_id = open_round(kind=0)
    for node, dataset in nodes.items():
        enrol(round_id, node, dataset)
    models.startRound(round_id, sender=aggregator)
    for node in nodes:
        models.commitUpdate(round_id, word("c"), sender=node)
    models.closeCommits(round_id, sender=aggregator)
    with reverts(models.ModelRegistry_BadRound, field="weightsRoot"):
        finalize(models, round_id, aggregator, weights=bytes(32))
    with reverts(models.ModelRegistry_BadRound, field="weights"):
        finalize(models, round_id, aggregator, root=bytes(32))
    tx = finalize(models, round_id, aggregator, root=bytes(32), weights=bytes(32))
    assert tx.events == [models.RoundFinalized(roundId=round_id, result=word("result"), version=0)]
    assert models.latestVersion(model) == 1


def test_abort_by_the_owner(models, model, running, model_owner, open_round):
    tx = models.abort(running, word("why"), sender=model_owner)
    assert tx.events == [models.RoundAborted(roundId=running, reason=word("why"))]
    assert models.roundOf(running).state == Round.ABORTED
    assert models.openRoundOf(model) == 0
    with reverts(models.ModelRegistry_WrongState, roundId=running, got=Round.ABORTED):
        models.abort(running, word("why"), sender=model_owner)
    with reverts(models.ModelRegistry_WrongState, roundId=9, got=Round.NONE):
        models.abort(9, word("why"), sender=model_owner)
    open_round()


def check_stuck(models, round_id, stranger, wait, deadline):
    until = getattr(models.roundOf(round_id), deadline)
    with reverts(models.ModelRegistry_TooEarly, roundId=round_id, until=until):
        models.abort(round_id, word("why"), sender=stranger)
    wait({"enrolBy": 1, "commitBy": 2, "finalizeBy": 3}[deadline] * DAY + 1)
    models.abort(round_id, word("why"), sender=stranger)
    assert models.roundOf(round_id).state == Round.ABORTED


def test_abort_without_enough_nodes(models, round_id, stranger, wait):
    check_stuck(models, round_id, stranger, wait, "enrolBy")


def test_abort_when_nobody_started(models, full, stranger, wait):
    check_stuck(models, full, stranger, wait, "commitBy")


def test_abort_without_enough_commitments(models, running, stranger, wait):
    check_stuck(models, running, stranger, wait, "commitBy")


def test_abort_when_nobody_closed(models, committed, stranger, wait):
    check_stuck(models, committed, stranger, wait, "finalizeBy")


def test_abort_when_nobody_finalized(models, unmasking, stranger, wait):
    check_stuck(models, unmasking, stranger, wait, "finalizeBy")
