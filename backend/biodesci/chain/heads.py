"""The chain's head, and the last block that counts, each by one question."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import Any, Final, NamedTuple

from biodesci.chain.provider import Provider
from biodesci.chain.reading import Depth
from biodesci.core.errors import UnavailableError

_GLANCE_S: Final = 2.0  # for one node's answer


class Head(NamedTuple):
    """The block that the node names, and the last one that counts."""

    latest: int
    hash: str
    counted: int


def read(provider: Provider, depth: Depth) -> Head:
    """By `depth` (`Reading.confirmations`). `counted` is below 0 where the chain is younger than that.

    Raises UnavailableError where no node answers, or the node does not know the tag.
    """
    return _head(provider.request("eth_getBlockByNumber", _tag(depth), False), depth)


def glance(provider: Provider, depth: Depth) -> int | None:
    """The last block that counts, for who watches while the node does badly: as the first node says it that
    answers at once. Each is asked once; None where none of them says it.
    """
    with closing(provider.hurried(_GLANCE_S)) as hurried:
        block = hurried.elsewhere(None, "eth_getBlockByNumber", _tag(depth), False)
    with suppress(UnavailableError, KeyError, TypeError, ValueError):  # no such block, or what is none
        return _head(block, depth).counted
    return None


def _tag(depth: Depth) -> str:
    return "latest" if isinstance(depth, int) else depth


def _head(block: Any, depth: Depth) -> Head:
    if not isinstance(block, dict):
        raise UnavailableError(
            f"The chain node knows no block that is {_tag(depth)} yet.",
            "Wait, or set BIODESCI_CONFIRMATIONS to a number of blocks.",
        )
    latest = int(block["number"], 16)
    return Head(latest, str(block["hash"]), latest - depth if isinstance(depth, int) else latest)
