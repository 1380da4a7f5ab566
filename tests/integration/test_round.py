"""Federated rounds with real processes: anvil, the IPFS node, the aggregator, four training nodes.

The result on chain is compared, to the last bit, with the integer sum of the updates in the clear.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import torch
from eth_account import Account

from biodesci.chain import accounts
from biodesci.chain.client import Chain
from biodesci.core import checkpoint, duo
from biodesci.core.documents.result import StatisticsResult, TrainingResult
from biodesci.core.errors import IntegrityError, StateError
from biodesci.core.features import Normalization
from biodesci.core.onchain import RoundState
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.training import TrainingPlan
from biodesci.ipfs.client import Ipfs
from biodesci.localnet.stack import Party, Stack
from biodesci.models import registration
from biodesci.party import keys
from biodesci.party.member import Member
from biodesci.registry import rounds, versions
from biodesci.registry.codecs import load_codec
from biodesci.rounds import local_training, signatures
from biodesci.rounds import plan as plans
from biodesci.rounds.lineage import contributions, lineage
from biodesci.rounds.node import read_statistics
from biodesci.rounds.owner import Conditions, Deadlines, RoundOwner
from biodesci.rounds.plan import Plan, Update
from biodesci.rounds.progress import Result, abort, result_of, wait
from biodesci.rounds.signatures import DIGEST_HEADER, SIGNATURE_HEADER
from examples.heart import cohorts
from tests.waiting import wait_for

CONFIG = TabularConfig(cohorts.PLAN.width, tokens=4, width=16, heads=2, layers=1, hidden=24, classes=2)
TRAINING = TrainingPlan(epochs=2, batch_size=32, learning_rate=0.02, seed="integration")


@dataclass
class Site:
    party: Party
    table: Path
    dataset_id: int


@dataclass
class Federation:
    stack: Stack
    owner: Party
    aggregator: Party
    sites: list[Site]
    model_id: int
    statistics: int = 0

    def start_node(self, site: Site) -> None:
        self.stack.worker(
            f"node-{site.party.name}",
            "biodesci.workers.training_node",
            site.party,
            BIODESCI_MODEL_ID=str(self.model_id),
            BIODESCI_DATASET_ID=str(site.dataset_id),
            BIODESCI_DATA=str(site.table),
            BIODESCI_APPROVE_ANY="1",
            BIODESCI_ROSTER=",".join(other.party.address for other in self.sites),
        )

    def open(self, seed: str, deadlines: Deadlines | None = None) -> int:
        owner = self.round_owner(deadlines or Deadlines())
        return owner.open(owner.training_plan(replace(TRAINING, seed=seed), self.statistics))

    def round_owner(self, deadlines: Deadlines) -> RoundOwner:
        conditions = Conditions(self.aggregator.address, cohort=4, deadlines=deadlines)
        chain = self.stack.chain(self.owner)
        return RoundOwner(chain, self.stack.ipfs, self.model_id, cohorts.PLAN, conditions)

    def result(self, round_id: int) -> Result:
        return wait(self.stack.chain(), self.stack.ipfs, round_id)

    def folder(self, round_id: int) -> Path:
        chain = self.stack.chain()
        registry = chain.models.address.removeprefix("0x").lower()
        return self.aggregator.home / "aggregator" / f"{chain.chain_id}-{registry}" / str(round_id)

    def pass_time(self, seconds: int) -> None:
        """The chain's clock jumps: a deadline is over without anybody waiting for it."""
        for method, params in (("evm_increaseTime", [seconds]), ("evm_mine", [])):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            assert "error" not in httpx.post(self.stack.rpc_url, json=body, timeout=60).json()

    def committed(self, round_id: int) -> int:
        return rounds.read(self.stack.chain(), round_id).committed

    def kill(self, name: str) -> None:
        process = self.stack.supervisor.children[name].process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def expected_root(self, result: Result) -> bytes:
        """The weights root of base + sum of n·delta / sum of n over the nodes in the result, in the clear."""
        chain, ipfs = self.stack.chain(), self.stack.ipfs
        plan: Plan = plans.fetch(chain, ipfs, result.round)
        base = versions.fetch_weights(chain, ipfs, self.model_id, result.round.base_version)
        normalization = read_statistics(chain, ipfs, plan.statistics, self.model_id)
        summed = {entry.node for entry in result.document.nodes}
        vectors = []
        for site in self.sites:
            if site.party.address not in summed:
                continue
            seed = keys.load_seed(site.party.home, site.party.passphrase)
            codec = load_codec(chain, ipfs, seed, self.model_id, "training", site.party.address)
            table = site.table.read_bytes()
            start = local_training.Start(plan, normalization, codec, base)
            vectors.append(local_training.update(start, table, 4))
        total = Update.decode(np.sum(vectors, axis=0, dtype=np.uint32), plan.scale)
        assert total.records == result.document.records
        tensors = checkpoint.unflatten(checkpoint.flatten(base) + total.delta / total.records, base)
        return checkpoint.root(tensors)

    def check(self, result: Result) -> None:
        chain = self.stack.chain()
        latest = chain.call(chain.models.functions.latestVersion(self.model_id))
        version = versions.read(chain, self.model_id, latest)
        assert version.round_id == result.round.id
        assert version.weights_root == self.expected_root(result)


