"""A model, its owner, and those who ask, answer and audit, over a real chain and IPFS node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from biodesci.chain.client import Chain
from biodesci.chain.records import Request
from biodesci.core import checkpoint
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.inference import arbiter
from biodesci.inference import auditor as audit
from biodesci.inference import requester as infer
from biodesci.inference import worker as serve
from biodesci.inference.policy import Policy
from biodesci.ipfs.client import Ipfs
from biodesci.models.registration import Grantee, NewModel, create_model, grant_codec
from biodesci.party import keys
from biodesci.party.allowance import Bounds
from biodesci.proof.bundle import Bundle
from biodesci.proof.report import AuditReport
from biodesci.registry.codecs import load_codec
from biodesci.registry.models import load_registered
from tests.backend.acting import PASSPHRASE, acting

CONFIG = TabularConfig(features=6, tokens=3, width=8, heads=2, layers=1, hidden=12, classes=2)
FEE = 10**15
torch.set_num_threads(1)


@dataclass
class Actor:
    chain: Chain
    home: Path
    seed: bytes

    @property
    def address(self) -> str:
        return self.chain.address


@dataclass
class World:
    ipfs: Ipfs
    owner: Actor
    client: Actor
    worker: Actor
    auditor: Actor
    arbiter: Actor
    model_id: int
    config: TabularConfig

    def request(self, x: np.ndarray, note: infer.Note = lambda _: None, **changes: Any) -> int:
        chain = self.client.chain
        codec = load_codec(chain, self.ipfs, self.client.seed, self.model_id, "inference")
        asked = {
            "model_id": self.model_id,
            "version": 1,
            "worker": self.worker.address,
            "fee": FEE,
            "arbiter": self.arbiter.address,
        } | changes
        question = infer.Question(records=x, **asked)
        return infer.request_inference(chain, self.ipfs, self.client.home, codec, question, note)

    def collect(self, request_id: int) -> infer.InferenceResult:
        c = self.client
        codec = load_codec(c.chain, self.ipfs, c.seed, self.model_id, "inference")
        return infer.collect_result(c.chain, self.ipfs, c.home, c.seed, request_id, codec)

    @property
    def policy(self) -> Policy:
        """The worker's: one arbiter, and whoever pays nothing, as often as the tests do."""
        return Policy(
            arbiters=frozenset({self.arbiter.address}), unpaid=True, bounds=Bounds(None, 1_000, 1_000)
        )

    def serve(self, policy: Policy | None = None) -> list[int]:
        w = self.worker
        return serve.serve_pending(w.chain, self.ipfs, w.home, w.seed, policy or self.policy)

    def name_auditor(self, request_id: int) -> None:
        infer.name_auditors(self.client.chain, request_id, [self.auditor.address])

    def bundle(self, request_id: int) -> Bundle:
        return Bundle.parse(infer.export_bundle(self.client.chain, self.client.home, request_id))

    def audit(self, request_id: int, **more: Any) -> AuditReport:
        return audit.audit_inference(self.auditor.chain, self.ipfs, self.bundle(request_id), **more)

    def open_input(self, request: Request) -> np.ndarray:
        """What the worker computes on."""
        w = self.worker
        return serve.open_input(w.chain, self.ipfs, w.seed, request)["x"]

    def register_altered(self, kind: str) -> int:
        """Another model, of the first one's weights root, whose blob holds other weights."""
        o = self.owner
        tensors = dict(load_registered(o.chain, self.ipfs, self.model_id, 1).tensors)
        architecture = o.chain.call(o.chain.models.functions.architectureOf(self.model_id))
        card = o.chain.call(o.chain.models.functions.cardOf(self.model_id))
        digest = self.ipfs.add(altered(kind, tensors))
        call = o.chain.models.functions.register(architecture, card, checkpoint.root(tensors), digest)
        return int(o.chain.event(o.chain.send(call), o.chain.models, "ModelRegistered")["modelId"])


def altered(kind: str, tensors: dict[str, np.ndarray]) -> bytes:
    name = "head.weight"
    other = dict(tensors)
    match kind:
        case "value":
            other[name] = other[name].copy()
            other[name].flat[0] = np.nextafter(other[name].flat[0], np.float32(9))
        case "name":
            other["head.weigth"] = other.pop(name)
        case "dtype":
            other[name] = other[name].astype(np.float64)
        case "shape":
            other[name] = other[name].T
        case "missing":
            del other[name]
        case "added":
            other["more"] = np.zeros(1, np.float32)
        case "swapped":
            other["blocks.0.query.weight"], other["blocks.0.key.weight"] = (
                other["blocks.0.key.weight"],
                other["blocks.0.query.weight"],
            )
    return checkpoint.dump(other)


@pytest.fixture(scope="module")
def world(localnet, ipfs_node, tmp_path_factory) -> World:
    from biodesci.chain.deployment import load_deployment

    def actor(name: str) -> Actor:
        home = tmp_path_factory.mktemp(name)
        chain = Chain(localnet.rpc_url, load_deployment(localnet.deployment_file), localnet.account(), home)
        keys.register(chain, home, PASSPHRASE)
        return Actor(chain, home, keys.load_seed(home, PASSPHRASE))

    ipfs = Ipfs(ipfs_node.api)
    owner, client, worker, auditor, judge = (
        actor(n) for n in ("owner", "client", "worker", "auditor", "arbiter")
    )
    arbiter.accept(judge.chain, accepted=True)
    made = create_model(acting(owner.chain, ipfs, owner.home), NewModel(CONFIG, "small"))
    grant_codec(acting(owner.chain, ipfs, owner.home), Grantee(made.model_id, client.address, "inference"))
    # version 2: other weights, so that a worker could serve the wrong version
    first = load_registered(owner.chain, ipfs, made.model_id, 1).tensors
    second = {n: (t * np.float32(1.25)).astype(t.dtype) for n, t in first.items()}
    digest = ipfs.add(checkpoint.dump(second))
    publish = owner.chain.models.functions.publishVersion(made.model_id, checkpoint.root(second), digest)
    owner.chain.send(publish)
    return World(ipfs, owner, client, worker, auditor, judge, made.model_id, CONFIG)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(8).normal(size=(7, CONFIG.features))


@pytest.fixture
def answered(world: World, x: np.ndarray) -> int:
    request_id = world.request(x)
    assert world.serve() == [request_id]
    world.collect(request_id)
    return request_id
