"""The last block that counts, by one short question: for who watches while the chain's node does badly."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Final

from biodesci.chain.provider import Provider
from biodesci.chain.reading import Depth

_GLANCE_S: Final = 2.0  # for one node's answer


def glance(provider: Provider, depth: Depth) -> int | None:
    """The last block that counts by `depth` (`Reading.confirmations`), as the first node says it that answers
    at once. Each is asked once; None where none of them says it.
    """
    tag = "latest" if isinstance(depth, int) else depth
    with closing(provider.hurried(_GLANCE_S)) as hurried:
        block: Any = hurried.elsewhere(None, "eth_getBlockByNumber", tag, False)
    try:
        number = int(block["number"], 16)
    except (KeyError, TypeError, ValueError):  # no such block, or what is none
        return None
    return number - depth if isinstance(depth, int) else number
