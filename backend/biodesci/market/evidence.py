"""What a delivery held, so that somebody else can judge it: the custodian keeps how each envelope was made.

From the randomness of an envelope's encapsulation and its content anybody computes the same envelope again,
for the public key that the licensee had registered. If it has the digest that was delivered on chain, it is
what the licensee can open; whether it holds the key that was committed to can be read then. So an arbiter
needs nobody's private key, and learns the dataset key of this one version.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import License
from biodesci.core import encapsulation, envelope, files, keyfile
from biodesci.core.errors import InputError, IntegrityError, NotFoundError
from biodesci.ipfs import unixfs
from biodesci.market.license import get
from biodesci.party.member import Member

_PURPOSE: Final = "delivery-evidence"
_KEPT: Final = re.compile(r"(\d+)-([0-9a-f]{64})\.evidence")
_UNPUBLISHED: Final = re.compile(r"(\d+)-([0-9a-f]{64})\.unpublished")
_DIGEST, _RANDOM, _CONTENT = 32, encapsulation.RANDOMNESS_SIZE, 64
SIZE: Final = _DIGEST + _RANDOM + _CONTENT
"""Bytes of the evidence of an envelope."""


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
        if len(raw) != SIZE:
            raise IntegrityError("The file opens, but holds no evidence.", "Have it made again.")
        return cls(raw[:_DIGEST], raw[_DIGEST : _DIGEST + _RANDOM], raw[_DIGEST + _RANDOM :])


@dataclass(frozen=True)
class Delivery:
    """An envelope that went on chain, and where in the chain (block, place in it)."""

    digest: bytes
    at: tuple[int, int]


@dataclass(frozen=True)
class RegisteredKey:
    """A key that the licensee registered, and whether it was in force at its purchase or after it."""

    public: bytes
    own: bool


@dataclass(frozen=True)
class Sealed:
    """The envelope that was delivered, computed anew, and whether its key is the licensee's own
    (`RegisteredKey`)."""

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


def remove(home: Path, chain: Chain, license_id: int, digest: bytes) -> None:
    """Removes the evidence of an envelope whose delivery was never signed."""
    path(home, chain, license_id, digest).unlink(missing_ok=True)


def files_of(home: Path, chain: Chain, licenses: set[int]) -> dict[bytes, Path]:
    """The files of evidence for these licences, by the digests of the envelopes."""
    named = (
        (_KEPT.fullmatch(file.name), file) for file in path(home, chain, 0, b"").parent.glob("*.evidence")
    )
    return {bytes.fromhex(name[2]): file for name, file in named if name and int(name[1]) in licenses}


def unpublished(home: Path, chain: Chain) -> list[tuple[int, bytes]]:
    """(licence, digest) of the envelopes that were sealed here and are on no IPFS node yet."""
    folder = path(home, chain, 0, b"").parent
    named = (_UNPUBLISHED.fullmatch(file.name) for file in sorted(folder.glob("*.unpublished")))
    return [(int(name[1]), bytes.fromhex(name[2])) for name in named if name is not None]


def is_delivered(chain: Chain, license_id: int, digest: bytes, head: int) -> bool:
    """Whether this envelope was delivered for the licence in a block up to `head`."""
    return any(one.digest == digest and one.at[0] <= head for one in deliveries(chain, license_id))


def envelope_again(home: Path, passphrase: str, chain: Chain, license_id: int, digest: bytes) -> bytes:
    """An envelope that was delivered, made from its evidence in this home.

    NotFoundError where the evidence is lost, or does not make it for any key of the licensee's.
    """
    evidence = kept(home, passphrase, chain, license_id, digest)
    if evidence is None:
        raise _lost(home, license_id)
    licence = get(chain, license_id)
    # Mostly to the key that is still in force: then no event is to be looked for.
    with contextlib.suppress(NotFoundError):
        again = _made(evidence, chain, licence, chain.key_of(licence.licensee))
        if again is not None and unixfs.digest_of(io.BytesIO(again)) == digest:
            return again
    for delivery in deliveries(chain, license_id):
        if delivery.digest == digest:
            made = sealed_to(chain, licence, delivery, evidence)
            if made is not None:
                return made.envelope
    raise _lost(home, license_id)


def kept(home: Path, passphrase: str, chain: Chain, license_id: int, digest: bytes) -> Evidence | None:
    """The evidence of one envelope; None where this home did not make it, or lost it."""
    source = path(home, chain, license_id, digest)
    if not source.exists():
        return None
    return Evidence.parse(keyfile.open_(source.read_bytes(), passphrase, _PURPOSE))


def load(home: Path, passphrase: str, chain: Chain, license_id: int) -> Evidence:
    """The evidence of the last delivery of a licence; NotFoundError where this home did not make it."""
    for delivery in reversed(deliveries(chain, license_id)):
        evidence = kept(home, passphrase, chain, license_id, delivery.digest)
        if evidence is not None:
            return evidence
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
    sealed = envelope.seal(chain.key_of(arbiter), evidence.to_bytes(), bound_to(chain, license_id, arbiter))
    files.write_private(target, sealed)


def deliveries(chain: Chain, license_id: int) -> list[Delivery]:
    """Of a licence to download, the oldest first; no envelope goes on chain for the other rights."""
    first = chain.deployment.contracts["AccessLicense"].block
    made = [
        Delivery(bytes(log["args"]["envelope"]), (log["blockNumber"], log["logIndex"]))
        for event in ("LicenseDelivered", "KeyRedelivered")
        for log in chain.events(chain.licenses, event, first, filters={"licenseId": license_id})
        if any(log["args"]["envelope"])
    ]
    return sorted(made, key=lambda one: one.at)


def sealed_to(chain: Chain, licence: License, delivery: Delivery, evidence: Evidence) -> Sealed | None:
    """The envelope that was delivered, if the evidence gives it for a key of the licensee."""
    for key in keys_of(chain, licence, delivery):
        again = _made(evidence, chain, licence, key.public)
        if again is not None and unixfs.digest_of(io.BytesIO(again)) == delivery.digest:
            return Sealed(again, key.own)
    return None


def makes(evidence: Evidence, chain: Chain, licence: License, public_key: bytes) -> bool:
    """Whether the envelope that the evidence tells of was sealed to this public key."""
    again = _made(evidence, chain, licence, public_key)
    return again is not None and unixfs.digest_of(io.BytesIO(again)) == evidence.digest


def _made(evidence: Evidence, chain: Chain, licence: License, public_key: bytes) -> bytes | None:
    where = str(chain.licenses.address)
    context = envelope.info("license", chain.chain_id, where, licence.id, licence.licensee)
    try:
        return envelope.seal_again(public_key, evidence.content, context, evidence.randomness)
    except InputError:
        return None  # registered, but no key: nothing was sealed to it


def keys_of(chain: Chain, licence: License, delivery: Delivery) -> list[RegisteredKey]:
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
        RegisteredKey(public, all(not at < change < bought for change in changes))
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


def bound_to(chain: Chain, license_id: int, arbiter: str) -> bytes:
    """The `info` of the envelope in which an arbiter gets evidence: it opens for this licence alone."""
    return envelope.info("evidence", chain.chain_id, str(chain.licenses.address), license_id, arbiter)
