"""ModelRegistry.openRound, enrol, startRound

openRound
├── given another sender than the owner: reverts ModelRegistry_NotOwner
├── given a bad field: reverts ModelRegistry_BadRound
├── given an open round of the model: reverts ModelRegistry_RoundOpen
└── otherwise: Enrolling on the latest version
enrol
├── given a round in another state: reverts ModelRegistry_WrongState
├── given the time is over: reverts ModelRegistry_TooLate
├── given another plan: reverts ModelRegistry_WrongPlan
├── given round keys of another length: reverts ModelRegistry_BadRound
├── given a node that enrolled: reverts ModelRegistry_AlreadyEnrolled
├── given neither owner nor holder of a Train licence: reverts ModelRegistry_NotEntitled
├── given the owner of a withdrawn dataset: reverts ModelRegistry_Withdrawn
└── otherwise: takes the next seat
startRound
├── given fewer nodes than the minimum: reverts ModelRegistry_TooFewNodes
├── given another sender than the aggregator before enrolBy: reverts ModelRegistry_NotAggregator
└── otherwise: Running
"""

import pytest
from reverting import reverts
from vocabulary import DAY, ZERO, Duo, Right, Round, word


def test_open_needs_the_owner(models, model, aggregator, stranger, now):
    t = now()
    with reverts(models.ModelRegistry_NotOwner, modelId=model, got=stranger):
        models.openRound(
            model, 1, word("plan"), aggregator, 2, t + DAY, t + 2 * DAY, t + 3 * DAY, sender=stranger
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plan", bytes(32)),
        ("aggregator", ZERO),
        ("minNodes", 1),
        ("minNodes", 101),
        ("enrolBy", 1),
        ("commitBy", 1),
        ("finalizeBy", 1),
    ],
)
def test_open_checks_fields(models, open_round, field, value):
    with reverts(models.ModelRegistry_BadRound, field=field):
        open_round(**{field: value})


def test_open(models, model, model_owner, round_id, aggregator):
    got = models.roundOf(round_id)
    assert (got.modelId, got.plan, got.aggregator, got.baseVersion) == (model, word("plan"), aggregator, 1)
    assert (got.minNodes, got.enrolled, got.committed, got.kind) == (2, 0, 0, 1)
    assert (got.state, got.result) == (Round.ENROLLING, bytes(32))
    assert got.commitBy - got.enrolBy == got.finalizeBy - got.commitBy == DAY
    assert models.openRoundOf(model) == round_id
    assert models.rosterOf(round_id) == []


def test_one_round_at_a_time(models, model, round_id, open_round):
    with reverts(models.ModelRegistry_RoundOpen, modelId=model, roundId=round_id):
        open_round()


def test_enrol(models, round_id, nodes, enrol):
    for index, (node, dataset) in enumerate(nodes.items()):
        tx = enrol(round_id, node, dataset)
        assert tx.events == [
            models.NodeEnrolled(
                roundId=round_id, node=node, datasetId=dataset, index=index, roundKeys=b"\x01" * 64
            )
        ]
    roster = models.rosterOf(round_id)
    assert [(seat.node, seat.datasetId, seat.commitment) for seat in roster] == [
        (node, dataset, bytes(32)) for node, dataset in nodes.items()
    ]
    assert models.roundOf(round_id).enrolled == 2


def test_enrol_refuses(models, round_id, nodes, enrol, hospital, stranger):
    dataset = nodes[hospital]
    with reverts(models.ModelRegistry_WrongState, roundId=9, got=Round.NONE):
        enrol(9, hospital, dataset)
    with reverts(models.ModelRegistry_WrongPlan, roundId=round_id, got=word("other"), required=word("plan")):
        enrol(round_id, hospital, dataset, plan=word("other"))
    for length in (0, 32, 63, 65):
        with reverts(models.ModelRegistry_BadRound, field="roundKeys"):
            enrol(round_id, hospital, dataset, keys=bytes(length))
    with reverts(models.ModelRegistry_NotEntitled, datasetId=dataset, node=stranger):
        enrol(round_id, stranger, dataset)
    with reverts(models.ERC721NonexistentToken, tokenId=99):
        enrol(round_id, stranger, 99)
    enrol(round_id, hospital, dataset)
    with reverts(models.ModelRegistry_AlreadyEnrolled, roundId=round_id, node=hospital):
        enrol(round_id, hospital, dataset)


def test_enrol_in_time(models, round_id, nodes, enrol, hospital, wait):
    since = models.roundOf(round_id).enrolBy
    wait(DAY + 1)
    with reverts(models.ModelRegistry_TooLate, roundId=round_id, since=since):
        enrol(round_id, hospital, nodes[hospital])


def test_enrol_needs_consent(models, datasets, round_id, nodes, enrol, hospital):
    datasets.withdraw(nodes[hospital], 1, sender=hospital)
    with reverts(models.ModelRegistry_Withdrawn, datasetId=nodes[hospital], version=1):
        enrol(round_id, hospital, nodes[hospital])


def test_enrol_with_a_licence(
    models, licenses, datasets, round_id, nodes, enrol, hospital, researcher, terms_of_sale, buy
):
    dataset = nodes[hospital]
    for right in (Right.DOWNLOAD, Right.TRAIN):
        licenses.createOffer(terms_of_sale(dataset, right=right), sender=hospital)
        license_id = buy(licenses.offerCount(), Duo.GRU)
        with reverts(models.ModelRegistry_NotEntitled, datasetId=dataset, node=researcher):
            enrol(round_id, researcher, dataset)
        licenses.deliver(license_id, word("envelope"), sender=hospital)
    enrol(round_id, researcher, dataset)
    assert models.rosterOf(round_id)[0].node == researcher


def test_enrol_with_a_licence_to_what_was_withdrawn(
    models, licenses, datasets, round_id, nodes, enrol, hospital, researcher, terms_of_sale, buy
):
    dataset = nodes[hospital]
    licenses.createOffer(terms_of_sale(dataset, right=Right.TRAIN), sender=hospital)
    licenses.deliver(buy(1, Duo.GRU), word("envelope"), sender=hospital)
    datasets.withdraw(dataset, 1, sender=hospital)
    with reverts(models.ModelRegistry_NotEntitled, datasetId=dataset, node=researcher):
        enrol(round_id, researcher, dataset)


def test_start_needs_enough_nodes(models, round_id, nodes, enrol, hospital, aggregator):
    enrol(round_id, hospital, nodes[hospital])
    with reverts(models.ModelRegistry_TooFewNodes, roundId=round_id, got=1, required=2):
        models.startRound(round_id, sender=aggregator)


def test_start_by_the_aggregator(models, full, aggregator, stranger, enrol, researcher):
    with reverts(models.ModelRegistry_NotAggregator, roundId=full, got=stranger):
        models.startRound(full, sender=stranger)
    tx = models.startRound(full, sender=aggregator)
    assert tx.events == [models.RoundStarted(roundId=full, enrolled=2)]
    assert models.roundOf(full).state == Round.RUNNING
    with reverts(models.ModelRegistry_WrongState, roundId=full, got=Round.RUNNING):
        models.startRound(full, sender=aggregator)
    with reverts(models.ModelRegistry_WrongState, roundId=full, got=Round.RUNNING):
        enrol(full, researcher, 1)


def test_start_by_anyone_after_the_deadline(models, full, stranger, wait):
    wait(DAY + 1)
    models.startRound(full, sender=stranger)
    assert models.roundOf(full).state == Round.RUNNING
