"""The splits of keys that a guardian's home has, and whether a contract delivers for whom they name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import files
from biodesci.core.documents.guarding import Split, SplitFile
from biodesci.core.errors import NotFoundError
from biodesci.market import guarded_custody, shares
from biodesci.party.member import Member


def set_of(chain: Chain, split: Split) -> bytes | None:
    """What the contract keeps of the guardians of a split; None where it does not deliver for them."""
    guardians = guarded_custody.of_split(split)
    return guarded_custody.set_of(chain, split.dataset_id, split.version, guardians)


def kept(member: Member) -> Iterator[tuple[int, int]]:
    """The datasets and versions of whose keys this home has a share."""
    for file in sorted(folder(member.home, member.chain).glob("*.split")):
        dataset_id, version = file.stem.split("-")
        yield int(dataset_id), int(version)


def custody_of(member: Member, version: DatasetVersion) -> bytes | None:
    """What the contract keeps of the guardians in this home's split; None where it does not deliver for them,
    or this home has no split."""
    source = split_path(member, version)
    return set_of(member.chain, SplitFile.parse(files.read(source)).signed.split) if source.exists() else None


def split_of(member: Member, version: DatasetVersion) -> SplitFile:
    """The split of a version's key that is in this home, if it counts; NotFoundError where there is none."""
    source = split_path(member, version)
    if not source.exists():
        raise NotFoundError(
            f"No share of dataset {version.dataset_id}, version {version.version}, is in this home.",
            "Take the split that its owner made: biodesci dataset take-share FILE.",
        )
    file = SplitFile.parse(files.read(source))
    shares.require_split(member.chain, file.signed, version)
    return file


def split_path(member: Member, version: DatasetVersion) -> Path:
    """The file in which a guardian keeps the split of a key; it may not exist."""
    return folder(member.home, member.chain) / f"{version.dataset_id}-{version.version}.split"


def folder(home: Path, chain: Chain) -> Path:
    """Where a home keeps what it guards of one chain."""
    return home / "guarded" / f"{chain.chain_id}-{str(chain.datasets.address).lower()}"
