"""A licensee's own copy: fetch the key, download the container, decrypt. The second mode of access.

The copy is the plain file, or a Crypt4GH file for readers that the licensee names (docs/ga4gh.md).

Entitlement is the contract's state, asked for before anything is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from biodesci.chain.client import Chain
from biodesci.chain.commitments import Commitments, commitments, of_key
from biodesci.chain.records import DatasetVersion, License, Listing
from biodesci.core import commitment, envelope, files
from biodesci.core.crypt4gh import body, header
from biodesci.core.documents.guarding import SharedKey
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
    WrongKeyError,
)
from biodesci.core.onchain import NOBODY, UNCOUNTED, LicenseState, Right
from biodesci.ipfs.client import Ipfs
from biodesci.market import content, partners, shares
from biodesci.market.content import FaultError
from biodesci.market.license import envelopes_of, is_active, own
from biodesci.market.redelivery import ONCE_MORE
from biodesci.market.sources import Source, signer, source_of

_KEEP_RUNNING: Final = "to keep its IPFS node running"
_WITHDRAWN: Final = "Consent to dataset {0.dataset_id}, version {0.version} was withdrawn on chain."
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Downloaded:
    """A licensee's copy, which has been checked against `content_root`; `size` is in bytes."""

    target: Path
    size: int
    dataset_id: int
    version: int
    content_root: str


@dataclass(frozen=True)
class Crypt4ghFile:
    """A target that is written as Crypt4GH, for the readers with these public keys."""

    path: Path
    readers: tuple[bytes, ...]


@dataclass(frozen=True)
class Key:
    """A licence's dataset key, and the content root that the version has on chain."""

    licence: License
    version: DatasetVersion
    content_root: bytes
    dataset_key: bytes = field(repr=False)

    def header(self, readers: tuple[bytes, ...]) -> bytes:
        """The header that gives readers the dataset as a Crypt4GH file. InputError for bad public keys."""
        return header.seal(self.data_key(), readers)

    def data_key(self) -> bytes:
        """The data key of that file."""
        return body.data_key(self.dataset_key, self.content_root)


def download(
    chain: Chain,
    ipfs: Ipfs,
    seed: bytes,
    license_id: int,
    target: Path | Crypt4ghFile,
    progress: Progress | None = None,
) -> Downloaded:
    """`download_over`, but StateError for a file that exists already."""
    path = target.path if isinstance(target, Crypt4ghFile) else target
    if path.exists() and not path.is_dir():
        raise StateError(f"There is a file {path} already.", "Name another target, or give --force.")
    return download_over(chain, ipfs, seed, license_id, target, progress)


def download_over(
    chain: Chain,
    ipfs: Ipfs,
    seed: bytes,
    license_id: int,
    target: Path | Crypt4ghFile,
    progress: Progress | None = None,
) -> Downloaded:
    """Fetches the container (going on where a run before stopped), checks its root, decrypts to `target`.
    A Crypt4GH file is written from the container at once: the plain file is on no disk.

    Where the licence's uses are counted, this is one: it is counted on chain when all is well, right before
    the file is there. The first one settles the licence.

    Raises FaultError where the publisher is to blame for what does not open (content.py).
    Raises InputError where `target` is a folder, or would lie in one that is not there: a mistyped path must
    not leave decrypted data where nobody looks for them.
    """
    path = target.path if isinstance(target, Crypt4ghFile) else target
    if path.is_dir():
        raise InputError(f"{path} is a folder.", "Name a file in it.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent}.", "Make it first, or correct the path.")
    licence = to_download(chain, license_id)
    with use(chain, licence) as count:
        key = key_of(chain, ipfs, seed, licence)
        with fetched(chain, ipfs, key, path, progress) as decrypt:
            partial = path.with_name(f".{path.name}.{key.content_root.hex()[:16]}.partial")
            try:
                partial.unlink(missing_ok=True)
                partial.touch(files.PRIVATE, exist_ok=False)  # decrypted: for its owner's eyes
                readers = target.readers if isinstance(target, Crypt4ghFile) else ()
                with partial.open("wb") as sink, written(sink, key, readers) as plain:
                    size = decrypt(plain)
                count()
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
    return Downloaded(path, size, licence.dataset_id, licence.version, "0x" + key.content_root.hex())


