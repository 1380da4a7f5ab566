"""Dataset keys at rest, by chain, contract, id and version: of what this party published, or took over.

A key commitment alone leads to no key, since anybody can copy one into a token of their own. A key lies apart
until its token is minted, for only then its id is known; it is found there by the account that publishes it,
to which the commitment is bound.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from eth_utils.address import to_checksum_address

from biodesci.chain.client import Chain
from biodesci.chain.commitments import commitments, of_key
from biodesci.chain.records import DatasetVersion
from biodesci.core import commitment, container, files, keyfile
from biodesci.core.errors import IntegrityError, NotFoundError

_PURPOSE: Final = "dataset-key"
_WAITING: Final = re.compile(r"(0x[0-9a-f]{40})-[0-9a-f]{64}\.key")
_NAME: Final = re.compile(r"(\d+)-(\d+)-[0-9a-f]{64}\.key")
_FILE: Final = re.compile(
    r"\d+-0x[0-9a-f]{40}/(\d+-\d+-[0-9a-f]{64}|unpublished/0x[0-9a-f]{40}-[0-9a-f]{64})\.key"
)


def path(home: Path, chain: Chain, version: DatasetVersion) -> Path:
    """The file in which a home keeps the key of a version; it may not exist.

    The version's commitments are in its name too, as a local chain that was started anew counts from 1 again.
    """
    name = f"{version.dataset_id}-{version.version}-{version.commitments.hex()}.key"
    return _folder(home, chain) / name


def unpublished(home: Path, chain: Chain, publisher: str, key_commitment: bytes) -> Path:
    """The file of a key whose token `publisher` has still to mint; it may not exist."""
    return _folder(home, chain) / "unpublished" / f"{publisher.lower()}-{key_commitment.hex()}.key"


def create(home: Path, passphrase: str, chain: Chain) -> bytes:
    """Makes a key and its salt for this account's next publication, seals them; returns the commitment."""
    key, salt = container.generate_key(), os.urandom(32)
    committed = of_key(chain, chain.address, key, salt)
    target = unpublished(home, chain, chain.address, committed)
    files.write_private(target, keyfile.seal(key + salt, passphrase, _PURPOSE))
    return committed


def load_unpublished(home: Path, passphrase: str, chain: Chain, key_commitment: bytes) -> bytes:
    """The key that this account made for its next publication; NotFoundError where the home lacks it."""
    source = unpublished(home, chain, chain.address, key_commitment)
    return _open(source, passphrase, chain, chain.address, key_commitment)[0]


def settle(home: Path, chain: Chain, version: DatasetVersion, key_commitment: bytes) -> None:
    """Files the key of a version under its id, now that it was minted, if it lies here still."""
    source = unpublished(home, chain, version.publisher, key_commitment)
    try:
        source.replace(path(home, chain, version))
    except FileNotFoundError:
        return  # filed before, or another home's


def settle_again(home: Path, chain: Chain, version: DatasetVersion) -> None:
    """Files the key of a version that this account published under the version's id, where it lies under the
    id that a reorganization of the chain took back: the token was minted again, and has another number."""
    target = path(home, chain, version)
    if target.exists() or version.publisher != chain.address:
        return
    same = re.compile(rf"\d+-{version.version}-{version.commitments.hex()}\.key")
    folder = _folder(home, chain)
    # The commitments are bound to the account, which publishes them once.
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if same.fullmatch(file.name):
            file.replace(target)
            return


def settle_all(home: Path, chain: Chain, start: int, end: int) -> None:
    """Files the keys of what the blocks given published; the file of each names who had to publish it."""
    waiting = _folder(home, chain) / "unpublished"
    named = (_WAITING.fullmatch(file.name) for file in waiting.iterdir()) if waiting.is_dir() else ()
    publishers = sorted({str(to_checksum_address(name[1])) for name in named if name is not None})
    if not publishers:
        return
    for name, publisher in (("DatasetPublished", "owner"), ("VersionPublished", "publisher")):
        for log in chain.events(chain.datasets, name, start, end, {publisher: publishers}):
            args = log["args"]
            committed = bytes(args["keyCommitment"])
            if unpublished(home, chain, args[publisher], committed).exists():
                version = chain.read(DatasetVersion, args["datasetId"], args.get("version", 1))
                settle(home, chain, version, committed)


