"""Where a model's versions come from, by events of several rounds; asked for at once."""

from __future__ import annotations

import pytest

from biodesci.api.present.models import model_answer
from biodesci.api.present.rounds import round_answer
from biodesci.index import activity, queries
from biodesci.index.database import Block, Event, Store
from tests.backend.sql import heard

OWNER = "0x" + "a1" * 20
LEFT_OUT = 9  # a node that commits to a vector which never comes in


def word(number: int) -> str:
    return f"0x{number:064x}"


def node(number: int) -> str:
    return f"0x{number:040x}"


class Log:
    """Events of ModelRegistry, a block each."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, name: str, **args) -> None:
        number = len(self.events) + 1
        block = Block(number, word(number), 1_000 + number)
        self.events.append(Event(block, 0, word(number), "ModelRegistry", name, args))

    def round(self, id_: int, base: int, nodes: dict[int, bool]) -> None:
        """One that trains; of its nodes those that are true commit."""
        self.add(
            "RoundOpened", roundId=id_, modelId=1, baseVersion=base,
            opening={"kind": 1, "plan": word(id_), "aggregator": OWNER,
                     "minNodes": 2, "enrolBy": 1, "commitBy": 2, "finalizeBy": 3},
        )  # fmt: skip
        for index, (one, _) in enumerate(nodes.items()):
            self.add(
                "NodeEnrolled",
                roundId=id_,
                node=node(one),
                datasetId=10 + one,
                version=1,
                licenseId=0,
                index=index,
                roundKeys="0x",
            )
        for one, commits in nodes.items():
            if commits:
                self.add("UpdateCommitted", roundId=id_, node=node(one), commitment=word(one))
        summed = [node(one) for one, commits in nodes.items() if commits and one != LEFT_OUT]
        self.add("CommitsClosed", roundId=id_, aggregator=OWNER, summed=summed)
        self.add(
            "ModelVersionPublished", modelId=1, version=base + 1, weightsRoot=word(1), weights=word(1),
            roundId=id_,
        )  # fmt: skip
        self.add("RoundFinalized", roundId=id_, result=word(90 + id_), version=base + 1)


@pytest.fixture
def store(tmp_path):
    log = Log()
    log.add(
        "ModelRegistered", modelId=1, owner=OWNER, architecture=word(1), card=word(2), weightsRoot=word(3),
        weights=word(4),
    )  # fmt: skip
    log.round(1, base=1, nodes={1: True, 2: True, 3: False, LEFT_OUT: True})
    log.round(2, base=2, nodes={2: True, 4: True})
    log.add("ModelVersionPublished", modelId=1, version=4, weightsRoot=word(1), weights=word(1), roundId=0)
    with Store(tmp_path / "i.sqlite") as opened:
        opened.apply(log.events, log.events[-1].block)
        yield opened


def test_lineage_names_who_took_part_in_which_version(store):
    answer = model_answer(store, queries.model(store, 1))
    assert [(one.version, one.base_version, one.round_id, one.datasets) for one in answer.lineage] == [
        (4, 3, None, []), (3, 2, 2, [12, 14]), (2, 1, 1, [11, 12]), (1, None, None, []),
    ]  # fmt: skip
    assert answer.lineage[2].nodes == [node(1), node(2)]
    assert [(one.id, one.enrolled, one.committed) for one in answer.round_list] == [(2, 2, 2), (1, 4, 3)]


def test_a_model_of_many_rounds_costs_as_many_questions_as_of_one(store):
    def asked() -> int:
        with heard() as statements:
            model_answer(store, queries.model(store, 1))
        return len(statements)

    asked()  # the connection is open
    two = asked()
    store.roll_back(next(e["block_number"] for e in reversed(activity.of_one(store, "round", 2))) - 1)
    assert len(queries.rounds_of(store, 1)) == 1
    assert asked() == two


def test_a_list_of_rounds_does_not_read_their_documents(store):
    store.put_document(word(1), "plan", {"long": "x" * 1_000})
    store.put_document(word(91), "result", {"loss": 1})
    assert not [row for row in queries.rounds_of(store, 1) if "x" * 1_000 in str(row)]
    answer = round_answer(store, queries.round_(store, 1))
    assert answer.plan_document == {"long": "x" * 1_000}
    assert answer.result_document == {"loss": 1}
    assert round_answer(store, queries.round_(store, 2)).plan_document is None