def publish(stack: Stack, chain: Chain) -> int:
    """A dataset on chain to enrol with; its container plays no part in a round."""
    terms = duo.parse_terms(["HMB"])
    publication = (stack.ipfs.add(b"{}"), os.urandom(32), os.urandom(32), terms, bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, []))
    return int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])


pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def federation(network: Stack) -> Iterator[Federation]:
    torch.set_num_threads(1)
    stack = network
    owner = stack.party("owner", passphrase="owner's own")
    aggregator = stack.party("aggregator", passphrase="aggregator's own")
    sites = []
    for i, hospital in enumerate(cohorts.load()):
        party = stack.party(f"site{i}", passphrase=f"site {i}'s own")
        table = party.home / "cohort.csv"
        table.write_bytes(hospital.train)
        chain = stack.chain(party)
        keys.register(chain, party.home, party.passphrase)
        sites.append(Site(party, table, publish(stack, chain)))
    chain = stack.chain(owner)
    member = Member(chain, stack.ipfs, owner.home, owner.passphrase)
    made = registration.create_model(member, registration.NewModel(CONFIG, "Test"))
    for site in sites:
        registration.grant_codec(member, registration.Grantee(made.model_id, site.party.address, "training"))
    running = Federation(stack, owner, aggregator, sites, made.model_id)
    stack.start_aggregator(aggregator, owner)
    for site in sites:
        running.start_node(site)
    yield running
    for name in stack.supervisor.children.keys() - {"chain", "ipfs"}:
        stack.supervisor.stop(name)


def test_statistics_and_training_give_the_plain_sum(federation: Federation) -> None:
    chain = federation.stack.chain(federation.owner)
    seen: list[str] = []
    owner = federation.round_owner(Deadlines(180, 270, 360))
    done = owner.run(TRAINING, rounds=1, watch=lambda where: seen.append(str(where)))
    first, second = done
    assert isinstance(first.document, StatisticsResult)
    assert isinstance(second.document, TrainingResult)
    federation.statistics = first.round.id
    plain = [cohorts.PLAN.encode(site.table.read_bytes())[0] for site in federation.sites]
    assert first.document.records == sum(len(x) for x in plain)
    expected = Normalization.from_sums(cohorts.PLAN, np.sum([cohorts.PLAN.sums(x) for x in plain], axis=0))
    assert np.allclose(first.document.mean, expected.mean, atol=1e-6)
    assert np.allclose(first.document.deviation, expected.deviation, atol=1e-6)
    federation.check(second)
    assert 0.4 < second.document.after.auc <= 1
    assert any("waiting for" in line for line in seen)
    assert [len(entry.nodes) for entry in lineage(chain, federation.model_id)] == [0, 4]
    assert set(contributions(chain, federation.model_id)) == {s.dataset_id for s in federation.sites}
    with pytest.raises(StateError):
        abort(chain, second.round.id, "too late")
    with pytest.raises(IntegrityError, match="of another round"):
        result_of(chain, Answering(federation.stack.ipfs_api, first.round.result), second.round.id)