def held(home: Path, chain: Chain) -> frozenset[tuple[int, int]]:
    """The datasets and versions whose keys are in this home."""
    return frozenset(_held(_folder(home, chain)))


def load(home: Path, passphrase: str, chain: Chain, version: DatasetVersion) -> tuple[bytes, bytes]:
    """(dataset key, salt) of a version; NotFoundError where this home does not hold it."""
    source = path(home, chain, version)
    _require(source)
    return _open(source, passphrase, chain, version.publisher, commitments(chain, version).key_commitment)


def keep(home: Path, passphrase: str, chain: Chain, version: DatasetVersion, secret: bytes) -> None:
    """Files a key ‖ salt that was handed over for a version.

    Raises IntegrityError where the chain's commitment is to another one.
    """
    _check(chain, version.publisher, commitments(chain, version).key_commitment, secret)
    target = path(home, chain, version)
    if not target.exists():
        files.write_private(target, keyfile.seal(secret, passphrase, _PURPOSE))


def files_of(home: Path) -> list[str]:
    """The files of all keys in a home, of whatever chain: their names below its folder for them."""
    below = home / "datasets"
    names = (file.relative_to(below).as_posix() for file in below.rglob("*.key"))
    return sorted(name for name in names if _FILE.fullmatch(name))


def read_file(home: Path, passphrase: str, name: str) -> bytes:
    """The key ‖ salt (64 bytes) in one of `files_of`, as it was filed: no chain is asked.

    Raises WrongKeyError and IntegrityError as `keyfile.open_` does.
    """
    return keyfile.open_((home / "datasets" / name).read_bytes(), passphrase, _PURPOSE)


def write_file(home: Path, passphrase: str, name: str, secret: bytes) -> bool:
    """Files a key ‖ salt under one of the names of `files_of`; False where the home has such a file already.

    Raises IntegrityError for another name, which could lead out of the home.
    """
    if not _FILE.fullmatch(name) or len(secret) != 64:
        raise IntegrityError("This is no key of a dataset.", "Use another copy.")
    target = home / "datasets" / name
    if target.exists():
        return False
    files.write_private(target, keyfile.seal(secret, passphrase, _PURPOSE))
    return True


def _folder(home: Path, chain: Chain) -> Path:
    return home / "datasets" / f"{chain.chain_id}-{str(chain.datasets.address).lower()}"


def _held(folder: Path) -> Iterator[tuple[int, int]]:
    if not folder.is_dir():
        return
    for file in folder.iterdir():
        if (named := _NAME.fullmatch(file.name)) is not None:
            yield int(named[1]), int(named[2])


def _open(
    source: Path, passphrase: str, chain: Chain, publisher: str, key_commitment: bytes
) -> tuple[bytes, bytes]:
    _require(source)
    secret = keyfile.open_(source.read_bytes(), passphrase, _PURPOSE)
    _check(chain, publisher, key_commitment, secret)
    return secret[:32], secret[32:]


def _require(source: Path) -> None:
    if not source.exists():
        raise NotFoundError(
            f"The key {source.name} is not among those that this home published or took over.",
            "Use the home folder that published it, restore its datasets/ folder from a copy, or have it "
            "handed over: biodesci dataset take-over.",
        )


def _check(chain: Chain, publisher: str, key_commitment: bytes, secret: bytes) -> None:
    commitment.check(key_commitment, of_key(chain, publisher, secret[:32], secret[32:]), "dataset key")
