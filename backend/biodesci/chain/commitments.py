"""What a dataset's version was published with: read from the event, checked against the hash in state."""

from __future__ import annotations

from dataclasses import dataclass

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import commitment
from biodesci.core.errors import IntegrityError


@dataclass(frozen=True)
class Commitments:
    """The Merkle root over a container's segments, and the commitment to its key (32 bytes each)."""

    content_root: bytes
    key_commitment: bytes


def of_key(chain: Chain, publisher: str, key: bytes, salt: bytes) -> bytes:
    """The commitment to a dataset key (32 bytes) that `publisher` makes to this chain's DatasetNFT."""
    by = commitment.Publisher(chain.chain_id, str(chain.datasets.address), publisher)
    return commitment.key_commitment(by, key, salt)


def commitments(chain: Chain, version: DatasetVersion) -> Commitments:
    """Content root and key commitment of a version, as it was published with.

    The contract keeps one hash of both. Raises IntegrityError where the chain node shows no event that fits.
    """
    known = chain.published.get(version.commitments)
    if known is not None:
        return known
    first = chain.deployment.contracts["DatasetNFT"].block
    if version.version == 1:
        name, filters = "DatasetPublished", {"datasetId": version.dataset_id}
    else:
        name, filters = "VersionPublished", {"datasetId": version.dataset_id, "version": version.version}
    for log in chain.events(chain.datasets, name, first, filters=filters):
        root, key = bytes(log["args"]["contentRoot"]), bytes(log["args"]["keyCommitment"])
        if commitment.of_version(root, key) == version.commitments:
            return chain.published.keep(version.commitments, Commitments(root, key))
    raise IntegrityError(
        f"The chain node does not show what dataset {version.dataset_id}, version {version.version}, was "
        "published with.",
        "Use another chain node: this one lost events, tells none so old, or changed them.",
    )
