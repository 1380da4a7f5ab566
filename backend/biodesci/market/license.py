"""A licensee's side after the purchase: fetch the key, download, confirm, dispute, refund.

Entitlement is the contract's state, asked for at each step, never an event or an index. Nothing is sent
twice: each step looks at the chain first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import commitment, container, envelope, files
from biodesci.core.commitment import Publisher
from biodesci.core.documents import published_card
from biodesci.core.errors import (
    AccessDeniedError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
)
from biodesci.core.onchain import LicenseState
from biodesci.core.public_text import reason_on_chain
from biodesci.ipfs.client import Ipfs

_MAX_ENVELOPE: Final = 4_096
_TRAIN: Final = 2
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Downloaded:
    """A licensee's copy, which has been checked against `content_root`; `size` is in bytes."""

    target: Path
    size: int
    dataset_id: int
    version: int
    content_root: str


def get(chain: Chain, license_id: int) -> License:
    """NotFoundError where there is none."""
    if not 1 <= license_id <= chain.call(chain.licenses.functions.licenseCount()):
        raise NotFoundError(f"There is no licence {license_id}.", "List yours: biodesci license list.")
    return chain.read(License, license_id)


def is_active(chain: Chain, license_id: int) -> bool:
    """Whether it gives access now: delivered, not expired or used up, its visas and the consent stand."""
    return bool(chain.call(chain.licenses.functions.isActive(license_id)))


def held_by(chain: Chain, licensee: str, dataset_id: int | None = None) -> list[License]:
    """The licences that an address bought, of one dataset or of all, in the order of purchase."""
    filters: dict[str, Any] = {"licensee": licensee}
    if dataset_id is not None:
        filters["datasetId"] = dataset_id
    first = chain.deployment.contracts["AccessLicense"].block
    logs = chain.events(chain.licenses, "LicensePurchased", first, filters=filters)
    return [get(chain, log["args"]["licenseId"]) for log in logs]


def envelope_of(chain: Chain, license_id: int) -> bytes:
    """The digest of the sealed key. It is in the delivery's event alone, and there is one for a licence."""
    first = chain.deployment.contracts["AccessLicense"].block
    logs = chain.events(chain.licenses, "KeyDelivered", first, filters={"licenseId": license_id})
    if len(logs) != 1:
        raise IntegrityError(
            f"The chain node shows {len(logs)} deliveries for licence {license_id}, not one.",
            "Use another chain node: this one lost events, or tells none so old.",
        )
    return bytes(logs[0]["args"]["envelope"])


def fetch_key(chain: Chain, ipfs: Ipfs, seed: bytes, license_id: int) -> bytes:
    """The dataset key: opened from the envelope, and checked against the commitment on chain."""
    licence = own(chain, license_id)
    _require_access(chain, licence)
    sealed = ipfs.cat(envelope_of(chain, license_id), max_size=_MAX_ENVELOPE)
    context = envelope.info(
        "license", chain.chain_id, str(chain.licenses.address), license_id, licence.licensee
    )
    opened = envelope.open_(seed, sealed, context)
    wrong = f"Dispute it before the window ends: biodesci license dispute {license_id} REASON."
    if len(opened) != 64:
        raise IntegrityError("The envelope opens, but holds no dataset key.", wrong)
    key, salt = opened[:32], opened[32:]
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    try:
        publisher = Publisher(chain.chain_id, str(chain.datasets.address), version.publisher)
        made = commitment.key_commitment(publisher, key, salt)
        commitment.check(version.key_commitment, made, "delivered key")
    except IntegrityError as exc:
        raise IntegrityError(exc.message, wrong) from exc
    return key


def download(
    chain: Chain,
    ipfs: Ipfs,
    seed: bytes,
    license_id: int,
    target: Path,
    progress: Progress | None = None,
) -> Downloaded:
    """`download_over`, but StateError for a file that exists already."""
    if target.exists() and not target.is_dir():
        raise StateError(f"There is a file {target} already.", "Name another target, or give --force.")
    return download_over(chain, ipfs, seed, license_id, target, progress)


