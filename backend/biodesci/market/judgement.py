"""An arbiter's look at a delivery: was the key right, does it open what was sold, can the licensee fetch it?

The chain decides, and nobody's word. Evidence (evidence.py) shows which envelope was delivered and which key
it held; with that key the arbiter tries the container that the card on chain names. It learns the dataset
key, with which it could read the file: plaintext is made in memory, and written nowhere.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.commitments import commitments, of_key
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import cid, envelope, files
from biodesci.core.documents.guarding import ShareEvidence
from biodesci.core.errors import (
    AccessDeniedError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import LicenseState, utc
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market import content, partners, shared_evidence
from biodesci.market.content import Fault, FaultError
from biodesci.market.evidence import SIZE, Delivery, Evidence, bound_to, deliveries, sealed_to
from biodesci.market.license import get
from biodesci.market.sources import OwnersServer, Sign, signer, source_of
from biodesci.party import keys
from biodesci.party.member import Member

GIB: Final = 1 << 30
MOST: Final = 16 * GIB  # bytes of a container that are fetched unless the arbiter says otherwise
_ROOM: Final = 1 << 20


class Side(Enum):
    """Whom a finding speaks for; the value is the word for it."""

    OWNER = "owner"
    LICENSEE = "licensee"
    NOBODY = "nobody"


class Finding(Enum):
    """What is found of a delivery; the value says it in a sentence."""

    RIGHT_KEY = (
        "What was delivered (an envelope, or guardians' shares) opens with a key that the licensee itself "
        "had in force at its purchase or after it (replacing it later does not make the delivery wrong), and "
        "holds the dataset key that the publisher committed to. This key opens the encrypted file that the "
        "card on chain names, and the file is the one on chain. That the licensee could fetch them is not "
        "shown by this."
    )
    WRONG_KEY = (
        "What was delivered (an envelope, or guardians' shares) opens with a key that the licensee had "
        "registered, but does not hold the dataset key that the publisher committed to: the delivery was "
        "wrong."
    )
    FORMER_KEY = (
        "What was delivered (an envelope, or guardians' shares) was sealed to a key that the licensee had "
        "replaced or revoked before its purchase: the licensee need not be able to open it."
    )
    OTHER_ENVELOPE = (
        "This evidence is of another envelope, or of other shares, than those that were delivered for this "
        "licence: it shows nothing about them."
    )
    NO_EVIDENCE = (
        "What was shown does not make what was delivered, for any key that the licensee had registered: it "
        "was changed or made up, or what was delivered was never for this licence. It shows nothing in "
        "favour of whoever delivered."
    )
    WRONG_SHARES = (
        "The key was delivered in shares, and fewer of them than are needed are the ones that the owner "
        "dealt, whatever the other guardians can show: the delivery was wrong."
    )
    SHARES_NOT_SHOWN = (
        "The key was delivered in shares, and the guardians have not shown that as many of them are right as "
        "are needed: nothing is proven either way."
    )
    CARD_NAMES_NO_CONTAINER = Fault.CARD_NAMES_NO_CONTAINER.value
    CARD_OF_ANOTHER_FILE = Fault.CARD_OF_ANOTHER_FILE.value
    OTHER_CONTAINER = Fault.OTHER_CONTAINER.value
    KEY_DOES_NOT_OPEN = Fault.KEY_DOES_NOT_OPEN.value
    CARD_NOT_FETCHED = (
        "The right key was delivered, but your IPFS node could not fetch the card, which says where the "
        "encrypted file is: whether the key opens it was not checked."
    )
    CONTAINER_NOT_FETCHED = (
        "The right key was delivered, but your IPFS node could not fetch the encrypted file: whether the key "
        "opens it was not checked."
    )
    CONTAINER_TOO_LARGE = (
        "The right key was delivered, but the encrypted file is larger than you wanted to fetch: whether the "
        "key opens it was not checked."
    )

    @property
    def favours(self) -> Side:
        """For whom an arbiter may decide by this alone."""
        if self is Finding.RIGHT_KEY:
            return Side.OWNER
        return Side.LICENSEE if self in _FAULTY else Side.NOBODY


_FAULTY: Final = frozenset(
    {Finding.WRONG_KEY, Finding.WRONG_SHARES, Finding.FORMER_KEY, *(Finding[fault.name] for fault in Fault)}
)
_UNFETCHED: Final = frozenset({Finding.CARD_NOT_FETCHED, Finding.CONTAINER_NOT_FETCHED})
_PRIVATE: Final = (
    "What was delivered lies on your IPFS node. The encrypted file is not public and stays off it: the "
    "server at {} gave it to you, and gives it to the licensee once you have decided for the owner."
)
_NOT_KEPT: Final = (
    "What was delivered lies on your IPFS node. The card and the encrypted file do, too, but the node did "
    "not promise in time to keep them: judge again, so that the licensee finds them there."
)
_KEPT: Final = (
    "What was delivered lies on your IPFS node now with the card and the encrypted file, and the licensee "
    "can fetch them from there while the node runs and can be reached."
)


@dataclass(frozen=True)
class Judgement:
    """A finding, for licence `license_id` of `licensee`. `reason` says more of what was not checked; `until`
    is when the arbiter's time ends (Unix seconds), None where there is no dispute."""

    license_id: int
    licensee: str
    finding: Finding
    reason: str = ""
    until: int | None = None

    @property
    def favours(self) -> Side:
        """For whom the arbiter may decide by this alone."""
        return self.finding.favours

    @property
    def says(self) -> str:
        """In sentences, with what the arbiter may do next."""
        return " ".join(filter(None, (self.finding.value, self.reason, *self._next())))

    def _next(self) -> tuple[str, ...]:
        decide, named = f"biodesci license resolve {self.license_id}", f" --licensee {self.licensee}"
        if self.finding is Finding.RIGHT_KEY:
            kept = () if self.reason else (_KEPT,)
            return *kept, f"You may decide for the owner: {decide} owner{named}."
        if self.favours is Side.LICENSEE:
            return (f"You may decide for the licensee: {decide} buyer{named}.",)
        end = "the end of your time" if self.until is None else f"{utc(self.until):%Y-%m-%d %H:%M} UTC"
        if self.finding is Finding.CONTAINER_TOO_LARGE:
            return (f"Judge again with more room (--at-most) before {end}.",)
        if self.finding in _UNFETCHED:
            asked = "The data owner has to keep it where it can be fetched: ask for it, and judge again"
        elif self.finding is Finding.SHARES_NOT_SHOWN:
            asked = (
                "The guardians named here have to show what they released: ask them for it, and judge again"
            )
        else:
            asked = "Whoever delivered has to show what it was: ask for it, and judge again"
        return (f"{asked} before {end}. If nothing comes, decide for the licensee: {decide} buyer{named}.",)


