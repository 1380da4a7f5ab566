"""A round that runs, as its aggregator has it: from the chain, and from what was stored of its messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import Enrolment, Round
from biodesci.core import commitment
from biodesci.core.documents.plan import Plan
from biodesci.core.documents.round_messages import Shares, UnmaskAnswer
from biodesci.core.errors import AccessDeniedError, InputError, IntegrityError, StateError
from biodesci.core.onchain import RoundState
from biodesci.fl.aggregation import Aggregator
from biodesci.fl.messages import MaskedVector
from biodesci.fl.roster import threshold_of
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds, versions
from biodesci.rounds import plan as plans
from biodesci.rounds.store import RoundFolder

SHARE_PART: Final = 3  # dealing may take this part (one third) of the time until commitments are due


@dataclass
class Session:
    """A running round: its plan, the summing machine, the folder of its messages, and when dealing ends."""

    plan: Plan
    machine: Aggregator
    folder: RoundFolder
    share_by: int

    def require_enrolled(self, sender: bytes, round_id: int) -> None:
        """AccessDeniedError where `sender` (20 bytes) is not in the round's roster."""
        if sender not in {member.address for member in self.machine.roster}:
            raise AccessDeniedError(
                f"{rounds.checksummed(sender)} is not enrolled in round {round_id}.",
                "Sign with the enrolled account.",
            )

    def has_vector(self, chain: Chain, round_id: int, entry: Enrolment) -> bool:
        """Whether the vector that a node committed to came in."""
        digest = self.machine.masked(rounds.raw(entry.node))
        where = chain.chain_id, chain.models.address, round_id
        return digest is not None and (
            commitment.masked_update(*where, entry.node, digest) == entry.commitment
        )

    def is_summable(self, chain: Chain, round_id: int, entry: Enrolment) -> bool:
        """Whether a node that committed can be in the sum: its vector came in, and consent stands."""
        return self.has_vector(chain, round_id, entry) and not rounds.is_withdrawn(chain, entry)

    def close(self, chain: Chain, round_id: int) -> None:
        """Take the survivors from the chain, and hold their vectors against their commitments.

        Raises StateError while a vector of theirs has not come in.
        """
        if self.machine.survivors:
            return
        fixed = rounds.survivors(chain, round_id)
        for entry in fixed:
            if not self.has_vector(chain, round_id, entry):
                raise StateError(
                    f"The masked vector of {entry.node} has not come in.", "It has to send it again."
                )
        self.machine.close(rounds.raw(entry.node) for entry in fixed)


def restored(chain: Chain, ipfs: Ipfs, home: Path, round_: Round) -> Session:
    """The session of a running round, with all that lies in the aggregator's home of it.

    Raises IntegrityError where that is damaged, and InputError for a file that is no message.
    """
    where = rounds.context(chain, round_.id)
    plan = plans.fetch(chain, ipfs, round_)
    base = versions.fetch_weights(chain, ipfs, round_.model_id, round_.base_version)
    members = rounds.roster(chain, round_.id)
    machine = Aggregator(
        where,
        members,
        threshold_of(len(members), plan.colluders, plan.threshold),
        round_.min_nodes,
        plans.size(plan, sum(t.size for t in base.values())),
    )
    folder = RoundFolder(home, "aggregator", where)
    if not folder.has("share-by"):
        now = chain.now()
        folder.write("share-by", str(now + max(0, round_.commit_by - now) // SHARE_PART).encode())
    noted = folder.read("share-by")
    if not noted.isdigit() or (share_by := int(noted)) >= 1 << 40:
        raise _damaged("share-by")
    for name in folder.names("shares-"):
        machine.add_shares(_sender(name), Shares.parse(folder.read(name)))
    if folder.has("dealers"):
        stored = folder.read("dealers")
        if len(stored) % 20:
            raise _damaged("dealers")
        machine.close_shares([stored[i : i + 20] for i in range(0, len(stored), 20)])
        if round_.has_dealers and machine.dealt != round_.dealt:
            raise _damaged("shares")
    for name in folder.names("masked-"):
        machine.add_masked(_sender(name), MaskedVector.from_bytes(folder.read(name)))
    session = Session(plan, machine, folder, share_by)
    if round_.state is RoundState.UNMASKING and (answers := folder.names("unmask-")):
        session.close(chain, round_.id)
        for name in answers:
            machine.add_answer(_sender(name), UnmaskAnswer.parse(folder.read(name)))
    return session


def _damaged(name: str) -> IntegrityError:
    return IntegrityError(
        f"The aggregator's stored {name} is damaged.", "Restore the file from a copy, or abort the round."
    )


def _sender(name: str) -> bytes:
    try:
        return bytes.fromhex(name.partition("-")[2])
    except ValueError as exc:
        raise InputError(
            f"{name} is no stored message.", "Remove the file from the aggregator's folder."
        ) from exc
