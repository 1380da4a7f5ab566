"""Who takes part in a secure aggregation, and how many of them must stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from biodesci.core.errors import InputError, IntegrityError, StateError
from biodesci.fl.messages import Address
from biodesci.fl.quantize import MAX_NODES

MIN_COHORT: Final = 3
COLLUDERS: Final = 1  # of the nodes, so many at least may work with the aggregator


@dataclass(frozen=True, slots=True)
class Member:
    """A node of the roster: its account and the two round keys that it enrolled with."""

    address: Address
    mask_key: bytes
    share_key: bytes


Roster = tuple[Member, ...]


def threshold_of(nodes: int, colluders: int = COLLUDERS, requested: int = 0) -> int:
    """The number t of shares that reconstruct, t > (nodes + colluders) / 2, or more where the plan asks so.

    Raises StateError for fewer than MIN_COHORT nodes, and InputError for more than MAX_NODES, for no
    colluders, or for a threshold above the number of nodes.
    """
    if colluders < COLLUDERS:
        raise InputError("A round reckons with one colluding site at least.", "Name 1 or more.")
    threshold = max((nodes + colluders) // 2 + 1, requested)
    if nodes < MIN_COHORT:
        raise StateError(f"A round of {nodes} nodes hides nobody.", f"Wait for at least {MIN_COHORT} nodes.")
    if nodes > MAX_NODES or threshold > nodes:
        raise InputError(
            f"A round of {nodes} nodes with threshold {threshold} cannot be run.",
            f"Enrol at most {MAX_NODES} nodes, and no fewer than the threshold.",
        )
    return threshold


def require_threshold(threshold: int, nodes: int) -> None:
    """Raises InputError where one colluder and the aggregator could ask two sets of so many nodes."""
    if threshold < threshold_of(nodes):
        raise InputError(
            f"A threshold of {threshold} of {nodes} nodes does not hold against a colluding one.",
            f"Ask for {threshold_of(nodes)} or more.",
        )


def check_roster(roster: Roster) -> dict[Address, int]:
    """The position of each member. Raises IntegrityError when an account appears twice.

    A round key may: whoever copied another's lacks its private half, and what two nodes derive from their
    agreement is bound to their accounts (docs/protocol.md, "Copied round keys").
    """
    positions = {member.address: i for i, member in enumerate(roster)}
    if len(positions) != len(roster):
        raise IntegrityError("The roster names an account twice.", "Abort the round.")
    return positions
