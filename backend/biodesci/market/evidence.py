"""What a delivery held, so that somebody else can judge it: the custodian keeps how each envelope was made.

From the randomness of an envelope's encapsulation and its content anybody computes the same envelope again,
for the public key that the licensee had registered. If it has the digest that was delivered on chain, it is
what the licensee can open; whether it holds the key that was committed to can be read then. So an arbiter
needs nobody's private key, and learns the dataset key of this one version.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import commitment, encapsulation, envelope, files, keyfile
from biodesci.core.commitment import Publisher
from biodesci.core.errors import InputError, IntegrityError, NotFoundError, StateError, UnavailableError
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market.license import get
from biodesci.party import keys
from biodesci.party.member import Member

_PURPOSE: Final = "delivery-evidence"
_UNPUBLISHED: Final = re.compile(r"(\d+)-([0-9a-f]{64})\.unpublished")
_DIGEST, _RANDOM, _CONTENT = 32, encapsulation.RANDOMNESS_SIZE, 64
_ADDED: Final = (
    "The envelope was computed anew and lies on your IPFS node now, from which the licensee can fetch it "
    "while the node runs and can be reached."
)
_NOT_ADDED: Final = (
    "The envelope was computed anew, but cannot be added to an IPFS node, as yours (BIODESCI_IPFS_API) does "
    "not take it: before you decide for the owner, start the node and judge again, so that the licensee can "
    "fetch it."
)


class Finding(Enum):
    """What evidence shows of a delivery; the value says it in a sentence."""

    RIGHT_KEY = (
        "The envelope that was delivered opens with a key that the licensee itself had in force at its "
        "purchase or after it (replacing it later does not make the delivery wrong), and holds the dataset "
        "key that the publisher committed to. That it could be fetched is not shown by this."
    )
    WRONG_KEY = (
        "The envelope that was delivered opens with a key that the licensee had registered, but does not "
        "hold the dataset key that the publisher committed to: the delivery was wrong."
    )
    FORMER_KEY = (
        "The envelope that was delivered was sealed to a key that the licensee had replaced or revoked "
        "before its purchase: the licensee need not be able to open it."
    )
    OTHER_ENVELOPE = (
        "This evidence is of another envelope than those that were delivered for this licence: it shows "
        "nothing about them."
    )
    NO_EVIDENCE = (
        "What this file holds does not make the envelope that was delivered, for any key that the licensee "
        "had registered: it was changed or made up, or the envelope was never one for this licence. It shows "
        "nothing in the custodian's favour."
    )


@dataclass(frozen=True)
class Judgement:
    """What evidence shows, and whether the envelope lies on the arbiter's IPFS node since it was judged.

    A digest on chain says what an envelope is, not that anybody could fetch it: an owner may never have put
    it on IPFS. The arbiter computes the right envelope anew, and gives it to whom it is sealed to.
    """

    finding: Finding
    added: bool = False

    @property
    def favours_owner(self) -> bool:
        """Whether the owner delivered the right key, and the licensee can fetch it, if only from now on."""
        return self.finding is Finding.RIGHT_KEY and self.added

    @property
    def says(self) -> str:
        """In sentences, with what the arbiter does next."""
        sentences = [str(self.finding.value)]
        if self.finding is Finding.RIGHT_KEY:
            sentences.append(_ADDED if self.added else _NOT_ADDED)
        return " ".join(sentences)


@dataclass(frozen=True)
class Evidence:
    """How an envelope was made: digest, randomness of the encapsulation, and what it holds (key ‖ salt)."""

    digest: bytes
    randomness: bytes
    content: bytes

    def to_bytes(self) -> bytes:
        """Digest (32) ‖ randomness (64) ‖ key (32) ‖ salt (32)."""
        return self.digest + self.randomness + self.content

    @classmethod
    def parse(cls, raw: bytes) -> Evidence:
        """Raises IntegrityError for another length."""
        if len(raw) != _DIGEST + _RANDOM + _CONTENT:
            raise IntegrityError("The file opens, but holds no evidence.", "Have it made again.")
        return cls(raw[:_DIGEST], raw[_DIGEST : _DIGEST + _RANDOM], raw[_DIGEST + _RANDOM :])


@dataclass(frozen=True)
class _Delivery:
    """An envelope that went on chain, and where in the chain (block, place in it)."""

    digest: bytes
    at: tuple[int, int]


@dataclass(frozen=True)
class _Key:
    """A key that the licensee registered, and whether it was in force at its purchase or after it."""

    public: bytes
    own: bool


@dataclass(frozen=True)
class _Sealed:
    """The envelope that was delivered, computed anew, and whether its key is the licensee's own (`_Key`)."""

    envelope: bytes
    to_own_key: bool


