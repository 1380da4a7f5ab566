"""Deliveries on their way (chain/flights.py), each with the envelope that it delivers.

Each licence has one intent, with one envelope: a delivery that waits is not sealed and sent anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from web3.types import TxReceipt

from biodesci.chain.flights import Ends, Flights
from biodesci.chain.landed import Landed
from biodesci.chain.records import DatasetVersion, License
from biodesci.core.errors import BioDeSciError, FundsError, RevertedError, UnavailableError
from biodesci.core.onchain import Right
from biodesci.market import evidence
from biodesci.market.sealing import Sealed, add, delivery, discard, publish, seal
from biodesci.party.member import Member

_log = logging.getLogger(__name__)
_KIND: Final = "delivery"
AGAIN: Final = "redelivery"  # the kind of intent of market/redelivery.py
_NO_KEY: Final = bytes(32)
Report = Callable[[int, str], None]

# Delivered by another or refunded, or its number is another purchase's after a reorganization: what holds
# now is looked at anew.
SETTLED: Final = frozenset({"AccessLicense_WrongState", "AccessLicense_OtherLicense"})


class InFlight:
    """The deliveries of one account. `report` is told why a licence's came to nothing."""

    def __init__(self, member: Member, report: Report) -> None:
        self._member, self._report = member, report
        self._sealed: dict[int, Sealed] = {}
        self._undelivered: dict[tuple[int, bytes], int] = {}  # envelopes, and the block where that was so
        ends = Ends(self._delivered, self._not_delivered, self._troubled)
        self._flights, self._landed = Flights(member.chain, _KIND, ends), Landed(member.chain, _KIND)

    def licences(self) -> list[int]:
        """Those whose delivery was sent, by this or another process, and is not collected."""
        return [_licence(about) for about in self._flights.on_their_way()]

    def begin(self, licence: License, version: DatasetVersion) -> bool:
        """Seals and sends, and waits for no block; False where that was done before, or another is at it.

        A key leaves for a download alone. Training and inference are served here, so access is granted.
        """
        chain = self._member.chain
        with chain.intent_if_free(_KIND, about_licence(licence.id)) as intent:
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
        """The licences whose delivery took effect; their envelopes are on IPFS. Raises as `Flights` does."""
        return [_licence(about) for about in self._flights.collect()]

    def collect_soon(self, begun: list[int]) -> list[int]:
        """As `collect`, of what was sent just now."""
        return [
            _licence(about) for about in self._flights.collect_soon({about_licence(id_) for id_ in begun})
        ]

    def taken_back(self, head: int) -> list[int]:
        """The licences whose delivery took effect, and is in no block any more, as seen up to `head`."""
        return [_licence(about) for about in self._landed.taken_back(head)]

    def sealed(self) -> set[int]:
        """Licences with an envelope of which is not known yet what became of it."""
        return {license_id for license_id, _ in self._undelivered}

    def complete(self, head: int) -> None:
        """Adds to IPFS what was delivered, and was not added before the run that delivered it ended.

        What such a run had sealed, and never signed, is forgotten at the second look: each of them goes
        through the whole chain.
        """
        member, on_their_way = self._member, set(self.licences())
        unpublished = evidence.unpublished(member.home, member.chain)
        self._undelivered = {one: at for one, at in self._undelivered.items() if one in unpublished}
        for waiting in unpublished:
            seen = self._undelivered.get(waiting, head)
            if (seen == head and waiting in self._undelivered) or waiting[0] in on_their_way:
                continue
            license_id, digest = waiting
            try:
                if evidence.is_delivered(member.chain, license_id, digest, head):
                    publish(member, license_id, digest)
                    _log.info("licence %d: the envelope that was delivered is on IPFS now", license_id)
                elif seen == head or not self._is_given_up(license_id, digest):
                    self._undelivered[waiting] = head
            except (UnavailableError, FundsError):
                raise
            except BioDeSciError as exc:
                self._undelivered[waiting] = head
                self._report(license_id, str(exc))

    def _is_given_up(self, license_id: int, digest: bytes) -> bool:
        """Discards what was sealed, unless somebody is about to send it, or has: who does is in an intent."""
        member, about = self._member, about_licence(license_id)
        with (
            member.chain.intent_if_free(_KIND, about) as first,
            member.chain.intent_if_free(AGAIN, about) as again,
        ):
            if first is None or again is None or first.is_signed or again.is_signed:
                return False
            discard(member, license_id, digest)
        return True

    def _delivered(self, about: str, receipt: TxReceipt) -> None:
        """Puts the envelope on IPFS; a run before may have sealed it, or another home, which has it then."""
        member, license_id = self._member, _licence(about)
        event = member.chain.event(receipt, member.chain.licenses, "LicenseDelivered")
        sealed, digest = self._sealed.get(license_id), bytes(event["envelope"])
        if sealed is not None and sealed.digest == digest:
            add(member, license_id, sealed)
        elif (license_id, digest) in evidence.unpublished(member.home, member.chain):
            publish(member, license_id, digest)
        self._sealed.pop(license_id, None)
        self._landed.add(about, receipt)

    def _not_delivered(self, about: str, refusal: RevertedError | None) -> None:
        self._discard(_licence(about))
        if refusal is not None and refusal.name not in SETTLED:
            raise refusal

    def _troubled(self, about: str, error: BioDeSciError) -> None:
        self._report(_licence(about), str(error))

    def _discard(self, license_id: int) -> None:
        """What was sealed for this licence is delivered by no transaction any more."""
        self._sealed.pop(license_id, None)
        for other, digest in evidence.unpublished(self._member.home, self._member.chain):
            if other == license_id:
                discard(self._member, license_id, digest)


def about_licence(license_id: int) -> str:
    """What its intents are about."""
    return f"licence {license_id}"


def _licence(about: str) -> int:
    return int(about.removeprefix("licence "))
