"""A data owner's side: seals dataset keys to licensees whose purchase the contract holds, and delivers them.

A purchase counts once it is as deep in the chain as `Chain.confirmations` says. State, withdrawal, visas,
deadline and the licensee's key are asked of the chain at release time. The contract takes one delivery, so
that a crash between sealing and sending, or an event seen twice, ends in one delivery too.

An envelope leaves only once the chain has taken its delivery: whoever sees a delivery that fails, because
somebody was in front of it, reads a digest of what is nowhere, and gets no key with its money back.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from biodesci.chain.records import DatasetVersion, License, Release
from biodesci.core import envelope
from biodesci.core.errors import (
    BioDeSciError,
    FundsError,
    RevertedError,
    UnavailableError,
)
from biodesci.core.onchain import LicenseState, Right
from biodesci.ipfs import unixfs
from biodesci.market import evidence
from biodesci.market.license import get, visas_until
from biodesci.party import dataset_keys
from biodesci.party.member import Member

_log = logging.getLogger(__name__)
_ANY: Final = b"\1" * 32
_NO_KEY: Final = bytes(32)
_WAITING: Final = frozenset({LicenseState.IN_REVIEW, LicenseState.PURCHASED})
_REORG_MARGIN: Final = 64  # blocks read again with each new one
_LEAST_TIME: Final = 300  # seconds: a delivery that is sent later may well come too late


class Custodian:
    """Delivers for one account and home; `poll` is to be called again and again."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._chain = member.chain
        self._home = member.home
        self._next_block = member.chain.deployment.first_block
        self._keys: frozenset[tuple[int, int]] = frozenset()  # (dataset, version) whose keys are in this home
        self._open: set[int] = set()
        self._reported: set[tuple[int, str]] = set()
        self._undelivered: dict[tuple[int, bytes], int] = {}  # envelopes, and the block where that was so

    def __repr__(self) -> str:
        return f"Custodian({self._chain.address})"

    def poll(self) -> list[int]:
        """Delivers what is due; the licences that were delivered by this call."""
        chain = self._chain
        # A purchase that a reorganization takes back would have been paid for with nothing.
        head = chain.block_number() - chain.confirmations
        if head < chain.deployment.first_block:
            return []
        self._complete(head)
        # Blocks bring purchases; keys come without one, when they are taken over.
        if head != self._next_block - 1 or dataset_keys.held(self._home, chain) != self._keys:
            self._look(head)
        return [license_id for license_id in sorted(self._open) if self._release(license_id)]

    def _complete(self, head: int) -> None:
        """Adds to IPFS what was delivered, and was not added before the run that delivered it ended."""
        for waiting in evidence.unpublished(self._home, self._chain):
            if self._undelivered.get(waiting) == head:
                continue
            license_id, digest = waiting
            try:
                if evidence.is_delivered(self._chain, license_id, digest, head):
                    _publish(self._member, license_id, digest)
                    _log.info("licence %d: the envelope that was delivered is on IPFS now", license_id)
                else:
                    self._undelivered[waiting] = head
            except (UnavailableError, FundsError):
                raise
            except BioDeSciError as exc:
                self._undelivered[waiting] = head
                self._report(license_id, str(exc))

    def _look(self, head: int) -> None:
        """Takes note of the keys that it holds, and of purchases of what they open."""
        chain = self._chain
        start = max(self._next_block - _REORG_MARGIN, chain.deployment.first_block)
        dataset_keys.settle_all(self._home, chain, start, head)
        keys = dataset_keys.held(self._home, chain)
        if not keys <= self._keys:
            start = chain.deployment.first_block  # of what was taken over, what was bought before
        self._keys = keys
        for log in chain.events(chain.licenses, "LicensePurchased", start, head):
            if (log["args"]["datasetId"], log["args"]["version"]) in self._keys:
                self._open.add(log["args"]["licenseId"])
        self._next_block = head + 1

    def _release(self, license_id: int) -> bool:
        try:
            return self._deliver(license_id)
        except (UnavailableError, FundsError):
            raise
        except BioDeSciError as exc:
            # One licence that cannot be served must not hold up the others.
            self._report(license_id, str(exc))
            return False
        except Exception as exc:  # noqa: BLE001
            _log.debug("licence %d", license_id, exc_info=exc)
            self._report(license_id, f"unexpected {type(exc).__name__}")
            return False

    def _deliver(self, license_id: int) -> bool:
        chain = self._chain
        licence = get(chain, license_id)
        version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
        waits = licence.state in _WAITING
        if not waits or not dataset_keys.path(self._home, chain, version).exists():
            if waits or self._is_past_waiting(license_id):
                self._open.discard(license_id)
            return False
        if licence.state is LicenseState.IN_REVIEW or not self._due(licence):
            return False
        # A key leaves for a download alone. Training and inference are served here, so access is granted.
        with_key = licence.right is Right.DOWNLOAD
        digest = _ANY if with_key else _NO_KEY
        # Tried first: what can't be delivered (a visa lapsed, say) is not sealed either.
        chain.call(chain.licenses.functions.deliver(license_id, digest), sender=chain.address)
        try:
            if with_key:
                with _sealed(self._member, licence, version) as digest:
                    chain.send(chain.licenses.functions.deliver(license_id, digest))
            else:
                chain.send(chain.licenses.functions.deliver(license_id, digest))
        except RevertedError as exc:
            if exc.name != "AccessLicense_WrongState":
                raise
            return False  # delivered or refunded meanwhile: the next poll sees which
        self._open.discard(license_id)
        done = "key delivered to %s" if with_key else "access granted to %s, without a key"
        _log.info(f"licence %d: {done}", license_id, licence.licensee)
        return True

    def _is_past_waiting(self, license_id: int) -> bool:
        """Whether it is so deep in the chain that no reorganization makes it wait again."""
        chain = self._chain
        return chain.read(License, license_id, block=self._next_block - 1).state not in _WAITING

    def _due(self, licence: License) -> bool:
        chain = self._chain
        release = chain.read(Release, licence.dataset_id, licence.version, chain.address)
        if not release.entitled:
            self._report(licence.id, "this account is neither owner nor custodian of the dataset")
        elif release.withdrawn:
            self._report(licence.id, "consent was withdrawn, so the key stays here; the buyer gets a refund")
        elif chain.now() > licence.deadline:
            self._report(licence.id, "the delivery deadline has passed; the buyer gets a refund")
        elif min(licence.deadline, visas_until(chain, licence.id)) - chain.now() < _LEAST_TIME:
            self._report(
                licence.id,
                f"its delivery deadline, or the end of its visas, is less than {_LEAST_TIME} seconds away: "
                "a delivery might come too late, so nothing is sealed; the buyer gets a refund",
            )
        else:
            return True
        return False

    def _report(self, license_id: int, text: str) -> None:
        if (license_id, text) not in self._reported:
            self._reported.add((license_id, text))
            _log.warning("licence %d: %s", license_id, text)


