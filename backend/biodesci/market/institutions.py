"""Whose accounts they are, for people at a command: what cards announce, and what domains proved.

A card is anybody's, and each domain that one names would be asked: so what is known is remembered in the home
for as long as it counts, failures too, and a command asks few domains that it doesn't know.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.core import files
from biodesci.core.documents.institution import UNPROVEN, Asked, KnownInstitutions
from biodesci.core.errors import BioDeSciError
from biodesci.ipfs.client import Ipfs
from biodesci.market import catalogue
from biodesci.registry.institutions import Asker, network_of

_MOST_ASKED: Final = 5  # domains that one command asks
_MOST_KNOWN: Final = 300
_MOST_LOOKED_AT: Final = 1_000  # datasets, the newest, in which an account's domain is looked for


class Institutions:
    """What a home knows of institutions, for one network."""

    def __init__(self, asker: Asker, home: Path) -> None:
        network = network_of(asker.chain)
        folder = home / "institutions"
        self._file = folder / f"{network.chain_id}-{network.contract.lower()}.json"
        self._asker = asker
        self._left = _MOST_ASKED
        self._known = {one.domain: one for one in self._read()}

    def ask(self, domain: str) -> Asked:
        """How asking it goes, now, whatever is known."""
        now = int(time.time())
        asked = self._asker.ask(domain, now, self._known.get(domain))
        self._known[domain] = asked
        self._keep()
        return asked

    def of_account(self, account: str, announced: str | None) -> str:
        """Whose the account is, in words, by the domain that its card announces: proven, or unproven and
        why."""
        if announced is None:
            return f"{UNPROVEN}: its card names no domain"
        now, asked = int(time.time()), self._known.get(announced)
        if asked is None or asked.retry_at <= now:
            if not self._left:
                return f"{UNPROVEN}: {announced} is not asked yet (biodesci account who {announced})"
            self._left -= 1
            asked = self.ask(announced)
        proven = asked.proven
        if proven is None or proven.until <= now:
            return f"{UNPROVEN}: {asked.why or 'the proof ended.'}"
        if proven.account != account:
            return f"{UNPROVEN}: {announced} names another account"
        return proven.in_words()

    def _read(self) -> Iterable[Asked]:
        try:
            return KnownInstitutions.parse(files.read(self._file)).asked
        except (BioDeSciError, OSError):
            return ()  # there is none, or it is damaged: what is needed is fetched again

    def _keep(self) -> None:
        newest = sorted(self._known.values(), key=lambda one: one.retry_at)[-_MOST_KNOWN:]
        files.write_private(self._file, KnownInstitutions(asked=tuple(newest)).to_bytes())


def announced_by(chain: Chain, ipfs: Ipfs, account: str) -> list[str]:
    """The domains that the cards of an account's datasets announce, the newest dataset's first."""
    count = int(chain.call(chain.datasets.functions.datasetCount()))
    domains: dict[str, None] = {}
    for number in range(count, max(count - _MOST_LOOKED_AT, 0), -1):
        if str(chain.call(chain.datasets.functions.ownerOf(number))) == account:
            domain = catalogue.announced(chain, ipfs, number)
            if domain is not None:
                domains[domain] = None
        if len(domains) == _MOST_ASKED:
            break
    return list(domains)
