"""How a custodian seals a dataset key to a licensee, so that the envelope leaves with its delivery alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from biodesci.chain.records import DatasetVersion, License
from biodesci.core import envelope
from biodesci.core.errors import RevertedError
from biodesci.ipfs import unixfs
from biodesci.market import evidence
from biodesci.party import dataset_keys
from biodesci.party.member import Member

ANY: Final = b"\1" * 32
"""In place of an envelope's digest, where a delivery is only tried."""
LEAST_TIME: Final = 300  # seconds: a delivery that is sent later may well come too late


@contextmanager
def sealed(member: Member, licence: License, version: DatasetVersion) -> Iterator[bytes]:
    """The digest of the key sealed to the licensee; the envelope is on IPFS once the body has delivered it.

    Before, it is nowhere, and what it is made from again is kept under the passphrase: a body that ends by
    an error may still have delivered, which `Custodian.poll` sees on chain.
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
    try:
        yield digest
    except RevertedError:
        evidence.note_published(home, chain, licence.id, digest)  # never to be: it delivers nothing any more
        raise
    member.ipfs.add(made, f"envelope of licence {licence.id}")
    evidence.note_published(home, chain, licence.id, digest)


def publish(member: Member, license_id: int, digest: bytes) -> None:
    """Adds to IPFS an envelope that is made from its evidence again."""
    chain, home = member.chain, member.home
    envelope = evidence.envelope_again(home, member.passphrase, chain, license_id, digest)
    member.ipfs.add(envelope, f"envelope of licence {license_id}")
    evidence.note_published(home, chain, license_id, digest)
