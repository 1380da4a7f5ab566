"""Dataset keys from one house to another: to who owns the token now, or has accepted its custody.

They travel sealed to the recipient's key on chain (docs/protocol.md, "Envelope"); the recipient files them
once the chain says that it may have them, and that they are those that were committed to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import envelope, files
from biodesci.core.errors import AccessDeniedError, IntegrityError, NotFoundError
from biodesci.core.onchain import Role
from biodesci.party import dataset_keys, keys
from biodesci.party.member import Member

_SECRET: Final = 64  # key ‖ salt
_ENTRY: Final = 4 + _SECRET  # with the version before it
_MAX_FILE: Final = envelope.OVERHEAD + _ENTRY * 65_535


@dataclass(frozen=True)
class HandedOver:
    """The versions of a dataset whose keys left for `recipient`, or came to it."""

    dataset_id: int
    versions: tuple[int, ...]
    recipient: str


def hand_over(holder: Member, dataset_id: int, recipient: str, target: Path) -> HandedOver:
    """Seals the keys of a dataset that this home holds to `recipient`, into a new file.

    Raises AccessDeniedError where the recipient neither owns the dataset nor has accepted its custody, and
    NotFoundError where this home holds none of its keys.
    """
    chain = holder.chain
    require_custody(chain, dataset_id, recipient)
    held = dataset_keys.held(holder.home, chain)
    versions = tuple(sorted(version for dataset, version in held if dataset == dataset_id))
    if not versions:
        raise NotFoundError(
            f"No key of dataset {dataset_id} is in {holder.home}.", "Use the home folder that published it."
        )
    entries = b""
    for number in versions:
        version = chain.read(DatasetVersion, dataset_id, number)
        key, salt = dataset_keys.load(holder.home, holder.passphrase, chain, version)
        entries += number.to_bytes(4) + key + salt
    sealed = envelope.seal(chain.key_of(recipient), entries, _info(chain, dataset_id, recipient))
    files.write_private(target, sealed)
    return HandedOver(dataset_id, versions, recipient)


def take_over(member: Member, dataset_id: int, file: Path) -> HandedOver:
    """Files the keys that were handed over to this account, for its custodian to deliver.

    Raises AccessDeniedError where this account neither owns the dataset nor has accepted its custody,
    WrongKeyError for a file that was sealed to another one, or for another dataset, and IntegrityError for a
    key that is not the one that its publisher committed to.
    """
    chain = member.chain
    require_custody(chain, dataset_id, chain.address)
    seed = keys.load_seed(member.home, member.passphrase)
    sealed = _read(file)
    entries = envelope.open_(seed, sealed, _info(chain, dataset_id, chain.address))
    if not entries or len(entries) % _ENTRY:
        raise IntegrityError("The file opens, but holds no dataset keys.", "Have it made again.")
    versions = []
    for start in range(0, len(entries), _ENTRY):
        number = int.from_bytes(entries[start : start + 4])
        version = chain.read(DatasetVersion, dataset_id, number)
        secret = entries[start + 4 : start + _ENTRY]
        dataset_keys.keep(member.home, member.passphrase, chain, version, secret)
        versions.append(number)
    return HandedOver(dataset_id, tuple(versions), chain.address)


def _read(file: Path) -> bytes:
    data = files.read(file)
    if len(data) > _MAX_FILE:
        raise IntegrityError(
            f"{file} is too large for keys that were handed over.", "Look whether it is the file."
        )
    return data


def require_custody(chain: Chain, dataset_id: int, account: str) -> None:
    """Raises AccessDeniedError where the account neither owns the dataset nor has accepted its custody."""
    if not chain.call(chain.datasets.functions.hasRole(dataset_id, Role.CUSTODIAN, account)):
        raise AccessDeniedError(
            f"{account} neither owns dataset {dataset_id} nor has accepted its custody.",
            f"The owner proposes (biodesci dataset grant-role {dataset_id} custodian ADDRESS), the account "
            f"accepts (biodesci dataset accept-role {dataset_id} custodian).",
        )


def _info(chain: Chain, dataset_id: int, recipient: str) -> bytes:
    return envelope.info("hand-over", chain.chain_id, str(chain.datasets.address), dataset_id, recipient)