def redeliver(member: Member, license_id: int) -> bytes:
    """Seals the key of a delivered licence once more and delivers it, because the envelope was lost.

    The digest of the envelope. It goes to the key that the licensee has on chain now; the contract refuses it
    for a licence that gives no access. NotFoundError where this home does not hold the dataset's key.
    """
    chain = member.chain
    licence = get(chain, license_id)
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    # Tried first: what can't be delivered is not sealed either.
    chain.call(chain.licenses.functions.redeliver(license_id, _ANY), sender=chain.address)
    with _sealed(member, licence, version) as digest:
        chain.send(chain.licenses.functions.redeliver(license_id, digest))
    return digest


@contextmanager
def _sealed(member: Member, licence: License, version: DatasetVersion) -> Iterator[bytes]:
    """The digest of the key sealed to the licensee; the envelope is on IPFS once the body has delivered it.

    Before, it is nowhere, and what it is made from again is kept under the passphrase: a body that ends by
    an error may still have delivered, which `Custodian.poll` sees on chain.
    """
    chain, home, passphrase = member.chain, member.home, member.passphrase
    key, salt = dataset_keys.load(home, passphrase, chain, version)
    where = str(chain.licenses.address)
    context = envelope.info("license", chain.chain_id, where, licence.id, licence.licensee)
    member.ipfs.ready()  # what is delivered has to be there soon
    sealed, randomness = envelope.seal_shown(chain.key_of(licence.licensee), key + salt, context)
    digest = unixfs.digest_of(io.BytesIO(sealed))
    evidence.keep(home, passphrase, chain, licence.id, evidence.Evidence(digest, randomness, key + salt))
    evidence.note_unpublished(home, chain, licence.id, digest)
    try:
        yield digest
    except RevertedError:
        evidence.note_published(home, chain, licence.id, digest)  # never to be: it delivers nothing any more
        raise
    member.ipfs.add(sealed)
    evidence.note_published(home, chain, licence.id, digest)


def _publish(member: Member, license_id: int, digest: bytes) -> None:
    """Adds to IPFS an envelope that is made from its evidence again."""
    chain, home = member.chain, member.home
    member.ipfs.add(evidence.envelope_again(home, member.passphrase, chain, license_id, digest))
    evidence.note_published(home, chain, license_id, digest)


def release_pending(member: Member) -> list[int]:
    """Delivers everything that is due now; the licences delivered."""
    return Custodian(member).poll()
