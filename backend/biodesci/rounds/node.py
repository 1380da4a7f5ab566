"""A training node's part in the rounds of one model: enrol, share, train, commit, answer; all idempotent.

The chain says who takes part and who is summed. What has to survive `kill -9` is stored before it is sent:
the round's secrets, and the masked vector, which is never made a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from biodesci.chain.client import Chain
from biodesci.chain.records import Round
from biodesci.core import commitment, files
from biodesci.core.documents.plan import Plan
from biodesci.core.errors import AccessDeniedError, InputError, StateError
from biodesci.core.features import Normalization
from biodesci.core.onchain import RoundState
from biodesci.ee.codec import Codec
from biodesci.fl.masking import Context
from biodesci.fl.messages import MaskedVector
from biodesci.fl.protocol import Node, threshold_of
from biodesci.fl.quantize import Ring
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds, versions
from biodesci.rounds import local_training, signatures
from biodesci.rounds import plan as plans
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.plan import MAX_RESULT, canonical_document
from biodesci.rounds.store import RoundFolder
from biodesci.rounds.transport.http import AggregatorClient

log = logging.getLogger(__name__)
STATE, MASKED = "node-state", "masked-vector"


class TrainingNode:
    """One site, one dataset, one model."""

    def __init__(
        self,
        chain: Chain,
        ipfs: Ipfs,
        home: Path,
        aggregator: AggregatorClient,
        approvals: Approvals,
        codec: Callable[[], Codec],
        *,
        model_id: int,
        dataset_id: int,
        table: Path,
        held_out: Path | None = None,
    ) -> None:
        self._chain, self._ipfs, self._home = chain, ipfs, home
        self._aggregator, self._approvals, self._codec = aggregator, approvals, codec
        self._model_id, self._dataset_id = model_id, dataset_id
        self._table, self._held_out = table, held_out
        self._sent: set[tuple[int, str]] = set()

    def step(self) -> str:
        """Do what can be done now, and say what the node waits for."""
        round_id = int(self._chain.call(self._chain.models.functions.openRoundOf(self._model_id)))
        self._clean_up(round_id)
        if round_id == 0:
            return f"model {self._model_id} has no open round"
        found = rounds.read(self._chain, round_id)
        mine = next(
            (e for e in rounds.enrolments(self._chain, round_id) if e.node == self._chain.address), None
        )
        if mine is None and found.state is RoundState.ENROLLING:
            return self._enrol(found)
        if mine is None:
            return f"round {round_id}: runs without this node"
        if found.state is RoundState.RUNNING and not mine.committed:
            return self._contribute(found, *self._load(round_id))
        if found.state is RoundState.UNMASKING:
            return self._answer(found, *self._load(round_id))
        until = found.enrol_by if found.state is RoundState.ENROLLING else found.commit_by
        return f"round {round_id}: {found.state.name.lower()}, waiting for the others until {until}"

    def _enrol(self, found: Round) -> str:
        if self._chain.now() > found.enrol_by:
            return f"round {found.id}: enrolment ended at {found.enrol_by}"
        plan = plans.fetch(self._chain, self._ipfs, found)
        self._approvals.require(found.plan)
        self._require_dataset()
        # All that could fail in training is tried now, so that a node that enrols can contribute.
        versions.fetch_weights(self._chain, self._ipfs, found.model_id, found.base_version)
        for table in filter(None, (self._table, self._held_out)):
            plan.features.encode(files.read(table))
        if plan.kind == "training":
            self._codec()
            self._normalization(plan)
        folder = self._folder(found.id)
        node = Node.from_bytes(folder.read(STATE)) if folder.has(STATE) else self._create(found.id, folder)
        self._chain.send(
            self._chain.models.functions.enrol(found.id, self._dataset_id, found.plan, node.round_keys)
        )
        log.info("round %d: enrolled with dataset %d", found.id, self._dataset_id)
        return f"round {found.id}: enrolled"

    def _create(self, round_id: int, folder: RoundFolder) -> Node:
        node = Node.create(self._context(round_id), rounds.raw(self._chain.address))
        folder.write(STATE, node.to_bytes())
        return node

    def _contribute(self, found: Round, node: Node, folder: RoundFolder) -> str:
        plan = plans.fetch(self._chain, self._ipfs, found)
        members = rounds.roster(self._chain, found.id)
        shares = node.deal(members, threshold_of(len(members), plan.threshold))
        folder.write(STATE, node.to_bytes())
        if not node.has_received:
            self._post(found.id, "shares", shares)
            inbox = self._aggregator.inbox(node.context)
            if inbox is None:
                return f"round {found.id}: shares dealt, waiting for those of the other {len(members) - 1}"
            node.receive(inbox)
            folder.write(STATE, node.to_bytes())
        if not folder.has(MASKED):
            self._require_dataset()
            log.info("round %d: computing on the site's records", found.id)
            folder.write(MASKED, node.mask(self._vector(found, plan, len(members))))
        masked = folder.read(MASKED)
        message = MaskedVector.from_bytes(masked)
        node.resume(message)
        folder.write(STATE, node.to_bytes())
        self._post(found.id, "masked", masked)
        digest = commitment.masked_update(
            self._chain.chain_id, self._chain.models.address, found.id, self._chain.address, message.digest()
        )
        self._chain.send(self._chain.models.functions.commitUpdate(found.id, digest))
        log.info("round %d: masked update of %d bytes sent and committed", found.id, len(masked))
        return f"round {found.id}: update committed"

    def _answer(self, found: Round, node: Node, folder: RoundFolder) -> str:
        summed = rounds.survivors(self._chain, found.id)
        if len(summed) < found.min_nodes:
            raise StateError(f"Round {found.id} sums fewer nodes than its minimum.", "Do not answer.")
        if self._chain.address not in {entry.node for entry in summed}:
            return f"round {found.id}: goes on without this node"
        body = node.answer([rounds.raw(entry.node) for entry in summed])
        folder.write(STATE, node.to_bytes())
        # An aggregator that lost its disk may lack the vector; it is the same one, so it may be sent again.
        self._post(found.id, "masked", folder.read(MASKED))
        self._post(found.id, "unmask", body)
        return f"round {found.id}: answered, waiting for the result until {found.finalize_by}"

    def _vector(self, found: Round, plan: Plan, nodes: int) -> Ring:
        table = files.read(self._table)
        if plan.kind == "statistics":
            return local_training.statistics(plan, table, nodes)
        base = versions.fetch_weights(self._chain, self._ipfs, found.model_id, found.base_version)
        held_out = None if self._held_out is None else files.read(self._held_out)
        return local_training.update(
            plan, table, self._normalization(plan), self._codec(), base, nodes, held_out
        )

    def _normalization(self, plan: Plan) -> Normalization:
        """The result of the Statistics round that the plan names, as it stands on chain."""
        return read_statistics(self._chain, self._ipfs, plan.statistics, self._model_id)

    def _require_dataset(self) -> None:
        latest = self._chain.call(self._chain.datasets.functions.latestVersion(self._dataset_id))
        if self._chain.call(self._chain.datasets.functions.isWithdrawn(self._dataset_id, latest)):
            raise AccessDeniedError(
                f"Consent for dataset {self._dataset_id}, version {latest}, was withdrawn.",
                "Do not train on it.",
            )

    def _post(self, round_id: int, kind: signatures.MessageKind, body: bytes) -> None:
        if (round_id, kind) not in self._sent:
            self._aggregator.post(self._context(round_id), kind, body)
            self._sent.add((round_id, kind))

    def _load(self, round_id: int) -> tuple[Node, RoundFolder]:
        folder = self._folder(round_id)
        if not folder.has(STATE):
            raise StateError(
                f"This node's secrets of round {round_id} are lost.",
                "It sits this round out; the next one is fresh.",
            )
        return Node.from_bytes(folder.read(STATE)), folder

    def _folder(self, round_id: int) -> RoundFolder:
        return RoundFolder(self._home, "rounds", self._context(round_id))

    def _context(self, round_id: int) -> Context:
        return rounds.context(self._chain, round_id)

    def _clean_up(self, current: int) -> None:
        """Destroy the secrets of rounds that are over."""
        for path in self._folder(current).path.parent.glob("*"):
            if path.name.isdigit() and int(path.name) != current:
                found = rounds.read(self._chain, int(path.name))
                if found.state.is_over:
                    self._folder(found.id).destroy()
                    log.info("round %d: %s, its secrets are destroyed", found.id, found.state.name.lower())


def read_statistics(chain: Chain, ipfs: Ipfs, round_id: int, model_id: int) -> Normalization:
    """Normalization statistics from a finalized Statistics round of this model."""
    found = rounds.read(chain, round_id)
    if found.kind != 0 or found.state is not RoundState.FINALIZED or found.model_id != model_id:
        raise InputError(
            f"Round {round_id} is no finished statistics round of model {model_id}.",
            "Open the training round with the right statistics round.",
        )
    return Normalization.from_document(
        canonical_document(ipfs.cat(found.result, max_size=MAX_RESULT), "statistics document")
    )
