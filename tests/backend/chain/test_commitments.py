"""Content root and key commitment come from an event, and count only if they fit the hash in state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.commitments import Commitments, commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core import commitment
from biodesci.core.errors import IntegrityError


def publication(number: int) -> tuple[bytes, bytes, bytes, int, bytes]:
    return (b"\x01" * 32, bytes([number]) * 32, bytes([number + 100]) * 32, 1, bytes(32))


def of(number: int) -> Commitments:
    return Commitments(bytes([number]) * 32, bytes([number + 100]) * 32)


@pytest.fixture
def published(chain_for) -> tuple[Chain, int]:
    """A dataset with three versions, 1 to 3, each with commitments of its own."""
    chain = chain_for()
    receipt = chain.send(chain.datasets.functions.publish(publication(1), []))
    dataset = int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])
    for number in (2, 3):
        chain.send(chain.datasets.functions.publishVersion(dataset, publication(number)))
    return chain, dataset


def test_each_version_has_its_own(published):
    chain, dataset = published
    for number in (1, 2, 3):
        version = chain.read(DatasetVersion, dataset, number)
        assert commitments(chain, version) == of(number)
        assert version.commitments == commitment.of_version(*publication(number)[1:3])


def test_what_does_not_fit_the_state_is_refused(published):
    chain, dataset = published
    version = chain.read(DatasetVersion, dataset, 2)
    for wrong in (replace(version, commitments=bytes(32)), replace(version, version=3)):
        with pytest.raises(IntegrityError, match="does not show what dataset"):
            commitments(chain, wrong)


@pytest.mark.parametrize("field", ["contentRoot", "keyCommitment"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_node_that_changes_the_event_is_not_believed(published, monkeypatch, number, field):
    chain, dataset = published
    version = chain.read(DatasetVersion, dataset, number)
    events = Chain.events

    def lying(self, *args, **more):
        logs = events(self, *args, **more)
        return [{"args": dict(log["args"]) | {field: b"\x09" * 32}} for log in logs]

    monkeypatch.setattr(Chain, "events", lying)
    with pytest.raises(IntegrityError):
        commitments(chain, version)


def test_a_node_that_lost_the_event_stops_what_relies_on_it(published, monkeypatch):
    chain, dataset = published
    version = chain.read(DatasetVersion, dataset, 1)
    monkeypatch.setattr(Chain, "events", lambda *_args, **_more: [])
    with pytest.raises(IntegrityError, match="chain node"):
        commitments(chain, version)
