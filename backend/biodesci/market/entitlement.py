"""Who may have the encrypted file of a private dataset, now, by the chain alone.

A licensee whose licence to download gives access; the arbiter of a dispute about such a licence; the
dataset's owner, and its custodians and operators, who have accepted; and the partners whom the owner named to
keep copies. Nothing here depends on which files are there, so that a refusal says nothing about that.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License, Listing, Mandate
from biodesci.core.documents.content_request import ContentRequest
from biodesci.core.errors import AccessDeniedError, NotFoundError, RevertedError, StateError
from biodesci.core.onchain import LicenseState, Right, Role
from biodesci.market.license import get
from biodesci.market.licensed_copy import require_access

_ROLES: Final = 1 << Role.CUSTODIAN | 1 << Role.OPERATOR


@dataclass(frozen=True)
class Grant:
    """What somebody may have: the container of one version of a dataset, or of all (None). `who` says in a
    word why; `until_withdrawn`: no longer than consent stands."""

    dataset_id: int
    version: int | None
    who: str
    until_withdrawn: bool = True


def entitled(chain: Chain, asked: ContentRequest, partners: Set[str]) -> Grant:
    """What the account of a request may have now. `partners` are the addresses whom the owner named.

    The signature was checked before. Raises AccessDeniedError, which says why, where the account may have
    nothing of the dataset.
    """
    if asked.license_id:
        return _by_licence(chain, asked)
    return _by_role(chain, asked, partners)


def require_version(chain: Chain, grant: Grant, dataset_id: int, version: int, card: bytes) -> None:
    """Raises NotFoundError unless the grant is for this version of the dataset, which has this card on chain;
    and AccessDeniedError where consent to it was withdrawn, and the grant ended with that."""
    if grant.dataset_id != dataset_id or grant.version not in (None, version):
        raise absent()
    on_chain = chain.read(DatasetVersion, dataset_id, version)
    if on_chain.card != card:
        raise absent()
    if grant.until_withdrawn and on_chain.withdrawn_at:
        raise AccessDeniedError(
            f"Consent to dataset {dataset_id}, version {version}, was withdrawn: its file is served no more.",
            "Ask the data owner.",
        )


def absent() -> NotFoundError:
    """The one answer for a file that is not here, and for one that is another's."""
    return NotFoundError(
        "There is no such file here for whoever asks.", "Look at the CID, and at the number of the licence."
    )


def _by_licence(chain: Chain, asked: ContentRequest) -> Grant:
    try:
        licence = get(chain, asked.license_id)
    except NotFoundError as exc:
        raise AccessDeniedError(exc.message, exc.hint) from exc
    named = f"Licence {licence.id}"
    if licence.dataset_id != asked.dataset_id:
        raise AccessDeniedError(
            f"{named} is for dataset {licence.dataset_id}, and not for {asked.dataset_id}.",
            "Ask by the licence of the dataset.",
        )
    if licence.right is not Right.DOWNLOAD:
        raise AccessDeniedError(
            f"{named} is not one to download: the owner's node serves it, and no file leaves.",
            "See biodesci license show.",
        )
    if _is_judged_by(chain, licence, asked.account):
        return Grant(licence.dataset_id, licence.version, "arbiter", until_withdrawn=False)
    if licence.licensee != asked.account:
        raise AccessDeniedError(f"{named} is not held by {asked.account}.", "Use the account that bought it.")
    try:
        require_access(chain, licence)
    except StateError as exc:
        raise AccessDeniedError(exc.message, exc.hint) from exc
    return Grant(licence.dataset_id, licence.version, "licensee")


def _is_judged_by(chain: Chain, licence: License, account: str) -> bool:
    """Whether a dispute is open that this account decides."""
    is_open = licence.state is LicenseState.DISPUTED
    return is_open and chain.read(Listing, licence.offer_id).offer.arbiter == account


def _by_role(chain: Chain, asked: ContentRequest, partners: Set[str]) -> Grant:
    dataset = asked.dataset_id
    try:
        owner = str(chain.call(chain.datasets.functions.ownerOf(dataset)))
    except RevertedError:
        owner = ""
    if owner == asked.account:
        return Grant(dataset, None, "owner", until_withdrawn=False)
    if owner and asked.account in partners:
        return Grant(dataset, None, "partner")
    mandate = chain.read(Mandate, dataset, asked.account) if owner else Mandate(0, 0)
    if mandate.granted & mandate.accepted & _ROLES:
        return Grant(dataset, None, "custodian or operator")
    raise AccessDeniedError(
        f"{asked.account} neither owns dataset {dataset}, nor acts for it, nor keeps copies of it.",
        "A licensee names its licence: biodesci license download.",
    )
