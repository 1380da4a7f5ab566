"""Rounds as the chain has them: state, roster, survivors.

Nothing here holds a secret, trains or reads data: aggregator, nodes, model owner and auditor all use it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from eth_utils.address import to_checksum_address

from biodesci.chain.blocks import first_since
from biodesci.chain.client import Chain
from biodesci.chain.records import Enrolment, Enrolments, ModelVersion, Round
from biodesci.core import commitment
from biodesci.core.errors import NotFoundError, StateError, UnavailableError
from biodesci.core.onchain import RoundState
from biodesci.fl.masking import Context
from biodesci.fl.roster import Member, Roster

# As IModelRegistry.RoundKind numbers them.
KINDS: Final[tuple[Literal["statistics"], Literal["training"]]] = ("statistics", "training")


def raw(address: str) -> bytes:
    """The 20 bytes of an address in hex, which name a node in messages. InputError for no address."""
    return commitment.address(address)


def checksummed(address: bytes) -> str:
    """An address of 20 bytes in hex with its checksum in upper and lower case (ERC-55)."""
    return str(to_checksum_address(address))


def read(chain: Chain, round_id: int) -> Round:
    """Raises NotFoundError when there is no such round."""
    round_ = chain.read(Round, round_id)
    if round_.state is RoundState.NONE:
        raise NotFoundError(f"There is no round {round_id}.", "List them: biodesci round list.")
    return round_


def count(chain: Chain) -> int:
    """How many rounds there are; their ids are 1 to this."""
    return int(chain.call(chain.models.functions.roundCount()))


def enrolments(chain: Chain, round_id: int) -> tuple[Enrolment, ...]:
    """The nodes of a round in the order in which they enrolled."""
    return chain.read(Enrolments, round_id).roster


def roster(chain: Chain, round_id: int) -> Roster:
    """The roster in order of enrolment, with the round keys of the enrolment transactions.

    Raises UnavailableError when the chain node's events do not fit its state: it lost some, or is behind.
    """
    round_ = chain.read(Round, round_id)
    deployed = chain.deployment.contracts["ModelRegistry"].block
    # A round is opened on weights that were published before.
    base = chain.read(ModelVersion, round_.model_id, round_.base_version)
    # A development chain's clock can be turned back: then all blocks are looked at.
    for first in dict.fromkeys((first_since(chain, base.published_at, deployed), deployed)):
        members = _members(chain, round_id, first)
        if members is not None:
            return members
    raise UnavailableError(
        f"The chain node's events of round {round_id} do not fit its roster.",
        "It lost events or is behind: try again, or use another chain node.",
    )


def _members(chain: Chain, round_id: int, first: int) -> Roster | None:
    """The roster by the events from block `first` on; None where they do not fit the state."""
    enrolled: dict[str, dict[str, Any]] = {}
    for event in chain.events(chain.models, "NodeEnrolled", first, filters={"roundId": round_id}):
        enrolled[event["args"]["node"]] = dict(event["args"])
    members = []
    for i, entry in enumerate(enrolments(chain, round_id)):
        args = enrolled.get(entry.node)
        if (
            args is None
            or args["index"] != i
            or args["datasetId"] != entry.dataset_id
            or args["version"] != entry.version
            or len(args["roundKeys"]) != 64
        ):
            return None
        keys = bytes(args["roundKeys"])
        members.append(Member(raw(entry.node), keys[:32], keys[32:]))
    return tuple(members)


def dealers(chain: Chain, round_id: int) -> list[Enrolment]:
    """Against whom everybody masks; nobody until that is fixed."""
    return [entry for entry in enrolments(chain, round_id) if entry.dealt]


def committed(chain: Chain, round_id: int) -> list[Enrolment]:
    """Who committed an update, summed or not."""
    return [entry for entry in enrolments(chain, round_id) if entry.committed]


def survivors(chain: Chain, round_id: int) -> list[Enrolment]:
    """Who is summed; nobody until that is fixed, which it is in the state Unmasking."""
    return [entry for entry in enrolments(chain, round_id) if entry.summed]


def is_withdrawn(chain: Chain, entry: Enrolment) -> bool:
    """Whether consent for the data of a seat was withdrawn since."""
    return bool(chain.call(chain.datasets.functions.isWithdrawn(entry.dataset_id, entry.version)))


def is_summed(chain: Chain, model_id: int, version: int) -> bool:
    """Whether updates on the weights of a version were summed: then no others may be."""
    return bool(chain.call(chain.models.functions.isSummed(model_id, version)))


def places(chain: Chain, round_id: int, nodes: Iterable[bytes]) -> int:
    """The nodes (20 bytes each) as the contract takes a set: bit i for the i-th of the roster."""
    wanted = set(nodes)
    return sum(1 << i for i, entry in enumerate(enrolments(chain, round_id)) if raw(entry.node) in wanted)


def context(chain: Chain, round_id: int) -> Context:
    """What a round's keys, masks and messages are bound to: chain, ModelRegistry and round."""
    return Context(chain.chain_id, raw(chain.models.address), round_id)


def deadline(round_: Round) -> int:
    """Until when the round has to go on from where it is, as a chain timestamp."""
    by = {RoundState.ENROLLING: round_.enrol_by, RoundState.RUNNING: round_.commit_by}
    return by.get(round_.state, round_.finalize_by)


def require_open(round_: Round) -> None:
    """Raises StateError for a round that was finalized or aborted."""
    if round_.state.is_over:
        raise StateError(
            f"Round {round_.id} is over ({round_.state.name.lower()}).", "Wait for the next round."
        )