def judge(
    arbiter: Member,
    license_id: int,
    *file: Path,
    most: int = MOST,
    progress: Callable[[int], None] | None = None,
) -> Judgement:
    """What is found of a delivery by a file of evidence that was shown to this account; of a key in shares
    by those of its guardians.

    The container is fetched into the arbiter's home, if it has at most `most` bytes, and removed again; a
    fetch that was interrupted goes on. Where all is right, the envelope is added to the arbiter's IPFS node,
    and card and container are pinned there.

    Raises WrongKeyError for a file that was sealed to another account or for another licence, or was changed,
    StateError where nothing was delivered or the home has no room, and UnavailableError where the arbiter's
    own chain or IPFS node does not answer.
    """
    chain = arbiter.chain
    licence = get(chain, license_id)
    delivered = deliveries(chain, license_id)
    if not delivered:
        raise StateError(f"No key of licence {license_id} was delivered.", "There is nothing to judge.")
    until = licence.deadline if licence.state is LicenseState.DISPUTED else None
    seed = keys.load_seed(arbiter.home, arbiter.passphrase)
    bound = bound_to(chain, license_id, chain.address)
    opened = [envelope.open_(seed, files.read(one), bound) for one in file]
    proven = _proven(chain, licence, delivered, opened)
    if not isinstance(proven, _Proven):
        return Judgement(license_id, licence.licensee, *proven, until=until)
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    committed = commitments(chain, version)
    key, salt = proven.content[:32], proven.content[32:]
    if of_key(chain, version.publisher, key, salt) != committed.key_commitment:
        return Judgement(license_id, licence.licensee, Finding.WRONG_KEY, until=until)
    if not proven.to_own_key:
        return Judgement(license_id, licence.licensee, Finding.FORMER_KEY, until=until)
    try:
        sign = signer(chain, licence.dataset_id, licence.id)
        sold = _Sold(licence.dataset_id, version.card, committed.content_root, sign)
        finding, reason = _try(arbiter, sold, key, most, progress)
    except FaultError as exc:
        finding, reason = Finding[exc.fault.name], ""
    if finding is Finding.RIGHT_KEY:
        arbiter.ipfs.add(proven.delivered, f"envelope of licence {license_id}, which was judged")
    return Judgement(license_id, licence.licensee, finding, reason, until)


@dataclass(frozen=True)
class _Proven:
    """What was delivered, key ‖ salt that it holds, and whether it was sealed to the licensee's own key."""

    delivered: bytes
    content: bytes
    to_own_key: bool


