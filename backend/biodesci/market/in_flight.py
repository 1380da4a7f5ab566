"""Deliveries on their way: sent for several licences at once, and collected when blocks have them.

What is on its way is in the outbox, so that it outlives the process, and no second instance sends it once
more. Each licence has one intent, with one envelope: a delivery that waits is not sealed and sent anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from biodesci.chain.records import DatasetVersion, License
from biodesci.core.errors import BioDeSciError, FundsError, RevertedError, UnavailableError
from biodesci.core.onchain import Right
from biodesci.market import evidence
from biodesci.market.sealing import Sealed, add, delivery, discard, publish, seal
from biodesci.party.member import Member

MOST: Final = 16  # that an account has on their way: nodes keep so many of one account for sure
_KIND: Final = "delivery"
_NO_KEY: Final = bytes(32)
_MOMENT_S: Final = 0.5
Report = Callable[[int, str], None]

# Delivered by another or refunded, or its number is another purchase's after a reorganization: what holds
# now is looked at anew.
SETTLED: Final = frozenset({"AccessLicense_WrongState", "AccessLicense_OtherLicense"})


class InFlight:
    """The deliveries of one account. `report` is told why a licence's came to nothing."""

    def __init__(self, member: Member, report: Report) -> None:
        self._member, self._report = member, report
        self._sealed: dict[int, Sealed] = {}

    def licences(self) -> list[int]:
        """Those whose delivery was sent, by this or another process, and is not collected."""
        return [_licence(about) for about in self._member.chain.outbox().sent(_KIND)]

    def begin(self, licence: License, version: DatasetVersion) -> bool:
        """Seals and sends, and waits for no block; False where that was done before, or another is at it.

        A key leaves for a download alone. Training and inference are served here, so access is granted.
        """
        chain = self._member.chain
        with chain.intent_if_free(_KIND, _about(licence.id)) as intent:
            if intent is None or intent.is_signed:
                return False
            digest = _NO_KEY
            if licence.right is Right.DOWNLOAD:
                sealed = seal(self._member, licence, version)
                self._sealed[licence.id], digest = sealed, sealed.digest
            try:
                intent.begin(delivery(chain, licence, version, digest))
            except BioDeSciError:
                if not intent.is_signed:
                    self._discard(licence.id)
                    evidence.remove(self._member.home, chain, licence.id, digest)
                raise
        return True

    def collect(self) -> list[int]:
        """The licences whose delivery took effect; their envelopes are on IPFS. Pushes what is stuck.

        Raises UnavailableError, or FundsError, after it has looked at all.
        """
        outbox = self._member.chain.outbox()
        done: list[int] = []
        trouble: BioDeSciError | None = None
        for about in outbox.ready(_KIND):
            license_id = _licence(about)
            try:
                if self._is_delivered(license_id):
                    done.append(license_id)
            except (UnavailableError, FundsError) as exc:
                trouble = trouble or exc
            except BioDeSciError as exc:
                self._report(license_id, str(exc))
        outbox.push()
        if trouble is not None and not done:
            raise trouble
        return done

    def collect_soon(self, begun: list[int]) -> list[int]:
        """As `collect`, of what was sent just now: a chain that makes blocks at once is given a moment."""
        give_up, pause, done = time.monotonic() + _MOMENT_S, 0.02, self.collect()
        while not set(begun) <= set(done) and time.monotonic() < give_up:
            time.sleep(pause)
            pause *= 1.5
            done += self.collect()
        return done

    def _is_delivered(self, license_id: int) -> bool:
        chain = self._member.chain
        with chain.intent_if_free(_KIND, _about(license_id)) as intent:
            if intent is None:
                return False
            try:
                receipt = intent.look()
            except RevertedError as exc:
                self._discard(license_id)
                if exc.name not in SETTLED:
                    raise
                return False
            if receipt is None:
                if not intent.is_signed:  # cancelled, or lost
                    self._discard(license_id)
                return False
            self._add(license_id, bytes(chain.event(receipt, chain.licenses, "LicenseDelivered")["envelope"]))
        return True

    def _add(self, license_id: int, digest: bytes) -> None:
        """Puts the envelope on IPFS; a run before may have sealed it, or another home, which has it then."""
        member, sealed = self._member, self._sealed.get(license_id)
        if sealed is not None and sealed.digest == digest:
            add(member, license_id, sealed)
        elif (license_id, digest) in evidence.unpublished(member.home, member.chain):
            publish(member, license_id, digest)
        self._sealed.pop(license_id, None)

    def _discard(self, license_id: int) -> None:
        """What was sealed for this licence is delivered by no transaction any more."""
        self._sealed.pop(license_id, None)
        for other, digest in evidence.unpublished(self._member.home, self._member.chain):
            if other == license_id:
                discard(self._member, license_id, digest)


def _about(license_id: int) -> str:
    return f"licence {license_id}"


def _licence(about: str) -> int:
    return int(about.removeprefix("licence "))
