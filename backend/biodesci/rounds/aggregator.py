"""The aggregator of rounds: takes signed messages, relays shares, sums, and writes the result to the chain.

It holds nothing secret and is trusted with nothing: what it sums is masked, in the encrypted basis, and who
is in the sum stands on chain. All it was told lies in its folder, so that it goes on after `kill -9`. It
imports neither torch nor anything that touches keys of models or datasets.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from pathlib import Path
from typing import cast

from biodesci.chain.client import Chain
from biodesci.chain.flights import MOST
from biodesci.chain.records import Round
from biodesci.core import cid, commitment
from biodesci.core.about import about
from biodesci.core.documents.result import TrainingResult
from biodesci.core.documents.round_messages import RoundStatus, Shares, Stage, State, UnmaskAnswer
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    FundsError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import RoundState
from biodesci.fl import messages
from biodesci.fl.messages import MaskedVector
from biodesci.fl.roster import MIN_COHORT
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds
from biodesci.rounds import disclosure, signatures
from biodesci.rounds import plan as plans
from biodesci.rounds.ended import Ended
from biodesci.rounds.in_flight import IN_NO_BLOCK, InFlight
from biodesci.rounds.notes import Notes
from biodesci.rounds.outcome import abort_reason, outcome
from biodesci.rounds.session import Session, restored
from biodesci.rounds.signatures import MessageKind
from biodesci.rounds.store import RoundFolder
from biodesci.store.jobs import Jobs

log = logging.getLogger(__name__)


class RoundAggregator:
    """Safe for use by several threads: HTTP handlers call accept, inbox and status; one loop calls step."""

    def __init__(
        self, chain: Chain, ipfs: Ipfs, home: Path, owners: frozenset[bytes], jobs: Jobs | None = None
    ) -> None:
        """`owners` are the accounts (20 bytes each) whose models' rounds it serves, and nobody else's. `jobs`
        keeps for a person which round cannot go on, and why."""
        self._chain, self._ipfs, self._home, self._owners = chain, ipfs, home, owners
        self._sessions: dict[int, Session] = {}
        self._over = Ended(chain)
        self._notes = Notes(jobs)
        self._lock = threading.RLock()
        self._in_flight = InFlight(chain, "aggregation", self._report)

    @property
    def open_rounds(self) -> int:
        """How many rounds it knows of that are not over."""
        return len(self._sessions.keys() | self._notes.rounds)

    # Messages

    def admit(self, round_id: int, kind: MessageKind, digest: bytes, signature: str) -> tuple[bytes, int]:
        """Who sends a message (20 bytes), and how many bytes it may have, before any of it is read.

        `digest` is the SHA-256 that its headers say. Raises AccessDeniedError unless an account of the
        round's roster signed it; and StateError where the round has another aggregator, or does not run.
        """
        sender = signatures.signer(rounds.context(self._chain, round_id), kind, digest, signature)
        with self._lock:
            known = self._sessions.get(round_id)
        if known is not None:
            known.require_enrolled(sender, round_id)  # a stranger's message costs no call to the chain
        round_ = self._mine(round_id)
        with self._lock:
            session = self._session(round_)
        session.require_enrolled(sender, round_id)
        if kind == "masked":
            return sender, messages.HEADER + 4 * session.machine.size
        return sender, Shares.limit if kind == "shares" else UnmaskAnswer.limit

    def accept(self, round_id: int, kind: MessageKind, body: bytes, signature: str) -> None:
        """Check, store and count one message. The same message again is harmless.

        Raises:
            AccessDeniedError: the signature is not valid, or not of an enrolled account.
            IntegrityError: the message is damaged, or does not fit the roster.
            StateError: the round has another aggregator or stage, or the node sent another message before.
        """
        where = rounds.context(self._chain, round_id)
        sender = signatures.signer(where, kind, hashlib.sha256(body).digest(), signature)
        round_ = self._mine(round_id)
        with self._lock:
            session = self._session(round_)
            session.require_enrolled(sender, round_id)
            name = f"{kind}-{sender.hex()}"
            if kind == "shares":
                _expect(round_, RoundState.RUNNING)
                session.machine.add_shares(sender, Shares.parse(body))
            elif kind == "masked":
                _expect(round_, RoundState.RUNNING, RoundState.UNMASKING)
                session.machine.add_masked(sender, MaskedVector.from_bytes(body))
            else:
                _expect(round_, RoundState.UNMASKING)
                session.close(self._chain, round_id)
                session.machine.add_answer(sender, UnmaskAnswer.parse(body))
            if not session.folder.has(name):
                session.folder.write(name, body)

    def inbox(self, round_id: int, address: str) -> bytes | None:
        """The sealed shares for one node (an `Inbox` message); None until sharing is over."""
        round_ = self._mine(round_id)
        with self._lock:
            session = self._session(round_)
            if not (round_.has_dealers and session.machine.dealers):
                return None
            return session.machine.inbox(rounds.raw(address)).to_bytes()

    def status(self, round_id: int) -> RoundStatus:
        """What is awaited, from whom, until when (a chain timestamp)."""
        round_ = rounds.read(self._chain, round_id)
        state = cast(State, round_.state.name.lower())
        stage: Stage = state
        until, done = 0, frozenset[bytes]()
        members: list[bytes] = []
        with self._lock:
            if round_.state is RoundState.ENROLLING:
                until = round_.enrol_by
            elif round_.state in (RoundState.RUNNING, RoundState.UNMASKING):
                session = self._session(self._mine(round_id))
                machine = session.machine
                members = list(machine.dealers) or [m.address for m in machine.roster]
                if not round_.has_dealers:
                    stage, until, done = "sharing", session.share_by, machine.shared()
                elif round_.state is RoundState.RUNNING:
                    committed = {rounds.raw(e.node) for e in rounds.committed(self._chain, round_id)}
                    stage, until, done = "training", round_.commit_by, frozenset(committed)
                else:
                    members = [rounds.raw(e.node) for e in rounds.survivors(self._chain, round_id)]
                    stage, until, done = "unmasking", round_.finalize_by, machine.answered
        return RoundStatus(
            round_id=round_id,
            state=state,
            stage=stage,
            awaited=tuple(rounds.checksummed(a) for a in members if a not in done),
            until=until,
            note=self._notes[round_id],
        )

    # Progress

    def step(self) -> bool:
        """Move every round of this aggregator on by one stage; whether anything was done.

        It waits for no block. A round's block says what its next stage is, so that the round stands still
        until a later call has collected it; the other rounds go on.
        """
        self._notes.clear(collected := self._in_flight.collect())
        self._over.look()
        on_their_way, begun = self._in_flight.rounds(), set[int]()
        for round_id in range(1, rounds.count(self._chain) + 1):
            if round_id in self._over:
                continue
            round_ = rounds.read(self._chain, round_id)
            if round_.state.is_over or round_.aggregator != self._chain.address:
                self._forget(round_)
                continue
            if not self._serves(round_):
                self._notes.waits(round_id, "it is of a model whose owner this aggregator does not serve")
                continue
            if round_id in on_their_way:
                self._notes.waits(round_id, IN_NO_BLOCK)
            elif len(on_their_way) + len(begun) < MOST and self._try(round_):
                begun.add(round_id)
        if begun:
            self._notes.clear(self._in_flight.collect_soon(begun))
            for round_id in begun & self._in_flight.rounds():
                self._notes.waits(round_id, IN_NO_BLOCK)
        return bool(collected or begun)

    def _try(self, round_: Round) -> bool:
        """Whether a transaction was sent. Takes note of why not."""
        try:
            with about(round=round_.id):
                is_sent = self._advance(round_)
            self._notes.goes_on(round_.id)
            return is_sent
        except BioDeSciError as exc:
            self._notes.stands_still(round_.id, str(exc))
            return self._abort_if_due(round_, exc)
        except Exception as exc:  # anybody can open a round here: one must not stop the others
            text = f"Unexpected {type(exc).__name__}."
            if self._notes[round_.id] != text:
                log.exception("round %d: unexpected error", round_.id)
            self._notes.stands_still(round_.id, text)
            return self._abort_if_due(round_, StateError(text))

    def _advance(self, round_: Round) -> bool:
        if round_.state is RoundState.ENROLLING:
            return self._start(round_)
        # The lock is for what messages change; no block is waited for with it.
        with self._lock:
            session = self._session(round_)
        if round_.state is RoundState.RUNNING:
            return self._share(round_, session) if not round_.has_dealers else self._sum(round_, session)
        with self._lock:
            session.close(self._chain, round_.id)
            can_sum, answered = session.machine.can_sum, len(session.machine.answered)
        if can_sum:
            return self._finalize(round_, session)
        if self._chain.now() > round_.finalize_by:
            needed = session.machine.threshold
            raise StateError(f"{answered} nodes answered, {needed} are needed.", "Open another round.")
        return False

    def _start(self, round_: Round) -> bool:
        needed = max(round_.min_nodes, MIN_COHORT)
        plan = plans.fetch(self._chain, self._ipfs, round_)
        ended = self._chain.now() > round_.enrol_by
        if round_.enrolled >= needed and (ended or 0 < plan.cohort <= round_.enrolled):
            call = self._chain.models.functions.startRound(round_.id)
            return self._in_flight.send(round_.id, call, f"started with {round_.enrolled} nodes")
        if ended:
            raise StateError(f"{round_.enrolled} nodes enrolled, {needed} are needed.", "Open another round.")
        self._notes.waits(round_.id, f"{round_.enrolled} nodes enrolled, waiting for more")
        return False

    def _share(self, round_: Round, session: Session) -> bool:
        """Fix on chain who dealt, and what; what goes there is stored first, so that it stays the same."""
        machine = session.machine
        with self._lock:
            shared = len(machine.shared())
            waits = shared < len(machine.roster) and self._chain.now() <= session.share_by
            if not machine.dealers and waits:
                self._notes.waits(round_.id, f"{shared} of {len(machine.roster)} nodes shared")
                return False
            dealers, dealt = machine.close_shares(), machine.dealt
            session.folder.write("dealers", b"".join(dealers))
        places = rounds.places(self._chain, round_.id, dealers)
        call = self._chain.models.functions.fixDealers(round_.id, places, dealt)
        return self._in_flight.send(round_.id, call, f"{len(dealers)} nodes take part")

    def _sum(self, round_: Round, session: Session) -> bool:
        """Fix who is summed: all dealers, or once commitments are due those of them whose vectors came in."""
        machine = session.machine
        if not machine.dealers:
            raise StateError("The shares of this round are lost.", "Restore the aggregator's folder.")
        committed = rounds.committed(self._chain, round_.id)
        is_due = self._chain.now() > round_.commit_by
        if len(committed) < len(machine.dealers) and not is_due:
            text = f"{len(committed)} of {len(machine.dealers)} nodes committed an update"
            self._notes.waits(round_.id, text)
            return False
        fit = [entry for entry in committed if session.is_summable(self._chain, round_.id, entry)]
        if rounds.KINDS[round_.kind] == "statistics":
            fit = disclosure.alike(self._chain, fit, is_whole=True)
        chosen = {rounds.raw(entry.node) for entry in fit}
        if len(chosen) < len(machine.dealers) and not is_due:
            self._notes.waits(round_.id, f"{len(chosen)} of {len(machine.dealers)} updates can be summed")
            return False
        if len(chosen) < machine.minimum:
            raise StateError(
                f"{len(chosen)} nodes returned an update, {machine.minimum} are needed.",
                "Open another round.",
            )
        places = rounds.places(self._chain, round_.id, chosen)
        call = self._chain.models.functions.closeCommits(round_.id, round_.dealt, places)
        return self._in_flight.send(round_.id, call, f"updates of {len(chosen)} nodes are summed")

    def _finalize(self, round_: Round, session: Session) -> bool:
        with self._lock:
            total = session.machine.total(lambda address: session.folder.read(f"masked-{address.hex()}"))
        document, data = outcome(self._chain, self._ipfs, round_, session.plan, total)
        root, weights = bytes(32), bytes(32)
        if isinstance(document, TrainingResult) and data is not None:
            root, weights = document.weights_root, self._ipfs.add(data, f"weights of round {round_.id}")
        result = self._ipfs.add(document.to_bytes(), f"result of round {round_.id}")
        call = self._chain.models.functions.finalize(round_.id, round_.dealt, result, root, weights)
        return self._in_flight.send(round_.id, call, f"finalized, {cid.from_digest(result)}")

    def _abort_if_due(self, round_: Round, reason: BioDeSciError) -> bool:
        """Nothing more can come of the round once its deadline has passed: say why on chain."""
        if isinstance(reason, UnavailableError | FundsError):
            return False
        try:
            if self._chain.now() <= rounds.deadline(round_):
                return False
            log.warning("round %d is to be aborted: %s", round_.id, reason)
            call = self._chain.models.functions.abort(round_.id, abort_reason(reason))
            return self._in_flight.send(round_.id, call, "aborted")
        except BioDeSciError as exc:
            self._notes.waits(round_.id, f"{reason} It cannot be aborted yet: {exc}")
            return False

    # State

    def _mine(self, round_id: int) -> Round:
        round_ = rounds.read(self._chain, round_id)
        if round_.aggregator != self._chain.address:
            raise StateError(f"Round {round_id} has another aggregator.", f"Send to {round_.aggregator}.")
        if not self._serves(round_):
            raise AccessDeniedError(
                f"This aggregator does not serve the owner of model {round_.model_id}.",
                "Ask its operator: it serves the owners that BIODESCI_MODEL_OWNERS names.",
            )
        return round_

    def _serves(self, round_: Round) -> bool:
        """Anybody may name this aggregator in a round; it does nothing for whom it was not told to serve."""
        owner = self._chain.call(self._chain.models.functions.ownerOf(round_.model_id))
        return commitment.address(owner) in self._owners

    def _session(self, round_: Round) -> Session:
        rounds.require_open(round_)
        if round_.state is RoundState.ENROLLING:
            raise StateError(f"Round {round_.id} still enrols.", "Ask again once it runs.")
        if round_.id not in self._sessions:
            self._sessions[round_.id] = restored(self._chain, self._ipfs, self._home, round_)
        return self._sessions[round_.id]

    def _forget(self, round_: Round) -> None:
        self._over.add(round_.id)
        self._notes.forget(round_.id)
        with self._lock:
            self._sessions.pop(round_.id, None)
        # Masked vectors and shares of a finished round have no use but to an attacker.
        RoundFolder(self._home, "aggregator", rounds.context(self._chain, round_.id)).destroy()

    def _report(self, round_id: int, error: BioDeSciError) -> None:
        """Why a transaction that was sent came to nothing; what the chain says now is looked at anew."""
        if round_id not in self._over:
            self._notes.stands_still(round_id, str(error))


def _expect(round_: Round, *allowed: RoundState) -> None:
    if round_.state not in allowed:
        raise StateError(
            f"Round {round_.id} is {round_.state.name.lower()}: the message comes too early or too late.",
            "Follow the round's state on chain.",
        )
