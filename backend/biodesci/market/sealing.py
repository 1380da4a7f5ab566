"""How a custodian seals a dataset key to a licensee, so that the envelope leaves with its delivery alone."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from web3.contract.contract import ContractFunction

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import envelope
from biodesci.ipfs import unixfs
from biodesci.market import evidence
from biodesci.party import dataset_keys
from biodesci.party.member import Member

ANY: Final = b"\1" * 32
"""In place of an envelope's digest, where a delivery is only tried."""
LEAST_TIME: Final = 300  # seconds: a delivery that is sent later may well come too late


@dataclass(frozen=True)
class Sealed:
    """An envelope that is on no IPFS node yet, and its digest, which is what goes on chain."""

    digest: bytes
    envelope: bytes


def delivery(chain: Chain, licence: License, version: DatasetVersion, digest: bytes) -> ContractFunction:
    """The call by which the key of `version` is delivered, or a right without a key.

    It says to whom and of what data: where a reorganization gives the number to another purchase, the
    contract refuses it (AccessLicense_OtherLicense). A key that the licensee registers meanwhile changes
    nothing: the envelope was sealed to one of its own, and it could hold up each delivery by another one.
    """
    return chain.licenses.functions.deliver(licence.id, digest, version.commitments, licence.licensee)


def seal(member: Member, licence: License, version: DatasetVersion) -> Sealed:
    """Seals the dataset key to the licensee's key on chain; what is sealed is nowhere, before it is
    delivered.

    What it is made from again is kept under the passphrase: a run that is stopped may still have delivered,
    which `Custodian.poll` sees on chain.
    """
    chain, home, passphrase = member.chain, member.home, member.passphrase
    key, salt = dataset_keys.load(home, passphrase, chain, version)
    where = str(chain.licenses.address)
    context = envelope.info("license", chain.chain_id, where, licence.id, licence.licensee)
    member.ipfs.ready()  # what is delivered has to be there soon
    made, randomness = envelope.seal_shown(chain.key_of(licence.licensee), key + salt, context)
    digest = unixfs.digest_of(io.BytesIO(made))
    evidence.keep(home, passphrase, chain, licence.id, evidence.Evidence(digest, randomness, key + salt))
    evidence.note_unpublished(home, chain, licence.id, digest)
    return Sealed(digest, made)


def add(member: Member, license_id: int, sealed: Sealed) -> None:
    """Adds to IPFS an envelope whose delivery the chain has taken."""
    member.ipfs.add(sealed.envelope, f"envelope of licence {license_id}")
    evidence.note_published(member.home, member.chain, license_id, sealed.digest)


def discard(member: Member, license_id: int, digest: bytes) -> None:
    """Forgets an envelope that was never sent, or whose transaction can deliver nothing any more."""
    evidence.note_published(member.home, member.chain, license_id, digest)


def publish(member: Member, license_id: int, digest: bytes) -> None:
    """Adds to IPFS an envelope that is made from its evidence again."""
    chain, home = member.chain, member.home
    envelope = evidence.envelope_again(home, member.passphrase, chain, license_id, digest)
    member.ipfs.add(envelope, f"envelope of licence {license_id}")
    evidence.note_published(home, chain, license_id, digest)
