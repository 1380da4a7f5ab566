"""The key of a licence once more, because its envelope was lost.

Each delivery costs the custodian gas, and anybody can say that an envelope is lost. So one that is there, and
opens with the key that the licensee has now, is not made again; a key comes again for a key that the licensee
registered since, which costs it gas, too.
"""

from __future__ import annotations

from typing import Final

from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License
from biodesci.core.errors import NotFoundError, RevertedError, StateError
from biodesci.market import evidence
from biodesci.market.in_flight import AGAIN, about_licence
from biodesci.market.license import envelope_of, get, visas_until
from biodesci.market.sealing import ANY, LEAST_TIME, discard, publish, seal
from biodesci.party import dataset_keys
from biodesci.party.member import Member

ONCE_MORE: Final = (
    "to deliver the key once more: biodesci license redeliver {0}. Guardians of the dataset can do it, too, "
    "after you registered another key (biodesci key register): biodesci dataset release-share {0}"
)
"""What a licensee asks the data owner for; `{0}` is the licence's number. A sentence ends with it."""


def redeliver(member: Member, license_id: int) -> bytes:
    """Seals the key of a delivered licence once more and delivers it; the digest of the envelope.

    It goes to the key that the licensee has on chain now. A licence has one intent: a run that was stopped is
    gone on with, and of two at once one delivers. The contract refuses a licence that gives no access. Raises
    StateError where the envelope is not lost or access is about to end, and NotFoundError where this home
    does not hold the dataset's key.
    """
    chain = member.chain
    licence = get(chain, license_id)
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    # Tried first: what can't be delivered is not sealed either.
    chain.call(again(chain, licence, version, ANY), sender=chain.address)
    require_time(chain, licence)
    with chain.intent(AGAIN, about_licence(license_id)) as intent:
        receipt = intent.resume()
        if receipt is not None:
            digest = _collected(member, license_id, receipt)
            if _opens(member, licence, version, digest):
                return digest
            intent.forget()  # the licensee has registered another key since
        begun = _begun(member, licence, version)
        if begun is None:
            _require_lost(member, licence, version)
            begun = seal(member, licence, version).digest
        if not evidence.is_delivered(chain, license_id, begun, chain.block_number()):
            try:
                intent.send(again(chain, licence, version, begun))
            except RevertedError:
                discard(member, license_id, begun)
                raise
        publish(member, license_id, begun)
        return begun


def _collected(member: Member, license_id: int, receipt: TxReceipt) -> bytes:
    """The envelope that a run before delivered, on IPFS; another home may have made it, and has it then."""
    chain = member.chain
    digest = bytes(chain.event(receipt, chain.licenses, "KeyRedelivered")["envelope"])
    if (license_id, digest) in evidence.unpublished(member.home, chain):
        publish(member, license_id, digest)
    return digest


def again(chain: Chain, licence: License, version: DatasetVersion, digest: bytes) -> ContractFunction:
    """The call; to whom and of what it is besides the number, as in `sealing.delivery`."""
    return chain.licenses.functions.redeliver(licence.id, digest, version.commitments, licence.licensee)


def require_time(chain: Chain, licence: License) -> None:
    """Raises StateError where access ends so soon that a key might come too late."""
    left = min(licence.expires_at, visas_until(chain, licence.id)) - chain.now()
    if left < LEAST_TIME:
        raise StateError(
            f"Access by licence {licence.id} ends in {left} seconds: a key might come too late.",
            "Nothing was sealed or paid. The licensee can buy the offer again.",
        )


def _begun(member: Member, licence: License, version: DatasetVersion) -> bytes | None:
    """The envelope of a run that was stopped before it was on IPFS, if the licensee can open it."""
    for license_id, digest in evidence.unpublished(member.home, member.chain):
        if license_id == licence.id and _opens(member, licence, version, digest):
            return digest
    return None


def _require_lost(member: Member, licence: License, version: DatasetVersion) -> None:
    digest = envelope_of(member.chain, licence.id)
    if not _opens(member, licence, version, digest):
        return
    try:
        member.ipfs.size(digest)
    except NotFoundError:
        return
    raise StateError(
        f"The envelope that was delivered last for licence {licence.id} is on IPFS, and opens with the key "
        "that the licensee has on chain: nothing is lost.",
        "Keep your IPFS node running and reachable. A licensee who lost its key registers a new one first: "
        "biodesci key register.",
    )


def _opens(member: Member, licence: License, version: DatasetVersion, digest: bytes) -> bool:
    """Whether this home made the envelope, of the dataset key, for the key that the licensee has now."""
    chain, home, passphrase = member.chain, member.home, member.passphrase
    kept = evidence.kept(home, passphrase, chain, licence.id, digest)
    if kept is None or kept.content != b"".join(dataset_keys.load(home, passphrase, chain, version)):
        return False
    return evidence.makes(kept, chain, licence, chain.key_of(licence.licensee))