def path(home: Path, chain: Chain, license_id: int, digest: bytes) -> Path:
    """The file in which a home keeps the evidence of one delivery; it may not exist."""
    folder = f"{chain.chain_id}-{str(chain.licenses.address).lower()}"
    return home / "deliveries" / folder / f"{license_id}-{digest.hex()}.evidence"


def keep(home: Path, passphrase: str, chain: Chain, license_id: int, evidence: Evidence) -> None:
    """Seals the evidence of an envelope under the home's passphrase, before the envelope is delivered."""
    target = path(home, chain, license_id, evidence.digest)
    files.write_private(target, keyfile.seal(evidence.to_bytes(), passphrase, _PURPOSE))


def note_unpublished(home: Path, chain: Chain, license_id: int, digest: bytes) -> None:
    """Notes that an envelope with evidence is on no IPFS node yet, as its delivery is still to be sent."""
    files.write_private(_unpublished(home, chain, license_id, digest), b"")


def note_published(home: Path, chain: Chain, license_id: int, digest: bytes) -> None:
    """Nothing is to be done for this envelope any more."""
    _unpublished(home, chain, license_id, digest).unlink(missing_ok=True)


def unpublished(home: Path, chain: Chain) -> list[tuple[int, bytes]]:
    """(licence, digest) of the envelopes that were sealed here and are on no IPFS node yet."""
    folder = path(home, chain, 0, b"").parent
    named = (_UNPUBLISHED.fullmatch(file.name) for file in sorted(folder.glob("*.unpublished")))
    return [(int(name[1]), bytes.fromhex(name[2])) for name in named if name is not None]


def is_delivered(chain: Chain, license_id: int, digest: bytes, head: int) -> bool:
    """Whether this envelope was delivered for the licence in a block up to `head`."""
    return any(one.digest == digest and one.at[0] <= head for one in _deliveries(chain, license_id))


def envelope_again(home: Path, passphrase: str, chain: Chain, license_id: int, digest: bytes) -> bytes:
    """An envelope that was delivered, made from its evidence in this home.

    NotFoundError where the evidence is lost, or does not make it for any key of the licensee's.
    """
    source = path(home, chain, license_id, digest)
    if not source.exists():
        raise _lost(home, license_id)
    evidence = Evidence.parse(keyfile.open_(source.read_bytes(), passphrase, _PURPOSE))
    licence = get(chain, license_id)
    for delivery in _deliveries(chain, license_id):
        if delivery.digest == digest:
            made = _sealed_to(chain, licence, delivery, evidence)
            if made is not None:
                return made.envelope
    raise _lost(home, license_id)


def load(home: Path, passphrase: str, chain: Chain, license_id: int) -> Evidence:
    """The evidence of the last delivery of a licence; NotFoundError where this home did not make it."""
    for delivery in reversed(_deliveries(chain, license_id)):
        source = path(home, chain, license_id, delivery.digest)
        if source.exists():
            return Evidence.parse(keyfile.open_(source.read_bytes(), passphrase, _PURPOSE))
    raise _lost(home, license_id)


def _lost(home: Path, license_id: int) -> NotFoundError:
    return NotFoundError(
        f"The envelope of licence {license_id} was not made with {home}, or its evidence is lost.",
        "Use the home folder of the custodian that delivered it.",
    )


def _unpublished(home: Path, chain: Chain, license_id: int, digest: bytes) -> Path:
    return path(home, chain, license_id, digest).with_suffix(".unpublished")


def show(custodian: Member, license_id: int, arbiter: str, target: Path) -> None:
    """Seals the evidence of a delivery to `arbiter`'s key on chain, into a new file.

    Whoever opens it knows the dataset key of that version.
    """
    chain = custodian.chain
    evidence = load(custodian.home, custodian.passphrase, chain, license_id)
    sealed = envelope.seal(chain.key_of(arbiter), evidence.to_bytes(), _info(chain, license_id, arbiter))
    files.write_private(target, sealed)