@contextmanager
def fetched(
    chain: Chain, ipfs: Ipfs, key: Key, beside: Path, progress: Progress | None
) -> Iterator[Callable[[BinaryIO], int]]:
    """Fetches the container to a file beside another one, going on where a run before stopped.

    Yields what decrypts it to a target, checks it against the chain, and returns the plaintext's size; it may
    be called again. At the end the file is gone: damaged, it must come anew; done, it is not needed any more.
    """
    found, source = locate(chain, ipfs, key)
    sealed = beside.with_name(f".{beside.name}.{found.hex()[:16]}.container")
    with _advised(chain, key.licence, key.version, _KEEP_RUNNING):
        content.fetch(source, found, sealed, progress)

    def decrypt(sink: BinaryIO) -> int:
        with _advised(chain, key.licence, key.version, _KEEP_RUNNING):
            return content.decrypt(source, found, sealed, sink, key.dataset_key, key.content_root)

    try:
        yield decrypt
    finally:
        sealed.unlink(missing_ok=True)


@contextmanager
def written(sink: BinaryIO, key: Key, readers: tuple[bytes, ...]) -> Iterator[BinaryIO]:
    """What takes the plain file: `sink` itself, or what writes Crypt4GH to it where there are readers."""
    if not readers:
        yield sink
        return
    sink.write(key.header(readers))
    with body.Writer(sink, key.data_key()) as writer:
        yield cast("BinaryIO", writer)


def to_download(chain: Chain, license_id: int) -> License:
    """This account's licence. AccessDeniedError where it is another's, or for another right."""
    licence = own(chain, license_id)
    _require_key_right(licence)
    return licence


def key_of(chain: Chain, ipfs: Ipfs, seed: bytes, licence: License) -> Key:
    """The dataset key that was delivered for a licence to download, checked against the chain.

    Raises what is wrong with the delivery, with what the licensee does about it.
    """
    version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
    committed = commitments(chain, version)
    with _advised(chain, licence, version, ONCE_MORE.format(licence.id)):
        found = _any_key(chain, ipfs, seed, licence, version, committed)
    return Key(licence, version, committed.content_root, found)


def locate(chain: Chain, ipfs: Ipfs, key: Key) -> tuple[bytes, Source]:
    """The digest of the container that a licence is for, and where it comes from, as the card has it."""
    with _advised(chain, key.licence, key.version, _KEEP_RUNNING):
        located = content.locate(ipfs, key.version.card, key.content_root)
    sign = signer(chain, key.licence.dataset_id, key.licence.id)
    source = source_of(ipfs, located.served_at, sign)
    return located.content, partners.joined(chain, source, located.content, key.licence.dataset_id)


@contextmanager
def _advised(chain: Chain, licence: License, version: DatasetVersion, ask: str) -> Iterator[None]:
    """Adds to what is wrong or missing what the licensee does about it."""
    try:
        yield
    except FaultError as exc:
        wrong = _when_wrong(chain, licence, version, "for a version that opens")
        raise FaultError(exc.fault, wrong) from exc
    except (NotFoundError, WrongKeyError) as exc:
        wrong = _when_wrong(chain, licence, version, ask)
        if version.withdrawn_at and isinstance(exc, NotFoundError):
            raise NotFoundError(f"{_WITHDRAWN.format(licence)} {exc.message}", wrong) from exc
        raise type(exc)(exc.message, f"{exc.hint} If it stays so: {wrong[0].lower()}{wrong[1:]}") from exc


def _any_key(
    chain: Chain, ipfs: Ipfs, seed: bytes, licence: License, version: DatasetVersion, committed: Commitments
) -> bytes:
    """The dataset key: opened from an envelope, and checked against the commitment on chain.

    Envelopes are tried from the newest on: one that was delivered once more does not spoil one that opens.
    """
    newest: BioDeSciError | None = None
    for digest in envelopes_of(chain, licence.id):
        try:
            return _key_in(_opened(chain, ipfs, seed, licence, digest), chain, licence, version, committed)
        except (IntegrityError, NotFoundError, WrongKeyError) as exc:
            newest = newest or exc
    assert newest is not None, "there was a delivery"
    raise newest