def _proven(
    chain: Chain, licence: License, delivered: Sequence[Delivery], opened: Sequence[bytes]
) -> _Proven | tuple[Finding, str]:
    """What the evidence shows to have been delivered, or what is found without it, with what more there is
    to say."""
    of_envelopes = [raw for raw in opened if len(raw) == SIZE]
    if not of_envelopes:
        return _proven_in_shares(chain, licence, delivered, [ShareEvidence.parse(raw) for raw in opened])
    if len(opened) != 1:
        raise InputError(
            "An envelope and something else were shown.", "Judge the evidence of one delivery at a time."
        )
    evidence = Evidence.parse(opened[0])
    delivery = next((one for one in delivered if one.digest == evidence.digest), None)
    if delivery is None:
        return Finding.OTHER_ENVELOPE, ""
    sealed = sealed_to(chain, licence, delivery, evidence)
    if sealed is None:
        return Finding.NO_EVIDENCE, ""
    return _Proven(sealed.envelope, evidence.content, sealed.to_own_key)


def _proven_in_shares(
    chain: Chain, licence: License, delivered: Sequence[Delivery], given: Sequence[ShareEvidence]
) -> _Proven | tuple[Finding, str]:
    if len({one.delivered for one in given}) != 1:
        raise InputError(
            "The guardians showed different deliveries.", "Judge the evidence of one delivery at a time."
        )
    digest = unixfs.digest_of(io.BytesIO(given[0].delivered))
    delivery = next((one for one in delivered if one.digest == digest), None)
    if delivery is None:
        return Finding.OTHER_ENVELOPE, ""
    try:
        shown = shared_evidence.examine(chain, licence, delivery, given)
    except IntegrityError as exc:
        return Finding.NO_EVIDENCE, exc.message
    if shown.is_too_few:
        return Finding.WRONG_SHARES, shown.why
    content_shown = shown.content
    if content_shown is None:
        return Finding.SHARES_NOT_SHOWN, shown.why
    return _Proven(shown.document, content_shown, shown.to_own_key)


@dataclass(frozen=True)
class _Sold:
    """What the chain says was sold, and how the arbiter asks for it where it is not public."""

    dataset_id: int
    card: bytes
    content_root: bytes
    sign: Sign


def _try(
    arbiter: Member, sold: _Sold, key: bytes, most: int, progress: Callable[[int], None] | None
) -> tuple[Finding, str]:
    """Whether the committed key opens what the card names, with what more there is to say; or FaultError."""
    ipfs = arbiter.ipfs
    try:
        located = content.locate(ipfs, sold.card, sold.content_root)
    except FaultError:
        raise
    except (NotFoundError, IntegrityError) as exc:
        return Finding.CARD_NOT_FETCHED, str(exc)
    found, source = located.content, source_of(ipfs, located.served_at, sold.sign)
    source = partners.joined(arbiter.chain, source, found, sold.dataset_id)
    fetched = _place(arbiter, found)
    try:
        size = source.size(found)
        if size > most:
            return Finding.CONTAINER_TOO_LARGE, f"It has {size} bytes; you allowed {most}."
        _require_room(fetched.parent, size)
        content.fetch(source, found, fetched, progress)
    except FaultError:
        raise
    except (NotFoundError, IntegrityError) as exc:
        return Finding.CONTAINER_NOT_FETCHED, str(exc)
    except (AccessDeniedError, UnavailableError) as exc:
        if located.served_at is None:
            raise  # the arbiter's own node
        return Finding.CONTAINER_NOT_FETCHED, str(exc)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            content.decrypt(source, found, fetched, nowhere, key, sold.content_root)
    finally:
        fetched.unlink(missing_ok=True)
    if isinstance(source, OwnersServer):
        return Finding.RIGHT_KEY, _PRIVATE.format(source.answering)
    return Finding.RIGHT_KEY, "" if _keep(ipfs, sold.card, found) else _NOT_KEPT


def _keep(ipfs: Ipfs, *found: bytes) -> bool:
    """Whether the arbiter's node keeps what was found, as the licensee is to fetch it there. To look through
    a large file may take the node longer than it has: what was found does not hang on that."""
    try:
        for digest in found:
            ipfs.pin(digest, "kept for the licensee of a dispute")
    except (NotFoundError, UnavailableError):
        return False
    return True


def _place(arbiter: Member, found: bytes) -> Path:
    """Where a container lies while it is tried; what was fetched of it before waits beside it."""
    folder = arbiter.home / "judging"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{cid.from_digest(found)}.container"


def _require_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size + _ROOM:
        raise StateError(
            f"{folder} has no room for the encrypted file ({size} bytes).", "Free space, then judge again."
        )
