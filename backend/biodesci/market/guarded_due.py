"""Whether guardians may deliver a licence's key now: for the first time, or once more because it was lost.

Each guardian sees it on chain by itself. A key comes once more for one that the licensee registered since its
last delivery, which costs it gas. That it says that a key or what was delivered is lost is not enough.
"""

from __future__ import annotations

from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License, Release
from biodesci.core.errors import AccessDeniedError, StateError
from biodesci.core.onchain import LicenseState, Right
from biodesci.market import evidence, guarded_splits, redelivery
from biodesci.market.license import get, visas_until
from biodesci.market.sealing import ANY, LEAST_TIME, delivery
from biodesci.party.member import Member

_DELIVERED: Final = frozenset({LicenseState.DELIVERED, LicenseState.SETTLED})


def due(member: Member, license_id: int) -> tuple[License, DatasetVersion]:
    """A licence that waits for its key, which this account may deliver now, by all that the contract checks.

    Raises StateError where it does not wait or has no time left, AccessDeniedError where this account is no
    custodian of the dataset (any more), and what the contract would refuse a delivery with.
    """
    chain = member.chain
    licence = get(chain, license_id)
    if licence.right is not Right.DOWNLOAD or licence.state is not LicenseState.PURCHASED:
        raise StateError(
            f"No key is due for licence {license_id}: it is {licence.state.words}.",
            f"See biodesci license show {license_id}.",
        )
    version, custodian = _released_by(member, licence)
    if min(licence.deadline, visas_until(chain, license_id)) - chain.now() < LEAST_TIME:
        raise StateError(
            "The delivery deadline, or the end of the licence's visas, is too near or has passed.",
            "The buyer gets a refund.",
        )
    chain.call(delivery(chain, licence, version, ANY), sender=custodian)
    return licence, version


def due_or_again(member: Member, license_id: int) -> tuple[License, DatasetVersion]:
    """As `due`; besides that a licence that gives access, whose key this account may deliver once more."""
    chain = member.chain
    licence = get(chain, license_id)
    if licence.right is not Right.DOWNLOAD or licence.state not in _DELIVERED:
        return due(member, license_id)
    version, custodian = _released_by(member, licence)
    chain.call(redelivery.again(chain, licence, version, ANY), sender=custodian)
    redelivery.require_time(chain, licence)
    if not has_another_key(chain, licence):
        raise StateError(
            f"No key is due for licence {license_id}: it was delivered, and the licensee has registered none "
            "since.",
            "A licensee who lost its key registers a new one first: biodesci key register.",
        )
    return licence, version


def has_another_key(chain: Chain, licence: License) -> bool:
    """Whether the licensee has registered a key since the last delivery; not, where there was none."""
    delivered = evidence.deliveries(chain, licence.id)
    if not delivered:
        return False
    at, filters = delivered[-1].at, {"account": licence.licensee}
    registered = chain.events(chain.keys, "KeyRegistered", at[0], filters=filters)
    return any((log["blockNumber"], log["logIndex"]) > at for log in registered)


def _released_by(member: Member, licence: License) -> tuple[DatasetVersion, str]:
    """The version of a licence, and the custodian that releases its key for this account."""
    chain = member.chain
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    contract = guarded_splits.custody_of(member, version) is not None
    custodian = str(chain.custody.address) if contract else chain.address
    release = chain.read(Release, licence.dataset_id, licence.version, custodian)
    if not release.entitled:
        raise AccessDeniedError(
            f"{custodian} is no custodian of dataset {licence.dataset_id}, and the guardians of your split "
            "are not those whom its owner named to a contract.",
            "Its owner grants the role, or makes a new split (biodesci dataset guard), which you take.",
        )
    if release.withdrawn:
        raise StateError("Consent was withdrawn: no key is released.", "The buyer gets a refund.")
    return version, custodian
