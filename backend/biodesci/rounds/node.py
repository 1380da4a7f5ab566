"""A training node's part in the rounds of one model: enrol, share, train, commit, answer; all idempotent.

The chain says who takes part and who is summed. What has to survive `kill -9` is stored before it is sent:
the round's secrets, and the masked vector, which is never made a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from web3.contract.contract import ContractFunction

from biodesci.chain.client import Chain
from biodesci.chain.records import Disclosure, Enrolment, Round, Sale
from biodesci.core import commitment, files, invitations
from biodesci.core.documents.plan import Plan
from biodesci.core.documents.result import StatisticsResult
from biodesci.core.documents.round_messages import Inbox
from biodesci.core.errors import AccessDeniedError, BioDeSciError, InputError, IntegrityError, StateError
from biodesci.core.features import Normalization
from biodesci.core.onchain import RoundState
from biodesci.ee.codec import Codec
from biodesci.fl.masking import Context
from biodesci.fl.messages import MaskedVector
from biodesci.fl.protocol import Node
from biodesci.fl.quantize import Ring
from biodesci.fl.roster import threshold_of
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds, versions
from biodesci.rounds import disclosure, local_training, signatures
from biodesci.rounds import plan as plans
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.in_flight import IN_NO_BLOCK, InFlight
from biodesci.rounds.progress import result_of
from biodesci.rounds.seats import Seats
from biodesci.rounds.store import RoundFolder
from biodesci.rounds.transport.http import AggregatorClient

log = logging.getLogger(__name__)
STATE, MASKED = "node-state", "masked-vector"


@dataclass(frozen=True)
class Site:
    """A site's part in the rounds of one model: its home folder, the dataset that it enrols with, and that
    dataset's table; `held_out` is a second table, which it only measures the model on. `license_id` is the
    model owner's Train licence that the site serves by training; 0: it trains of its own will."""

    home: Path
    model_id: int
    dataset_id: int
    table: Path
    held_out: Path | None = None
    license_id: int = 0


@dataclass(frozen=True)
class Operator:
    """What a site's operator lets its node do: which plans it runs, with whom it is summed, and by which
    codec of the model it encodes records. `same_sites`: it trains only with all the sites of its statistics.
    """

    approvals: Approvals
    seats: Seats
    codec: Callable[[], Codec]
    same_sites: bool = False