def test_killed_node_and_aggregator_complete_the_round(federation: Federation) -> None:
    round_id = federation.open("killed")
    wait_for((federation.folder(round_id) / "dealers").exists, 120, 0.01)
    federation.kill("node-site0")
    federation.kill("aggregator")
    federation.stack.supervisor.children["aggregator"].start()
    federation.stack.supervisor.children["node-site0"].start()
    wait_for(lambda: any(federation.folder(round_id).glob("masked-*")), 120, 0.01)
    federation.kill("aggregator")
    federation.stack.supervisor.children["aggregator"].start()
    result = federation.result(round_id)
    assert len(result.document.nodes) == 4
    federation.check(result)


def test_a_node_that_disappears_after_sharing_is_left_out(federation: Federation) -> None:
    round_id = federation.open("dropout", Deadlines(180, 360, 720))
    wait_for((federation.folder(round_id) / "dealers").exists, 120, 0.01)
    federation.kill("node-site3")
    refuse_strangers(federation, round_id)
    wait_for(lambda: federation.committed(round_id) == 3, 120, 0.01)
    federation.pass_time(361)
    result = federation.result(round_id)
    lost = federation.sites[3].party.address
    assert lost not in {entry.node for entry in result.document.nodes}
    assert len(result.document.nodes) == 3
    federation.check(result)


class Answering(Ipfs):
    """Gives one document for every other, as if the chain named it there."""

    def __init__(self, url: str, digest: bytes) -> None:
        super().__init__(url)
        self._digest = digest

    def cat(self, digest: bytes, *, max_size: int | None = None) -> bytes:
        return super().cat(self._digest, max_size=max_size)


def refuse_strangers(federation: Federation, round_id: int) -> None:
    """Messages of others than the roster, damaged or too large ones, change nothing."""
    stack = federation.stack
    where = rounds.context(stack.chain(), round_id)

    def status(body: bytes, signature: str, kind: str = "masked", told: bytes | None = None) -> int:
        digest = signatures.write_digest(body if told is None else told)
        headers = {SIGNATURE_HEADER: signature, DIGEST_HEADER: digest}
        url = f"{stack.aggregator_url}/rounds/{round_id}/{kind}"
        return httpx.post(url, content=body, headers=headers, timeout=60).status_code

    stranger = Account.create()
    member = accounts.load(federation.sites[0].party.account_file, federation.sites[0].party.passphrase)
    assert status(b"x", signatures.sign(stranger, where, "masked", b"x")) == 403
    assert status(b"x", signatures.sign(member, where, "masked", b"y")) == 403
    assert status(b"x", "") == 403
    assert status(b"x", signatures.sign(member, where, "masked", b"x")) == 422
    assert status(b"x", signatures.sign(member, where, "masked", b"y"), told=b"y") == 403
    assert status(bytes(1 << 16), signatures.sign(member, where, "masked", b"x"), told=b"x") == 413
    # A stranger's body is not waited for: none is sent here.
    url = urlsplit(f"{stack.aggregator_url}/rounds/{round_id}/masked")
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {3 << 20}\r\n"
        f"{DIGEST_HEADER}: {signatures.write_digest(b'x')}\r\n"
        f"{SIGNATURE_HEADER}: {signatures.sign(stranger, where, 'masked', b'x')}\r\n\r\n"
    )
    with socket.create_connection((url.hostname or "", url.port or 0), 60) as client:
        client.sendall(head.encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 403 ")
    assert status(b"x", signatures.sign(member, where, "unmask", b"x"), "unmask") == 409
    answer = httpx.get(f"{stack.aggregator_url}/rounds/{round_id}", timeout=60).json()
    assert federation.sites[3].party.address in answer["awaited"]
    assert answer["until"] > 0


def test_a_round_with_too_few_nodes_aborts_with_the_reason(federation: Federation) -> None:
    federation.kill("node-site2")
    round_id = federation.open("lonely", Deadlines(180, 360, 720))
    wait_for(lambda: rounds.read(federation.stack.chain(), round_id).enrolled == 2, 120, 0.01)
    federation.pass_time(721)
    with pytest.raises(StateError, match="2 nodes enrolled"):
        federation.result(round_id)
    assert rounds.read(federation.stack.chain(), round_id).state is RoundState.ABORTED