def judge(arbiter: Member, license_id: int, file: Path) -> Judgement:
    """What a file that was shown to this account says of the delivery, by the chain and nobody's word.

    An envelope with the right key is added to the arbiter's IPFS node, if that can be reached.

    Raises WrongKeyError for a file that was sealed to another account or for another licence, or was changed,
    and StateError where nothing was delivered.
    """
    chain = arbiter.chain
    licence = get(chain, license_id)
    deliveries = _deliveries(chain, license_id)
    if not deliveries:
        raise StateError(f"No key of licence {license_id} was delivered.", "There is nothing to judge.")
    seed = keys.load_seed(arbiter.home, arbiter.passphrase)
    opened = envelope.open_(seed, files.read(file), _info(chain, license_id, chain.address))
    evidence = Evidence.parse(opened)
    delivery = next((one for one in deliveries if one.digest == evidence.digest), None)
    if delivery is None:
        return Judgement(Finding.OTHER_ENVELOPE)
    sealed_to = _sealed_to(chain, licence, delivery, evidence)
    if sealed_to is None:
        return Judgement(Finding.NO_EVIDENCE)
    if not _holds_committed_key(chain, licence, evidence):
        return Judgement(Finding.WRONG_KEY)
    if not sealed_to.to_own_key:
        return Judgement(Finding.FORMER_KEY)
    return Judgement(Finding.RIGHT_KEY, _is_added(arbiter.ipfs, sealed_to.envelope))


def _is_added(ipfs: Ipfs, sealed: bytes) -> bool:
    try:
        ipfs.add(sealed)
    except (IntegrityError, NotFoundError, UnavailableError):
        return False
    return True


def _deliveries(chain: Chain, license_id: int) -> list[_Delivery]:
    """Of a licence to download, the oldest first; no envelope goes on chain for the other rights."""
    first = chain.deployment.contracts["AccessLicense"].block
    made = [
        _Delivery(bytes(log["args"]["envelope"]), (log["blockNumber"], log["logIndex"]))
        for event in ("LicenseDelivered", "KeyRedelivered")
        for log in chain.events(chain.licenses, event, first, filters={"licenseId": license_id})
        if any(log["args"]["envelope"])
    ]
    return sorted(made, key=lambda one: one.at)


def _sealed_to(chain: Chain, licence: License, delivery: _Delivery, evidence: Evidence) -> _Sealed | None:
    """The envelope that was delivered, if the evidence gives it for a key of the licensee."""
    where = str(chain.licenses.address)
    context = envelope.info("license", chain.chain_id, where, licence.id, licence.licensee)
    for key in _keys_of(chain, licence, delivery):
        try:
            again = envelope.seal_again(key.public, evidence.content, context, evidence.randomness)
        except InputError:
            continue  # registered, but no key: nothing was sealed to it
        if unixfs.digest_of(io.BytesIO(again)) == delivery.digest:
            return _Sealed(again, key.own)
    return None


def _keys_of(chain: Chain, licence: License, delivery: _Delivery) -> list[_Key]:
    """The licensee's keys up to the delivery, the latest first. All have 1,216 bytes, but may be no keys.

    Whoever delivers seals to the key in force when it looks, and the licensee chooses when to replace it: in
    front of the delivery, too. So it answers for all keys that it had in force since its purchase.
    """
    first = chain.deployment.contracts["KeyRegistry"].block
    filters = {"account": licence.licensee}

    def before(name: str) -> list[tuple[tuple[int, int], bytes]]:
        logs = chain.events(chain.keys, name, first, delivery.at[0], filters=filters)
        found = [((log["blockNumber"], log["logIndex"]), log["args"].get("publicKey", b"")) for log in logs]
        return [(at, bytes(public)) for at, public in found if at < delivery.at]

    registered = before("KeyRegistered")
    changes = sorted(at for at, _ in registered + before("KeyRevoked"))
    bought = _bought_at(chain, licence.id)
    return [
        _Key(public, all(not at < change < bought for change in changes))
        for at, public in reversed(registered)
    ]


def _bought_at(chain: Chain, license_id: int) -> tuple[int, int]:
    first = chain.deployment.contracts["AccessLicense"].block
    logs = chain.events(chain.licenses, "LicensePurchased", first, filters={"licenseId": license_id})
    if not logs:
        raise IntegrityError(
            f"The chain node shows no purchase of licence {license_id}.",
            "Use another chain node: this one lost events, or tells none so old.",
        )
    return min((log["blockNumber"], log["logIndex"]) for log in logs)


def _holds_committed_key(chain: Chain, licence: License, evidence: Evidence) -> bool:
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    publisher = Publisher(chain.chain_id, str(chain.datasets.address), version.publisher)
    key, salt = evidence.content[:32], evidence.content[32:]
    return commitment.key_commitment(publisher, key, salt) == version.key_commitment


def _info(chain: Chain, license_id: int, arbiter: str) -> bytes:
    return envelope.info("evidence", chain.chain_id, str(chain.licenses.address), license_id, arbiter)