def _opened(chain: Chain, ipfs: Ipfs, seed: bytes, licence: License, digest: bytes) -> bytes:
    sealed = ipfs.cat(digest, max_size=SharedKey.limit)
    if sealed.startswith(b"{"):  # of guardians: no envelope begins so
        return shares.put_together(chain, seed, licence, sealed)
    where = str(chain.licenses.address)
    context = envelope.info("license", chain.chain_id, where, licence.id, licence.licensee)
    return envelope.open_(seed, sealed, context)


def _key_in(
    opened: bytes, chain: Chain, licence: License, version: DatasetVersion, committed: Commitments
) -> bytes:
    """The dataset key that an envelope held, if it is the committed one."""
    wrong = _when_wrong(chain, licence, version, ONCE_MORE.format(licence.id))
    if len(opened) != 64:
        raise IntegrityError("The envelope opens, but holds no dataset key.", wrong)
    key, salt = opened[:32], opened[32:]
    try:
        made = of_key(chain, version.publisher, key, salt)
        commitment.check(committed.key_commitment, made, "delivered key")
    except IntegrityError as exc:
        raise IntegrityError(exc.message, wrong) from exc
    return key


def _when_wrong(chain: Chain, licence: License, version: DatasetVersion, ask: str) -> str:
    """What a licensee does about what does not open; without a dispute it can ask the owner for `ask`."""
    arbiter = chain.read(Listing, licence.offer_id).offer.arbiter
    delivered = licence.state is LicenseState.DELIVERED
    if arbiter != NOBODY and delivered and chain.now() <= licence.deadline:
        return f"Dispute it before the window ends: biodesci license dispute {licence.id} REASON."
    again = f". Ask the data owner {ask}."
    if version.withdrawn_at:
        again = ", and consent was withdrawn, so that no key is delivered any more. Ask the data owner."
    return (
        ("Do not confirm it. " if delivered else "")
        + "It cannot be disputed"
        + (" any more" if arbiter != NOBODY else ": the offer names no arbiter")
        + again
    )


@contextmanager
def use(chain: Chain, licence: License) -> Iterator[Callable[[], None]]:
    """What counts one use, where uses are counted: once, for a run that was killed before its file was there
    as well. Raises where there is no access."""
    if licence.uses_left == UNCOUNTED:
        require_access(chain, licence)
        yield lambda: None
        return
    with chain.intent("use", f"licence {licence.id}") as intent:
        if intent.resume() is not None:
            yield lambda: None
            return
        require_access(chain, licence)

        def count() -> None:
            intent.send(chain.licenses.functions.consume(licence.id))

        yield count


def _require_key_right(licence: License) -> None:
    if licence.right is Right.DOWNLOAD:
        return
    work, how = "inference, which the data owner's node answers", ""
    if licence.right is Right.TRAIN:
        work = "training, which the data owner's node does"
        how = ", whose node enrols with it in a round of your model"
    raise AccessDeniedError(
        f"Licence {licence.id} is for {work}: no key is delivered, and there is no file to download.",
        f"Give the licence's number to the data owner{how}.",
    )


def require_access(chain: Chain, licence: License) -> None:
    """Raises StateError or AccessDeniedError, with the reason, where a licence gives no access now."""
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
            f"Licence {licence.id} waits for the data access committee's decision.",
            f"You need not wait: biodesci license cancel {licence.id} gives the price back.",
        )
    if licence.state is LicenseState.DISPUTED:
        raise StateError(
            f"Licence {licence.id} is disputed: there is no access until its arbiter decides.",
            f"If the arbiter says nothing in time: biodesci license refund {licence.id}.",
        )
    again = f"Buy the offer again: biodesci license buy {licence.offer_id} --again."
    if licence.state in {LicenseState.DELIVERED, LicenseState.SETTLED}:
        if licence.expires_at <= chain.now():
            raise AccessDeniedError(f"Licence {licence.id} has expired.", again)
        if licence.uses_left == 0:
            raise AccessDeniedError(f"The uses of licence {licence.id} are spent.", again)
        raise AccessDeniedError(
            f"An issuer revoked a visa that licence {licence.id} rests on.",
            f"Buy again with a new one: biodesci license buy {licence.offer_id} --visa FILE --again.",
        )
    raise AccessDeniedError(f"Licence {licence.id} gives no access: it is {licence.state.words}.", show)


def _refundable(chain: Chain, license_id: int) -> bool:
    """Whether anybody could send the price back now, by the contract."""
    try:
        chain.call(chain.licenses.functions.refund(license_id))
    except RevertedError:
        return False
    return True
