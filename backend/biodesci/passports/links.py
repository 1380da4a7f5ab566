"""Which identities are one person (GA4GH Passport, "LinkedIdentities"), as far as those who say so may.

Such a visa says that its own `sub` and `iss` are the same person as others. Its broker is believed for its
own people alone, as it could otherwise take over whomever it names. So a link between two issuers counts
where both sides assert it, or where the operator let this broker link the other's people (`links`).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from biodesci.core.documents.passport import Broker

Identity = tuple[str, str]  # `sub` and `iss`
FOREVER: Final = 1 << 40  # Unix seconds


@dataclass(frozen=True)
class Assertion:
    """A verified LinkedIdentities visa without conditions; `expires` in Unix seconds."""

    broker: Broker
    subject: Identity
    value: str
    expires: int


def linked(own: Identity, assertions: Iterable[Assertion]) -> dict[Identity, int]:
    """The identities of whoever has `own`, each with the end of what shows it (Unix seconds)."""
    ends = _links(assertions)
    reached: dict[Identity, int] = {}
    waiting = [(-FOREVER, own)]
    while waiting:  # what lasts longest first, so that the first way to an identity is its best
        end, identity = heapq.heappop(waiting)
        if identity in reached:
            continue
        reached[identity] = -end
        for other, until in ends[identity].items():
            heapq.heappush(waiting, (max(end, -until), other))
    return reached


def _links(assertions: Iterable[Assertion]) -> defaultdict[Identity, dict[Identity, int]]:
    """From each identity to those that are linked to it, and until when."""
    said: dict[tuple[Identity, Identity], int] = {}
    alone: set[tuple[Identity, Identity]] = set()  # what one side's word suffices for
    for one in assertions:
        may = {one.broker.issuer, *(one.broker.links or ())}
        for other in _identities(one.value):
            pair = (one.subject, other)
            said[pair] = max(said.get(pair, 0), one.expires)
            if other[1] in may:
                alone.add(pair)
    ends: defaultdict[Identity, dict[Identity, int]] = defaultdict(dict)
    for (here, there), expires in said.items():
        both = min(expires, said.get((there, here), 0))
        until = max(both, expires if (here, there) in alone else 0)
        if until:
            ends[here][there] = max(until, ends[here].get(there, 0))
            ends[there][here] = max(until, ends[there].get(here, 0))
    return ends


def _identities(value: str) -> set[Identity]:
    """`sub,iss;sub,iss`, each part URI-encoded."""
    pairs = (entry.split(",") for entry in value.split(";"))
    return {(unquote(pair[0]), unquote(pair[1])) for pair in pairs if len(pair) == 2}
