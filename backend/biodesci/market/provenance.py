"""What datasets are derived from: proven by ownership or by a licence, or claimed by their publishers."""

from __future__ import annotations

from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import duo, duo_width
from biodesci.core.errors import InputError
from biodesci.core.onchain import Right
from biodesci.market import license

_TO_DERIVE: Final = frozenset({Right.DOWNLOAD, Right.TRAIN})


def sources(chain: Chain, ids: tuple[int, ...]) -> list[tuple[int, int]]:
    """(dataset, licence) for each of the datasets that a publication of this account comes from.

    The licence is one of its own that gives access now, and proves the descent; 0 where it needs none, or has
    none: then the descent is proven by ownership, or stays a claim.
    """
    return [(id_, _license_for(chain, id_)) for id_ in ids]


def require_no_wider(chain: Chain, named: list[tuple[int, int]], terms: int, diseases: bytes) -> None:
    """Raises InputError where terms permit more than those of a source that this account owns or licensed.

    The contract refuses it too; this is said before anything is encrypted.
    """
    for id_, license_id in named:
        if license_id:
            version = license.get(chain, license_id).version
        elif _owns(chain, id_):
            version = int(chain.call(chain.datasets.functions.latestVersion(id_)))
        else:
            continue
        parent = chain.read(DatasetVersion, id_, version)
        if not duo_width.is_no_wider(parent.terms, parent.diseases, terms, diseases):
            asked = ", ".join(duo.codes(parent.terms))
            raise InputError(
                f"The terms are wider than those of dataset {id_}, version {version}, which it comes from.",
                f"Permit no more than it does, and keep what it asks for: {asked}.",
            )


def _license_for(chain: Chain, dataset_id: int) -> int:
    if not 1 <= dataset_id <= chain.call(chain.datasets.functions.datasetCount()) or _owns(chain, dataset_id):
        return 0
    for held in reversed(license.held_by(chain, chain.address, dataset_id)):
        if held.right in _TO_DERIVE and license.is_active(chain, held.id):
            return held.id
    return 0


def _owns(chain: Chain, dataset_id: int) -> bool:
    if not 1 <= dataset_id <= chain.call(chain.datasets.functions.datasetCount()):
        return False
    return bool(chain.call(chain.datasets.functions.ownerOf(dataset_id)) == chain.address)
