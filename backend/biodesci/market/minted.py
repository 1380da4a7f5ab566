"""Private containers whose publication was minted and did not come to its end: whose they are, by the chain.

A run of `dataset publish` notes that as its last step. Where it was stopped before, nobody would be served
until somebody repeats it; the custodian's worker looks for such containers and notes it in its place.
"""

from __future__ import annotations

from typing import Final

from biodesci.chain.records import DatasetVersion
from biodesci.market.journal import FILE, Journal
from biodesci.party.containers import Containers, HeldContainer
from biodesci.party.member import Member

_PUBLISHED: Final = (("DatasetPublished", "owner"), ("VersionPublished", "publisher"))


class Unfinished:
    """Those of one home and account; `assign` is to be called again and again."""

    def __init__(self, member: Member) -> None:
        self._member, self._containers = member, Containers(member.home)
        self._looked_for: frozenset[str] = frozenset()
        self._next_block = member.chain.deployment.contracts["DatasetNFT"].block

    def assign(self) -> list[HeldContainer]:
        """Notes whose containers are that were nobody's, and are minted in a block that counts. It asks the
        chain only while there are such, and of each block once."""
        chain = self._member.chain
        nobodys = frozenset(path.stem for path in self._containers.unassigned())
        first = chain.deployment.contracts["DatasetNFT"].block
        start = self._next_block if nobodys <= self._looked_for else first
        head = chain.counted_head() if nobodys else start - 1
        if head < start:
            return []
        waiting = self._commitments(nobodys)
        done = []
        for name, publisher in _PUBLISHED if waiting else ():
            for log in chain.events(chain.datasets, name, start, head, {publisher: chain.address}):
                content = waiting.get(bytes(log["args"]["keyCommitment"]))
                if content is not None:
                    numbers = log["args"]["datasetId"], log["args"].get("version", 1)
                    version = chain.read(DatasetVersion, *numbers)
                    done.append(self._containers.assign(content, chain, version))
        self._looked_for, self._next_block = nobodys, head + 1
        return done

    def _commitments(self, nobodys: frozenset[str]) -> dict[bytes, bytes]:
        """By key commitment, the containers that publications of this home made."""
        folders = sorted((self._member.home / "publications").glob(f"*/{FILE}"))
        notes = [Journal.open(path.parent).notes for path in folders]
        return {
            one.key_commitment: one.content
            for one in notes
            if one.key_commitment is not None and one.content is not None and one.content.hex() in nobodys
        }