def download_over(
    chain: Chain,
    ipfs: Ipfs,
    seed: bytes,
    license_id: int,
    target: Path,
    progress: Progress | None = None,
) -> Downloaded:
    """Fetches the container (going on where a run before stopped), checks its root, decrypts to `target`.

    Raises InputError where `target` is a folder, or would lie in one that is not there: a mistyped path must
    not leave decrypted data where nobody looks for them.
    """
    if target.is_dir():
        raise InputError(f"{target} is a folder.", "Name a file in it.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent}.", "Make it first, or correct the path.")
    key = fetch_key(chain, ipfs, seed, license_id)
    licence = get(chain, license_id)
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    content = container_of(ipfs, version.card)
    sealed = target.with_name(f".{target.name}.{content.hex()[:16]}.container")
    partial = target.with_name(f".{target.name}.{content.hex()[:16]}.partial")
    ipfs.download(content, sealed, progress)
    try:
        partial.unlink(missing_ok=True)
        partial.touch(files.PRIVATE, exist_ok=False)  # decrypted: for its owner's eyes
        with sealed.open("rb") as source, partial.open("wb") as sink:
            size = container.decrypt(source, sink, key, expected_root=version.content_root)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
        # Damaged, it must come anew; done, it is not needed any more.
        sealed.unlink(missing_ok=True)
    root = "0x" + version.content_root.hex()
    return Downloaded(target, size, licence.dataset_id, licence.version, root)


def container_of(ipfs: Ipfs, card: bytes) -> bytes:
    """The digest of the container that a card describes."""
    return published_card.content(ipfs.cat(card, max_size=published_card.MAX_CARD))


def confirm(chain: Chain, license_id: int) -> TxReceipt | None:
    """Pays the owner; None where that was done before."""
    licence = own(chain, license_id)
    if licence.state is LicenseState.SETTLED:
        return None
    return chain.send(chain.licenses.functions.confirm(license_id))


def dispute(chain: Chain, license_id: int, reason: str) -> TxReceipt | None:
    """None where it is disputed already."""
    licence = own(chain, license_id)
    text = reason_on_chain(reason)
    if licence.state is LicenseState.DISPUTED:
        return None
    return chain.send(chain.licenses.functions.dispute(license_id, text))


def refund(chain: Chain, license_id: int) -> TxReceipt | None:
    """Takes the price back after the delivery deadline; None where that was done before."""
    if get(chain, license_id).state is LicenseState.REFUNDED:
        return None
    return chain.send(chain.licenses.functions.refund(license_id))


def own(chain: Chain, license_id: int) -> License:
    """The licence, if this account holds it."""
    licence = get(chain, license_id)
    if licence.licensee != chain.address:
        raise AccessDeniedError(
            f"Licence {license_id} is not held by {chain.address}.", "Use the account that bought it."
        )
    return licence


def _require_access(chain: Chain, licence: License) -> None:
    if is_active(chain, licence.id):
        return
    show = f"See biodesci license show {licence.id}."
    if licence.state is LicenseState.PURCHASED:
        if not _refundable(chain, licence.id):
            raise StateError(f"The key of licence {licence.id} is not delivered yet.", "Try again shortly.")
        raise StateError(
            f"The key of licence {licence.id} is not delivered yet, and can't be any more: the deadline has "
            "passed, consent was withdrawn, or a visa lapsed.",
            f"Take the price back: biodesci license refund {licence.id}.",
        )
    if licence.state is LicenseState.IN_REVIEW:
        raise StateError(
            f"Licence {licence.id} waits for the owner's review.",
            f"The owner was silent for too long: biodesci license refund {licence.id}."
            if _refundable(chain, licence.id)
            else show,
        )
    renew = f"Renew it (biodesci license renew {licence.id}), or buy another one."
    if licence.state in {LicenseState.DELIVERED, LicenseState.SETTLED}:
        if licence.expires_at <= chain.now():
            raise AccessDeniedError(f"Licence {licence.id} has expired.", renew)
        if licence.uses_left == 0:
            raise AccessDeniedError(f"The uses of licence {licence.id} are spent.", renew)
        is_withdrawn = chain.datasets.functions.isWithdrawn(licence.dataset_id, licence.version)
        if licence.right == _TRAIN and chain.call(is_withdrawn):
            raise AccessDeniedError(f"Consent was withdrawn, so licence {licence.id} trains no more.", show)
        raise AccessDeniedError(
            f"An issuer revoked a visa that licence {licence.id} rests on.",
            f"Renew the licence with a new one: biodesci license renew {licence.id} --visa FILE.",
        )
    raise AccessDeniedError(f"Licence {licence.id} gives no access: {licence.state.name.lower()}.", show)


def _refundable(chain: Chain, license_id: int) -> bool:
    """Whether anybody could send the price back now, by the contract."""
    try:
        chain.call(chain.licenses.functions.refund(license_id))
    except RevertedError:
        return False
    return True
