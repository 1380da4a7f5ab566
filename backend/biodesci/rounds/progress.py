"""Where a round stands, how it ended, and what came of it: read from chain and IPFS by anyone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from biodesci.chain.client import Chain
from biodesci.chain.records import Round
from biodesci.core import cid
from biodesci.core.documents.result import MAX_RESULT, RoundResult, parse
from biodesci.core.errors import IntegrityError, NotFoundError, StateError
from biodesci.core.onchain import RoundState
from biodesci.core.patience import persist
from biodesci.core.public_text import reason_on_chain
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds
from biodesci.registry.rounds import KINDS


@dataclass(frozen=True)
class Progress:
    """Where a round stands: who is awaited, and until when (a chain timestamp)."""

    round: Round
    awaited: tuple[str, ...]
    until: int
    seconds_left: int

    def __str__(self) -> str:
        what = {
            RoundState.ENROLLING: f"{self.round.enrolled} nodes enrolled",
            RoundState.RUNNING: f"{self.round.committed} of {self.round.enrolled} updates committed",
            RoundState.UNMASKING: f"unmasking the sum of {self.round.committed} updates",
        }.get(self.round.state, self.round.state.name.lower())
        whom = f", waiting for {', '.join(self.awaited)}" if self.awaited else ""
        left = f", {max(0, self.seconds_left)} s left" if not self.round.state.is_over else ""
        return f"round {self.round.id}: {what}{whom}{left}"


@dataclass(frozen=True)
class Result:
    """A finalized round and its result document."""

    round: Round
    document: RoundResult


def wait(
    chain: Chain,
    ipfs: Ipfs,
    round_id: int,
    watch: Callable[[Progress], None] | None = None,
    *,
    interval: float = 0.2,
) -> Result:
    """Until the round is finalized. Raises StateError with the reason when it aborts, or cannot go on."""
    reported = ""
    while True:
        where = persist(lambda: progress_of(chain, round_id))
        key = f"{where.round.state} {where.round.enrolled} {where.round.committed}"
        if watch is not None and key != reported:
            watch(where)
            reported = key
        if where.round.state is RoundState.FINALIZED:
            return persist(lambda: result_of(chain, ipfs, round_id))
        if where.round.state is RoundState.ABORTED:
            raise StateError(
                f"Round {round_id} was aborted: {abort_reason(chain, round_id).rstrip('.')}.",
                "Open another round.",
            )
        # Anyone may abort by then; an aggregator that is gone must not leave the owner waiting for ever.
        if where.seconds_left < -60 and chain.now() > where.round.finalize_by + 60:
            raise StateError(
                f"Round {round_id} is past its last deadline, and nobody ended it.",
                f"Abort it: biodesci round abort {round_id}.",
            )
        time.sleep(interval)


def progress_of(chain: Chain, round_id: int) -> Progress:
    """Who has not done its part yet, as the chain shows it."""
    round_ = rounds.read(chain, round_id)
    until = rounds.deadline(round_)
    awaited: list[str] = []
    if round_.state is RoundState.RUNNING:
        awaited = [e.node for e in rounds.enrolments(chain, round_id) if not e.committed]
    elif round_.state is RoundState.UNMASKING:
        awaited = [round_.aggregator]
    return Progress(round_, tuple(awaited), until, until - chain.now())


def result_of(chain: Chain, ipfs: Ipfs, round_id: int) -> Result:
    """The result document of a finalized round, checked against the round.

    Raises:
        NotFoundError: the round is not finalized.
        IntegrityError: what the aggregator published is no result of this round.
    """
    round_ = rounds.read(chain, round_id)
    if round_.state is not RoundState.FINALIZED:
        raise NotFoundError(
            f"Round {round_id} has no result: it is {round_.state.name.lower()}.", "Wait for it."
        )
    document = parse(ipfs.cat(round_.result, max_size=MAX_RESULT))
    claimed = document.round_id, document.model_id, document.kind, document.plan
    if claimed != (round_id, round_.model_id, KINDS[round_.kind], cid.from_digest(round_.plan)):
        raise IntegrityError(f"The result of round {round_id} is of another round.", "Do not use it.")
    return Result(round_, document)


def abort(chain: Chain, round_id: int, reason: str) -> None:
    """End a round; by the model owner, or by anyone once it is stuck.

    Raises InputError for a reason that has not 1 to 32 bytes in UTF-8, or a character that cannot be shown,
    and StateError for a round that is over.
    """
    encoded = reason_on_chain(reason)
    rounds.require_open(rounds.read(chain, round_id))
    chain.send(chain.models.functions.abort(round_id, encoded))


def burnt(chain: Chain, round_: Round) -> str | None:
    """What the owner of an aborted round has to know of its base; None where it can be used again.

    Once it was fixed who is summed, the sum may be known, though the round brought no result: a second sum
    would show what differs. Statistics of the same sites may be summed again, as nothing differs.
    """
    if round_.state is not RoundState.ABORTED or KINDS[round_.kind] != "training":
        return None
    if not rounds.is_summed(chain, round_.model_id, round_.base_version):
        return None
    return (
        "Its updates may have been summed already, so no other training round can be opened on the weights "
        f"of version {round_.base_version}: publish a version with other weights, or register a model anew."
    )


def abort_reason(chain: Chain, round_id: int) -> str:
    """Why the round was aborted, as whoever aborted it wrote on chain."""
    first = chain.deployment.contracts["ModelRegistry"].block
    events = chain.events(chain.models, "RoundAborted", first, filters={"roundId": round_id})
    reason: bytes = bytes(events[-1]["args"]["reason"]) if events else b""
    return reason.rstrip(b"\0").decode("utf-8", "replace") or "no reason given"