class TrainingNode:
    """One site, one dataset, one model."""

    def __init__(
        self,
        chain: Chain,
        ipfs: Ipfs,
        site: Site,
        aggregator: AggregatorClient,
        operator: Operator,
    ) -> None:
        self._chain, self._ipfs, self._site = chain, ipfs, site
        self._aggregator = aggregator
        self._approvals, self._seats, self._codec = operator.approvals, operator.seats, operator.codec
        self._same_sites = operator.same_sites
        self._ledger = disclosure.Ledger(site.home, chain, site.dataset_id)
        self._sent: set[tuple[int, str]] = set()
        # Another node of the account, in another model's rounds, collects its own.
        self._in_flight = InFlight(chain, f"model-{site.model_id}", _report)

    def step(self) -> str:
        """Do what can be done now, and say what the node waits for; it waits for no block itself.

        What the node does next in a round rests on the block of its enrolment, or commitment. A round that
        is over, whatever of it is still on its way, keeps it out of no other.
        """
        self._in_flight.collect()
        round_id = int(self._chain.call(self._chain.models.functions.openRoundOf(self._site.model_id)))
        self._clean_up(round_id)
        if round_id == 0:
            return f"model {self._site.model_id} has no open round"
        if round_id in self._in_flight.rounds():
            return f"round {round_id}: {IN_NO_BLOCK}"
        return self._take_part(rounds.read(self._chain, round_id))

    def _take_part(self, round_: Round) -> str:
        round_id = round_.id
        mine = next(
            (e for e in rounds.enrolments(self._chain, round_id) if e.node == self._chain.address), None
        )
        if mine is None and round_.state is RoundState.ENROLLING:
            return self._enrol(round_)
        if mine is None or (round_.has_dealers and not mine.dealt):
            return f"round {round_id}: runs without this node"
        if round_.state is RoundState.RUNNING and not mine.committed:
            return self._contribute(round_, mine, *self._load(round_id))
        if round_.state is RoundState.UNMASKING:
            return self._answer(round_, *self._load(round_id))
        until = round_.enrol_by if round_.state is RoundState.ENROLLING else round_.commit_by
        return f"round {round_id}: {round_.state.name.lower()}, waiting for the others until {until}"

    def _enrol(self, round_: Round) -> str:
        if self._chain.now() > round_.enrol_by:
            return f"round {round_.id}: enrolment ended at {round_.enrol_by}"
        plan = plans.fetch(self._chain, self._ipfs, round_)
        self._approvals.require(round_.plan)
        seated = rounds.enrolments(self._chain, round_.id)
        self._seats.require(self._chain, (rounds.raw(entry.node) for entry in seated))
        # All that could fail in training is tried now, so that a node that enrols can contribute.
        versions.fetch_weights(self._chain, self._ipfs, round_.model_id, round_.base_version)
        for table in filter(None, (self._site.table, self._site.held_out)):
            plan.features.encode(files.read(table))
        if plan.kind == "training":
            self._codec()
            self._normalization(plan)
        else:
            self._ledger.require(files.read(self._site.table))
            disclosure.require(self._chain, [*seated, self._own_seat()], is_whole=False)
        folder = self._folder(round_.id)
        node = Node.from_bytes(folder.read(STATE)) if folder.has(STATE) else self._create(round_.id, folder)
        invitation = invitations.path(plan.invited, self._chain.address)
        call = self._chain.models.functions.enrol(
            round_.id,
            (self._site.dataset_id, self._site.license_id, round_.plan, node.round_keys, invitation),
        )
        return self._send(round_.id, call, f"enrolled with dataset {self._site.dataset_id}")

    def _own_seat(self) -> Enrolment:
        """What this node's seat will be. The version of a licence is looked at once it has the seat."""
        dataset_id = self._site.dataset_id
        if self._site.license_id:
            version = self._chain.read(Disclosure, dataset_id).version
        else:
            version = self._chain.read(Sale, dataset_id).version
        return Enrolment(
            self._chain.address, dataset_id, version, dealt=False, summed=False, commitment=bytes(32)
        )

    def _create(self, round_id: int, folder: RoundFolder) -> Node:
        node = Node.create(self._context(round_id), rounds.raw(self._chain.address))
        folder.write(STATE, node.to_bytes())
        return node

    def _contribute(self, round_: Round, mine: Enrolment, node: Node, folder: RoundFolder) -> str:
        plan = plans.fetch(self._chain, self._ipfs, round_)
        members = rounds.roster(self._chain, round_.id)
        self._seats.require(self._chain, (member.address for member in members))
        seats = rounds.enrolments(self._chain, round_.id)
        if plan.kind == "statistics":
            disclosure.require(self._chain, seats, is_whole=True)
        elif self._same_sites:
            disclosure.require_same(self._chain, seats)
        shares = node.deal(members, threshold_of(len(members), plan.colluders, plan.threshold))
        folder.write(STATE, node.to_bytes())
        if not node.has_received:
            self._post(round_.id, "shares", shares)
            # Nothing is masked before the chain says, to all sites alike, who dealt and what.
            inbox = self._aggregator.inbox(node.context) if round_.has_dealers else None
            if inbox is None:
                return f"round {round_.id}: shares dealt, waiting for those of the other {len(members) - 1}"
            self._require_dealers(round_, inbox)
            node.receive(inbox, round_.dealt)
            folder.write(STATE, node.to_bytes())
        self._require_consent([mine])
        if not folder.has(MASKED):
            log.info("round %d: computing on the site's records", round_.id)
            folder.write(MASKED, node.mask(self._vector(round_, plan, len(members)), round_.dealt))
        masked = folder.read(MASKED)
        message = MaskedVector.from_bytes(masked)
        node.resume(message)
        folder.write(STATE, node.to_bytes())
        self._post(round_.id, "masked", masked)
        digest = commitment.masked_update(
            self._chain.chain_id, self._chain.models.address, round_.id, self._chain.address, message.digest()
        )
        call = self._chain.models.functions.commitUpdate(round_.id, message.dealt, digest)
        return self._send(round_.id, call, f"committed an update of {len(masked)} bytes")

    def _answer(self, round_: Round, node: Node, folder: RoundFolder) -> str:
        summed = rounds.survivors(self._chain, round_.id)
        if len(summed) < round_.min_nodes:
            raise StateError(f"Round {round_.id} sums fewer nodes than its minimum.", "Do not answer.")
        if self._chain.address not in {entry.node for entry in summed}:
            return f"round {round_.id}: goes on without this node"
        self._require_consent(summed)
        if self._same_sites and rounds.KINDS[round_.kind] == "training":
            disclosure.require_same(self._chain, summed)
        body = node.answer([rounds.raw(entry.node) for entry in summed], round_.dealt)
        folder.write(STATE, node.to_bytes())
        # An aggregator that lost its disk may lack the vector; it is the same one, so it may be sent again.
        self._post(round_.id, "masked", folder.read(MASKED))
        self._post(round_.id, "unmask", body)
        return f"round {round_.id}: answered, waiting for the result until {round_.finalize_by}"

    def _vector(self, round_: Round, plan: Plan, nodes: int) -> Ring:
        table = files.read(self._site.table)
        if plan.kind == "statistics":
            self._ledger.require(table)
            self._ledger.note(round_, table)
            return local_training.statistics(plan, table, nodes)
        base = versions.fetch_weights(self._chain, self._ipfs, round_.model_id, round_.base_version)
        held_out = None if self._site.held_out is None else files.read(self._site.held_out)
        start = local_training.Start(plan, self._normalization(plan), self._codec(), base)
        return local_training.update(start, table, nodes, held_out)

    def _normalization(self, plan: Plan) -> Normalization:
        """The result of the Statistics round that the plan names, as it stands on chain."""
        return read_statistics(self._chain, self._ipfs, plan.statistics, self._site.model_id)

    def _require_consent(self, entries: Iterable[Enrolment]) -> None:
        for entry in entries:
            if rounds.is_withdrawn(self._chain, entry):
                raise AccessDeniedError(
                    f"Consent for dataset {entry.dataset_id}, version {entry.version}, was withdrawn.",
                    "Nothing is trained on it, and no sum that it is part of is unmasked.",
                )

    def _require_dealers(self, round_: Round, inbox: Inbox) -> None:
        """That those who may commit are those against whom this node is to mask."""
        on_chain = {rounds.raw(entry.node) for entry in rounds.dealers(self._chain, round_.id)}
        if on_chain != inbox.digests.keys():
            raise IntegrityError(
                f"The aggregator of round {round_.id} names other dealers than the chain.",
                "Send it nothing more: it may try to read this site's update.",
            )

    def _send(self, round_id: int, call: ContractFunction, sentence: str) -> str:
        """Sends what the node does in the round; `sentence` once it has taken effect."""
        self._in_flight.send(round_id, call, sentence)
        done = self._in_flight.collect_soon({round_id})
        return f"round {round_id}: {sentence if round_id in done else IN_NO_BLOCK}"

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
        return RoundFolder(self._site.home, "rounds", self._context(round_id))

    def _context(self, round_id: int) -> Context:
        return rounds.context(self._chain, round_id)

    def _clean_up(self, current: int) -> None:
        """Destroy the secrets of rounds that are over."""
        for path in self._folder(current).path.parent.glob("*"):
            if path.name.isdigit() and int(path.name) != current:
                round_ = rounds.read(self._chain, int(path.name))
                if round_.state.is_over:
                    self._folder(round_.id).destroy()
                    log.info("round %d: %s, its secrets are destroyed", round_.id, round_.state.name.lower())


def _report(round_id: int, error: BioDeSciError) -> None:
    """Why a call came to nothing: it is tried anew, and fails then with the same reason where that holds."""
    log.warning("round %d: %s", round_id, error)


def read_statistics(chain: Chain, ipfs: Ipfs, round_id: int, model_id: int) -> Normalization:
    """Normalization statistics from a finalized Statistics round of this model.

    Raises InputError for any other round.
    """
    round_ = rounds.read(chain, round_id)
    if round_.kind != 0 or round_.state is not RoundState.FINALIZED or round_.model_id != model_id:
        raise InputError(
            f"Round {round_id} is no finished statistics round of model {model_id}.",
            "Open the training round with the right statistics round.",
        )
    result = result_of(chain, ipfs, round_id).document
    assert isinstance(result, StatisticsResult)  # as the round's kind is
    return result.normalization
