"""Visas: an issuer signs and revokes them, a dataset's owner says whose count, a buyer checks its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from biodesci.chain.client import Chain
from biodesci.chain.records import VisaCheck
from biodesci.core import visa
from biodesci.core.documents.visa import SignedVisa, Visa
from biodesci.core.errors import AccessDeniedError, InputError, NotFoundError
from biodesci.core.visa import VisaType
from biodesci.party import visas

ALL: Final = 0  # of an owner's datasets, whose ids begin at 1
_ANY = bytes(32)


@dataclass(frozen=True)
class Trusted:
    """An issuer whom an owner trusts for these types of visa (bits), for all of its datasets or for one."""

    issuer: str
    types: int
    dataset_id: int = ALL


def issue(
    chain: Chain, subject: str, kind: VisaType, value: bytes, expires: int, *, asserted: int | None = None
) -> SignedVisa:
    """Signs as this account. `asserted` is now unless said otherwise; nothing is sent."""
    known = chain.now() if asserted is None else asserted
    if expires <= chain.now():
        raise InputError("The visa would have expired already.", "Give it more days.")
    signed = Visa(
        subject=subject, type=kind, value=value, issuer=chain.address, asserted=known, expires=expires
    )
    return visas.sign(chain, signed)


def grant_value(chain: Chain, dataset_id: int) -> bytes:
    """What a ControlledAccessGrants visa for this dataset carries."""
    if not 1 <= dataset_id <= chain.call(chain.datasets.functions.datasetCount()):
        raise NotFoundError(f"There is no dataset {dataset_id}.", "List them: biodesci dataset list.")
    return bytes(chain.call(chain.licenses.functions.grantOf(dataset_id)))


def hash_of(chain: Chain, signed: SignedVisa) -> bytes:
    """Raises InputError where the visa is for another network."""
    if (signed.chain_id, signed.registry) != (chain.chain_id, str(chain.visas.address)):
        raise InputError(
            f"The visa is for chain {signed.chain_id}, VisaRegistry {signed.registry}: another network.",
            "Set BIODESCI_DEPLOYMENT to that network's file, or ask the issuer for one for this network.",
        )
    return visas.hash_of(signed)


def check(chain: Chain, signed: SignedVisa, dataset_id: int) -> int:
    """Whether this visa counts for a dataset now, by the contract; when it expires. Raises RevertedError."""
    hash_of(chain, signed)
    grant_value(chain, dataset_id)
    claim = signed.visa
    return ask(chain, dataset_id, claim.subject, 1 << claim.type, (signed,)).expires


def ask(chain: Chain, dataset_id: int, subject: str, types: int, visas: tuple[SignedVisa, ...]) -> VisaCheck:
    """What the contract says of visas shown for a dataset, one of each of `types`. Raises RevertedError."""
    owner = chain.call(chain.datasets.functions.ownerOf(dataset_id))
    grant = chain.call(chain.licenses.functions.grantOf(dataset_id))
    question = (owner, dataset_id, grant, subject, types)
    return chain.read(VisaCheck, question, [signed.struct() for signed in visas])


def revoke(chain: Chain, signed: SignedVisa) -> bool:
    """As its issuer; False where that was done before. Licences that rest on it end in the same moment."""
    hashed = hash_of(chain, signed)
    if signed.visa.issuer != chain.address:
        raise AccessDeniedError(
            f"The visa was issued by {signed.visa.issuer}, not by {chain.address}.",
            "Use the issuer's account: nobody else can revoke it.",
        )
    if is_revoked(chain, signed):
        return False
    chain.send(chain.visas.functions.revoke(hashed))
    return True


def is_revoked(chain: Chain, signed: SignedVisa) -> bool:
    """Whether the visa's issuer has revoked it on chain."""
    return visas.is_revoked(chain, signed.visa.issuer, hash_of(chain, signed))


def trust(chain: Chain, issuer: str, types: int, dataset_id: int = ALL) -> bool:
    """As an owner, for all of its datasets or for one, besides; 0 for no types any more.

    False where the chain says so already.
    """
    functions = chain.visas.functions
    _check_own(chain, dataset_id)
    if chain.call(functions.trustedTypes(chain.address, dataset_id, issuer)) == types:
        return False
    of_all = dataset_id == ALL
    chain.send(functions.trust(issuer, types) if of_all else functions.trustFor(dataset_id, issuer, types))
    return True


def require_value(chain: Chain, kind: VisaType, value: bytes, dataset_id: int = ALL) -> bool:
    """As an owner, for all of its datasets, or for one instead; 32 zero bytes for none.

    False where the chain says so already.
    """
    functions = chain.visas.functions
    _check_own(chain, dataset_id)
    if bytes(chain.call(functions.requiredValue(chain.address, dataset_id, kind))) == value:
        return False
    of_all = dataset_id == ALL
    chain.send(
        functions.requireValue(kind, value) if of_all else functions.requireValueFor(dataset_id, kind, value)
    )
    return True


def trusted(chain: Chain, owner: str) -> list[Trusted]:
    """By the contract's state; events only say whom to ask about."""
    first = chain.deployment.contracts["VisaRegistry"].block
    logs = chain.events(chain.visas, "IssuerTrusted", first, filters={"owner": owner})
    said = dict.fromkeys((int(log["args"]["datasetId"]), str(log["args"]["issuer"])) for log in logs)
    read = chain.visas.functions.trustedTypes
    all_ = [Trusted(issuer, chain.call(read(owner, id_, issuer)), id_) for id_, issuer in said]
    return [one for one in all_ if one.types]


def spoken_of(chain: Chain, owner: str) -> list[int]:
    """The datasets of which an owner said something by themselves, ascending."""
    first = chain.deployment.contracts["VisaRegistry"].block
    found = {
        int(log["args"]["datasetId"])
        for event in ("IssuerTrusted", "ValueRequired")
        for log in chain.events(chain.visas, event, first, filters={"owner": owner})
    }
    return sorted(found - {ALL})


def required(chain: Chain, owner: str, dataset_id: int = ALL) -> dict[str, Any]:
    """The values that an owner requires, by type of visa: of all its datasets, or of one instead."""
    read = chain.visas.functions.requiredValue
    values = {visa.NAMES[kind]: bytes(chain.call(read(owner, dataset_id, kind))) for kind in VisaType}
    return {name: "0x" + value.hex() for name, value in values.items() if value != _ANY}


def _check_own(chain: Chain, dataset_id: int) -> None:
    """What is said of a dataset counts while one owns it: nobody says it of another's by mistake."""
    if dataset_id == ALL:
        return
    grant_value(chain, dataset_id)
    owner = chain.call(chain.datasets.functions.ownerOf(dataset_id))
    if owner != chain.address:
        raise AccessDeniedError(
            f"Dataset {dataset_id} belongs to {owner}, not to {chain.address}.",
            "Use its owner's account: the word of nobody else counts there.",
        )
