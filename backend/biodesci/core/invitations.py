"""The accounts that are invited to a round: the root that stands on chain, and each account's path to it.

The round's plan lists the accounts; contracts/libraries/Invitations.sol checks a path. The tree is the
StandardMerkleTree over `["address"]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from biodesci.core import commitment, standard_tree
from biodesci.core.errors import AccessDeniedError, InputError

ANYONE: Final = bytes(32)
"""The root of a round that invites nobody in particular."""


def root(invited: Sequence[str]) -> bytes:
    """The root (32 bytes) over these accounts; `ANYONE` where there are none."""
    return standard_tree.root(map(_leaf, invited)) if invited else ANYONE


def path(invited: Sequence[str], account: str) -> list[bytes]:
    """What `account` shows when it enrols; nothing where anyone may.

    Raises AccessDeniedError where the account is not invited.
    """
    if not invited:
        return []
    try:
        return standard_tree.path(map(_leaf, invited), _leaf(account))
    except InputError:
        raise AccessDeniedError(
            f"{account} is not among the accounts that the round invites.",
            "Ask the model owner to invite it.",
        ) from None


def _leaf(account: str) -> bytes:
    return standard_tree.leaf(bytes(12) + commitment.address(account))
