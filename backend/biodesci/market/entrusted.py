"""The datasets for which an account answers on chain: it published them, got them, or accepted their custody.

They are in the log alone, so that this says whom to ask the chain about; what the chain answers counts. It is
read when a custodian begins, and then once an hour: neither comes without a person, who can start it anew.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from biodesci.chain import events
from biodesci.chain.client import Chain
from biodesci.chain.follow import Follower
from biodesci.core.onchain import NOBODY, Role

_PAUSE_S: Final = 3_600.0
_MOST_GIVEN: Final = 50  # the newest: anybody can give a token away, and each is asked for


@dataclass(frozen=True)
class Watch:
    """Whose purchases a custodian looks for: of the datasets and versions whose keys are in its home, and of
    datasets that it answers for and has no key of, each with the block since which it does."""

    keys: frozenset[tuple[int, int]] = frozenset()
    keyless: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, noted: Mapping[str, Any]) -> Watch:
        """What `document` gave."""
        return cls(
            frozenset((int(id_), int(version)) for id_, version in noted.get("keys", ())),
            {int(id_): int(since) for id_, since in noted.get("keyless", ())},
        )

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"keys": sorted(self.keys), "keyless": sorted(self.keyless.items())}

    @property
    def datasets(self) -> frozenset[int]:
        """All of them."""
        return frozenset(id_ for id_, _ in self.keys).union(self.keyless)

    def beyond(self, before: Watch) -> Watch:
        """What `before` did not look for."""
        known = before.datasets
        came = {
            id_: since
            for id_, since in self.keyless.items()
            if (before.keyless[id_] != since if id_ in before.keyless else id_ not in known)
        }
        return Watch(self.keys - before.keys, came)

    def has(self, dataset_id: int, version: int) -> bool:
        """Whether that key, or a dataset without any, is among them."""
        return (dataset_id, version) in self.keys or dataset_id in self.keyless

    def __bool__(self) -> bool:
        return bool(self.keys or self.keyless)


class Entrusted:
    """What one account answers for, with the block since which it does."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        first = chain.deployment.contracts["DatasetNFT"].block
        account = chain.address
        kinds: dict[str, dict[str, Any]] = {
            "Transfer": {"to": account},  # the token's first one, too, by which it is published
            "RoleAccepted": {"role": int(Role.CUSTODIAN), "account": account},
        }
        self._followed = [
            (kind, Follower(chain, f"entrusted {kind} {account}", first), filters)
            for kind, filters in kinds.items()
        ]
        self._next = 0.0
        self._datasets: dict[int, int] = {}

    @property
    def is_due(self) -> bool:
        """Whether `watch` would read the chain."""
        return time.monotonic() >= self._next

    def watch(self, keys: frozenset[tuple[int, int]], head: int) -> Watch:
        """These keys, and what it answers for without one, as far as the chain was read; up to that block, if
        it is due. Raises UnavailableError."""
        if self.is_due:
            self._look(head)
        held = {id_ for id_, _ in keys}
        return Watch(keys, {id_: since for id_, since in self._datasets.items() if id_ not in held})

    def _look(self, head: int) -> None:
        chain = self._chain
        own: dict[int, int] = {}
        given: dict[int, int] = {}
        for kind, follower, filters in self._followed:
            noted = {name: dict(follower.state.get(name, ())) for name in ("own", "given")}
            topics = events.topics_of(chain.datasets, kind, filters)
            for piece in follower.news(head, [chain.datasets.address], topics):
                for log in piece.logs:
                    args = events.decode(chain.datasets, kind, log)["args"]
                    is_given = kind == "Transfer" and args["from"] != NOBODY
                    id_ = args["tokenId" if kind == "Transfer" else "datasetId"]
                    noted["given" if is_given else "own"][id_] = log.block
                noted["given"] = _newest(noted["given"])
                follower.state = {name: list(blocks.items()) for name, blocks in noted.items()}
            own |= noted["own"]
            given |= noted["given"]
        self._datasets = given | {id_: max(block, given.get(id_, 0)) for id_, block in own.items()}
        self._next = time.monotonic() + _PAUSE_S


def _newest(given: Mapping[int, int]) -> dict[int, int]:
    return dict(sorted(given.items(), key=lambda one: one[1])[-_MOST_GIVEN:])
