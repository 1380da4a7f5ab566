"""The worker's side of an encrypted inference: open, check, compute on encrypted values, seal to the
requester, commit.

Every request has a folder under `home/serving`. What was computed is on disk before it is committed to, so a
worker that was killed commits to the same answer after its restart. The commitment leaves through the outbox
(chain/outbox.py), so not twice:

    output.bin     salt ‖ output tensors: exists once the answer is computed     (private)
    trace.bin      matrix products of this answer, for an auditor                (private)
    envelope.bin   the answer sealed to the requester: on IPFS once the chain has taken its commitment
    published      the envelope was added to IPFS
    refused.json   why this request will not be served
    request.json   whose request it is: a number can come to mean another one when the chain reorganises

Beside them `inputs/` notes by commitment and by CID which request an input was opened for: it serves once.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

from biodesci.chain import events
from biodesci.chain.client import Chain
from biodesci.chain.flights import MOST
from biodesci.chain.follow import Follower
from biodesci.chain.landed import Gone
from biodesci.chain.records import Request
from biodesci.core import canonical, files
from biodesci.core.about import about
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    ChainError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
    UnavailableError,
    WrongKeyError,
)
from biodesci.core.onchain import DAY, RequestState
from biodesci.inference import answers
from biodesci.inference.computing import compute, write_answer
from biodesci.inference.in_flight import OUTPUT, InFlight
from biodesci.inference.journal import claim_input, claim_journal, journal
from biodesci.inference.policy import Policy
from biodesci.inference.requests import (
    input_rows,
    open_input,
    read_request,
)
from biodesci.ipfs.client import Ipfs
from biodesci.party.allowance import Allowance, Asked, Limit
from biodesci.proof.trace import context
from biodesci.registry.models import Registered, load_registered
from biodesci.store.jobs import Failures, Jobs

log = logging.getLogger(__name__)
_MODELS_KEPT = 4
_LONGEST_PAUSE = 300.0
_REFUSED = "refused.json"


class Server:
    """Serves the requests addressed to `chain.address` that its policy admits. Remembers in memory only what
    chain and disk can tell again.
    """

    def __init__(
        self, chain: Chain, ipfs: Ipfs, home: Path, seed: bytes, policy: Policy, jobs: Jobs | None = None
    ) -> None:
        """`jobs` keeps what fails, for a server that goes on; without it, it is tried each time."""
        self._failures = Failures(jobs, "request")
        self._chain, self._ipfs, self._home, self._seed = chain, ipfs, home, seed
        self._policy = policy
        served = journal(home, chain, 0).parent / "served.json"
        self._allowance = Allowance(served, policy.bounds)
        self._held: dict[int, int] = {}  # requests that wait for another day, and that day
        self._models: dict[tuple[int, int], Registered] = {}
        self._requests = Follower(chain, f"inference {chain.address}", chain.deployment.first_block)
        self._next_block = self._requests.next_block
        # All that may still be served, though this run's policy refuse it: another run may have another one.
        self._unsettled: set[int] = set(self._requests.state.get("unsettled", ()))
        self._open = set(self._unsettled)
        self._gone = Gone()  # requests that a reorganization took
        self._refused: dict[int, int] = {}  # requests that this run's policy refuses, and their deadlines
        self._waiting: dict[int, str] = {}
        self._pause: dict[int, float] = {}
        self._not_before: dict[int, float] = {}
        self._unpublished = answers.unpublished(journal(home, chain, 0).parent)  # what an earlier run left
        self._completed_at = -1
        self._in_flight = InFlight(chain, ipfs, home, self._report)

    @property
    def seen_block(self) -> int:
        """The last block whose requests it has read."""
        return self._next_block - 1

    @property
    def unanswered(self) -> int:
        """How many requests it has before it."""
        return len(self._open)

    def serve_pending(self) -> list[int]:
        """Answers what is open; returns what was committed to. One bad request stops no other.

        It waits for no block: what is on its way is collected by a later call.
        """
        served = self._settled(self._in_flight.collect())
        on_their_way = set(self._in_flight.requests())
        self._complete(on_their_way)
        self._look()
        begun: list[int] = []
        for request_id in self._due(on_their_way):
            if len(on_their_way) + len(begun) >= MOST:
                break
            if self._try(request_id):
                begun.append(request_id)
        if begun:
            served += self._settled(self._in_flight.collect_soon(begun))
        return served

    def _due(self, on_their_way: set[int]) -> list[int]:
        """The open requests of which none waits: for a block, another day, or its next attempt."""
        now, clock, resting = self._chain.now(), time.monotonic(), self._resting()
        for request_id in [id_ for id_, deadline in self._refused.items() if deadline < now]:
            self._is_over(request_id)
        return [
            request_id
            for request_id in sorted(self._open - resting - on_their_way)
            if self._held.get(request_id, 0) <= now // DAY and self._not_before.get(request_id, 0.0) <= clock
        ]

    def _try(self, request_id: int) -> bool:
        """Whether an answer was sent. Takes note of why not."""
        try:
            with about(request=request_id):
                is_sent = self._serve(request_id)
            if not is_sent:
                self._is_over(request_id)
            return is_sent
        except AccessDeniedError as exc:
            if self._waiting.get(request_id) != exc.message:
                log.warning("request %d is not served: %s", request_id, exc)
                self._waiting[request_id] = exc.message
            self._open.discard(request_id)
        except (InputError, IntegrityError, WrongKeyError) as exc:
            self._refuse(request_id, exc)
        except (UnavailableError, NotFoundError, StateError, ChainError) as exc:
            self._wait(request_id, exc)
        except Exception as exc:  # whatever a stranger's request or model brings about
            self._failures.note(request_id, f"unexpected {type(exc).__name__}")
            if self._waiting.get(request_id) != type(exc).__name__:
                log.exception("request %d: unexpected error", request_id)
                self._waiting[request_id] = type(exc).__name__
        return False

    def _settled(self, requests: list[int]) -> list[int]:
        """Takes note of what is committed to; the same requests."""
        for request_id in requests:
            self._unpublished.discard(request_id)
            self._is_over(request_id)
            log.info("request %d: committed", request_id)
        return requests

    def _is_over(self, request_id: int) -> None:
        self._open.discard(request_id)
        self._unsettled.discard(request_id)
        self._gone.forget(request_id)
        for noted in (self._refused, self._waiting, self._held, self._pause, self._not_before):
            noted.pop(request_id, None)
        self._failures.done(request_id)

    def _report(self, request_id: int, reason: str) -> None:
        """Why an answer that was sent came to nothing; the request stays open."""
        self._failures.note(request_id, reason)
        if self._waiting.get(request_id) != reason:
            log.warning("request %d: %s", request_id, reason)
            self._waiting[request_id] = reason

    def _resting(self) -> frozenset[int]:
        """Requests that failed or were refused, and are not due; opens what is."""
        due, resting = self._failures.schedule()
        for request_id in due:
            (journal(self._home, self._chain, request_id) / _REFUSED).unlink(missing_ok=True)
        self._open |= due
        return resting

    def _complete(self, on_their_way: set[int]) -> None:
        """Adds what was committed to and is on no IPFS node, because a run ended in between."""
        if not self._unpublished or (head := self._chain.block_number()) == self._completed_at:
            return
        self._completed_at = head
        for request_id in sorted(self._unpublished - on_their_way):
            try:
                folder = journal(self._home, self._chain, request_id)
                if answers.complete(self._chain, self._ipfs, folder, request_id):
                    self._unpublished.discard(request_id)
            except UnavailableError:
                self._completed_at = -1
                raise
            except BioDeSciError as exc:
                log.warning("the answer to request %d is not on IPFS yet: %s", request_id, exc)
                self._completed_at = -1

    def _look(self) -> None:
        head = self._chain.block_number()
        again = self._in_flight.taken_back(head)
        self._open.update(again)
        self._unsettled.update(again)
        if head < self._next_block:
            return
        chain, name = self._chain, "InferenceRequested"
        topics = events.topics_of(chain.inferences, name, {"worker": chain.address})
        for piece in self._requests.news(head, [chain.inferences.address], topics):
            asked = {
                int(events.decode(chain.inferences, name, each)["args"]["requestId"]) for each in piece.logs
            }
            self._open |= asked
            self._unsettled |= asked
            self._requests.state = {"unsettled": sorted(self._unsettled)}
        self._next_block = head + 1

    def _serve(self, request_id: int) -> bool:
        """Whether an answer was sent now; False where there is nothing (left) to do."""
        request = self._read(request_id)
        folder = journal(self._home, self._chain, request_id)
        if request is None or request.state is not RequestState.REQUESTED:
            return False
        if self._chain.now() > request.deadline:
            log.warning("request %d is past its deadline", request_id)
            return False
        try:
            self._policy.check(request, self._chain.now())
        except AccessDeniedError:
            self._refused[request_id] = request.deadline
            raise
        if folder.exists():
            claim_journal(self._chain, folder, request)
        if (folder / _REFUSED).exists():
            return False
        self._take(request)
        model = self._model(request)
        claim_journal(self._chain, folder, request)
        if not (folder / OUTPUT).exists():
            x = input_rows(model.config, open_input(self._chain, self._ipfs, self._seed, request))
            claim_input(self._chain, self._home, request)
            place = context(self._chain.chain_id, self._chain.inferences.address, request_id)
            write_answer(folder, compute(model, x, place))
            log.info(
                "request %d: computed %d rows on model %d version %d", request_id, len(x), *self._key(request)
            )
        self._unpublished.add(request_id)  # until it is, whatever stops the next lines
        try:
            self._in_flight.begin(folder, request, model.weights_root)
        except RevertedError:
            if read_request(self._chain, request_id).state is RequestState.REQUESTED:
                raise
            return False  # an earlier transaction of ours, or an expiry, came first
        return True

    def _read(self, request_id: int) -> Request | None:
        """None where a reorganization took it, and did not bring it back."""
        try:
            request = read_request(self._chain, request_id)
        except NotFoundError:
            if not self._gone.is_for_good(request_id, self._chain.block_number()):
                raise
            return None
        self._gone.forget(request_id)
        return request

    def _take(self, request: Request) -> None:
        """Counts it for today, before the work; StateError where it has to wait for another day."""
        today = self._chain.now() // DAY
        asked = Asked(request.id, request.requester, request.fee > 0)
        limit = self._allowance.reached(asked, today)
        if limit is None:
            self._allowance.note(asked, today)
            return
        self._held[request.id] = today + 1
        of = f"{self._policy.bounds.unpaid} unpaid requests a day (BIODESCI_UNPAID_A_DAY)"
        if limit is Limit.EACH:
            of = f"{self._policy.bounds.unpaid_each} of them a day for one account (BIODESCI_UNPAID_EACH)"
        raise StateError(f"It pays nothing, and this worker serves {of}.", "It waits for tomorrow (UTC).")

    def _model(self, request: Request) -> Registered:
        key = self._key(request)
        if key not in self._models:
            while len(self._models) >= _MODELS_KEPT:  # anybody can register models and ask for them
                self._models.pop(next(iter(self._models)))
            try:
                self._models[key] = load_registered(self._chain, self._ipfs, *key)
            except (
                IntegrityError
            ) as exc:  # not the requester's fault: another node may have the right weights
                raise UnavailableError(exc.message, exc.hint) from exc
        return self._models[key]

    @staticmethod
    def _key(request: Request) -> tuple[int, int]:
        return request.model_id, request.version

    def _wait(self, request_id: int, exc: BioDeSciError) -> None:
        self._failures.note(request_id, str(exc))
        if self._waiting.get(request_id) != exc.message:
            log.warning("request %d has to wait: %s", request_id, exc)
            self._waiting[request_id] = exc.message
        if isinstance(exc, NotFoundError):
            # Each look for a blob that nobody has holds up the other requests.
            self._pause[request_id] = min(2 * self._pause.get(request_id, 0.5), _LONGEST_PAUSE)
            self._not_before[request_id] = time.monotonic() + self._pause[request_id]

    def _refuse(self, request_id: int, exc: BioDeSciError) -> None:
        log.warning("request %d refused: %s", request_id, exc)
        folder = journal(self._home, self._chain, request_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_private(
            folder / _REFUSED, canonical.dumps({"requestId": request_id, "reason": exc.message})
        )
        self._open.discard(request_id)
        self._failures.note(request_id, str(exc), again=False)


def serve_pending(chain: Chain, ipfs: Ipfs, home: Path, seed: bytes, policy: Policy) -> list[int]:
    """Answers every open request once; see `Server` for a loop."""
    return Server(chain, ipfs, home, seed, policy).serve_pending()
