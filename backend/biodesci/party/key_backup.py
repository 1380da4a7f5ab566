"""A home's dataset keys and encryption key in files of their own: under a passphrase, or as shares of which
some give them back.

    "BDKB" ‖ version u8 = 1 ‖ threshold u16 ‖ count u16 ‖ index u16 ‖ holder u8 (0: passphrase, 1: public key)
    ‖ length u16 ‖ sealed share ‖ container (core/container.py) of a `KeyList`

The container is under a key made for this backup, which is shared by Shamir (core/shamir.py), and is the same
in all of its files; each holds one share, sealed to its holder (core/keyfile.py, core/envelope.py) and bound
to what stands around it. One file under a passphrase is a backup with one share. What else a home has
(account, model keys, journals, evidence) is in a backup of the home (party/backup.py).
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from struct import Struct, error
from typing import Final

from biodesci.core import container, envelope, files, keyfile, shamir
from biodesci.core.documents.backup import DatasetKey, KeyList
from biodesci.core.errors import InputError, IntegrityError, NotFoundError, StateError, WrongKeyError
from biodesci.core.onchain import NOBODY
from biodesci.party import dataset_keys, keys

_MAGIC: Final = b"BDKB\x01"
_HEAD: Final = Struct(">5sHHHBH")
_PASSPHRASE, _PUBLIC_KEY = 0, 1
_LARGEST: Final = KeyList.limit + (1 << 20)
_ANOTHER: Final = "Use another copy of it."


@dataclass(frozen=True)
class ShareFile:
    """A file of a backup: share `index` of `count`, of which `threshold` are needed; sealed to a holder."""

    threshold: int
    count: int
    index: int
    holder: int
    sealed_share: bytes
    sealed_keys: bytes

    @classmethod
    def parse(cls, raw: bytes) -> ShareFile:
        """Raises IntegrityError for what is no such file."""
        try:
            magic, threshold, count, index, holder, length = _HEAD.unpack_from(raw)
        except error:
            magic, threshold, count, index, holder, length = b"", 0, 0, 0, 0, 0
        body = raw[_HEAD.size :]
        is_one = magic == _MAGIC and 1 <= threshold <= count <= shamir.MAX_SHARES and 1 <= index <= count
        if not is_one or holder not in (_PASSPHRASE, _PUBLIC_KEY) or len(body) <= length:
            raise IntegrityError("This is no backup of keys.", "Check the path, or use another copy.")
        return cls(threshold, count, index, holder, body[:length], body[length:])

    @classmethod
    def read(cls, file: Path) -> ShareFile:
        """As `parse`; NotFoundError where there is no such file."""
        raw = files.read(file)
        if len(raw) > _LARGEST:
            raise IntegrityError(f"{file} is too large for a backup of keys.", "Check the path.")
        return cls.parse(raw)

    def to_bytes(self) -> bytes:
        """As the file has it."""
        place = (self.threshold, self.count, self.index, self.holder, len(self.sealed_share))
        return _HEAD.pack(_MAGIC, *place) + self.sealed_share + self.sealed_keys

    @property
    def backup(self) -> str:
        """Names the backup that it is of: all of its files have this."""
        return hashlib.sha256(self.sealed_keys).hexdigest()

    @property
    def _binding(self) -> bytes:
        around = f"{self.threshold}/{self.count}/{self.index}/{self.backup}"
        return hashlib.sha256(b"biodesci/key-share/v1/" + around.encode()).digest()

    def sealed_to(self, holder: str | bytes, share: bytes) -> ShareFile:
        """The file with the share sealed under a passphrase, or to a public key of 1,216 bytes."""
        if isinstance(holder, str):
            sealed = keyfile.seal(share, holder, self._purpose)
        else:
            sealed = envelope.seal(holder, share, self._info(holder))
        kind = _PASSPHRASE if isinstance(holder, str) else _PUBLIC_KEY
        place = (self.threshold, self.count, self.index, kind)
        return ShareFile(*place, sealed, self.sealed_keys)

    def open(self, secret: str | bytes) -> bytes:
        """The share, by its holder's passphrase, or by the seed of its holder's key.

        Raises WrongKeyError where that is not the holder's, or the file was changed, and StateError where a
        key is needed and a passphrase was given.
        """
        if isinstance(secret, bytes) and self.holder == _PUBLIC_KEY:
            return envelope.open_(secret, self.sealed_share, self._info(envelope.public_key(secret)))
        if isinstance(secret, str) and self.holder == _PASSPHRASE:
            return keyfile.open_(self.sealed_share, secret, self._purpose)
        if self.holder == _PASSPHRASE:
            raise StateError(f"Share {self.index} is under a passphrase already.", "Restore with it.")
        raise StateError(
            f"Share {self.index} is sealed to its holder's key.",
            "Its holder opens it for you, under a passphrase: biodesci key open-share FILE -o NEW.",
        )

    @property
    def _purpose(self) -> str:
        return f"key-share/{self._binding.hex()}"

    def _info(self, public: bytes) -> bytes:
        number = int.from_bytes(self._binding)
        return envelope.info("key-share", 0, NOBODY, number, keys.fingerprint(public))


@dataclass(frozen=True)
class Kept:
    """How many dataset keys a backup holds, and whether the encryption key is in it; or, when it was
    restored, how many of them were not in the home before, and whether that one was not."""

    dataset_keys: int
    encryption_key: bool


def create(
    home: Path,
    passphrase: str,
    targets: Sequence[Path],
    holders: Sequence[str | bytes],
    threshold: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> Kept:
    """Writes a file (mode 0600) for each holder: a passphrase, or a public key of 1,216 bytes.

    `progress` is told of each key. Raises NotFoundError where the home has no keys, StateError where a target
    exists, InputError for a threshold that is none, a passphrase that is too short or a bad public key, and
    WrongKeyError where the passphrase is not the home's.
    """
    for target in targets:
        if target.exists():
            raise StateError(f"There is a file {target} already.", "Name another one.")
    passphrases = [holder for holder in holders if isinstance(holder, str)]
    for word in passphrases:
        keyfile.check_passphrase(word)
    if len(set(holders)) != len(holders):
        raise InputError("Two shares are for the same holder.", "Name each once: one could be lost for two.")
    listed = _list(home, passphrase, progress)
    key, sealed = container.generate_key(), io.BytesIO()
    container.encrypt(io.BytesIO(listed.to_bytes()), sealed, key, segment_size=1 << 16)
    shares = shamir.split(key, threshold, len(holders))
    made = []
    for index, (share, holder) in enumerate(zip(shares, holders, strict=True), start=1):
        blank = ShareFile(threshold, len(holders), index, _PASSPHRASE, b"", sealed.getvalue())
        made.append(blank.sealed_to(holder, share).to_bytes())
    for target, raw in zip(targets, made, strict=True):
        files.write_private(target, raw)
    return Kept(len(listed.dataset_keys), listed.encryption_key is not None)


def open_share(file: Path, seed: bytes, passphrase: str, target: Path) -> ShareFile:
    """Opens a share by its holder's key, and writes it under a passphrase, for whoever restores.

    Raises as `ShareFile.read` and `ShareFile.open` do, and InputError for a passphrase that is too short.
    """
    sealed = ShareFile.read(file)
    opened = sealed.sealed_to(passphrase, sealed.open(seed))
    files.write_private(target, opened.to_bytes())
    return opened


def restore(
    home: Path, passphrase: str, shares: Sequence[tuple[ShareFile, str]], progress: Callable[[int], None]
) -> Kept:
    """Files the keys of a backup in a home, sealed under its passphrase; `shares` come with theirs.

    What the home has already stays as it is. Nothing is written before all was opened. Raises InputError for
    too few shares, IntegrityError for those of different backups or a damaged one, WrongKeyError for a
    passphrase that opens none, and StateError where the home has another encryption key.
    """
    keyfile.check_passphrase(passphrase)
    listed = KeyList.parse(_opened(shares))
    seed, is_new = listed.encryption_key, False
    if seed is not None and keys.path(home).exists():
        if keys.load_seed(home, passphrase) != seed:
            raise StateError(
                f"{home} has another encryption key, and nothing in it is overwritten.",
                "Name a home without one (BIODESCI_HOME).",
            )
    elif seed is not None:
        keys.keep(home, passphrase, seed)
        is_new = True
    added = 0
    for one in listed.dataset_keys:
        added += dataset_keys.write_file(home, passphrase, one.file, one.secret)
        progress(1)
    return Kept(added, is_new)


def _list(home: Path, passphrase: str, progress: Callable[[int], None]) -> KeyList:
    names = dataset_keys.files_of(home)
    has_seed = keys.path(home).exists()
    if not names and not has_seed:
        raise NotFoundError(f"There are no keys in {home}.", "Set BIODESCI_HOME to the home that has them.")
    seed = keys.load_seed(home, passphrase) if has_seed else None
    listed = []
    for name in names:
        secret = dataset_keys.read_file(home, passphrase, name)
        listed.append(DatasetKey(file=name, secret=secret))
        progress(1)
    return KeyList(
        made=int(time.time()), program=version("biodesci"), encryption_key=seed, dataset_keys=listed
    )


def _opened(shares: Sequence[tuple[ShareFile, str]]) -> bytes:
    """The list of keys, by enough shares of one backup."""
    first = shares[0][0]
    of_one = {(share.backup, share.threshold, share.count) for share, _ in shares}
    if len(of_one) != 1:
        raise IntegrityError(
            "The shares are of different backups.", "Collect shares that were made together."
        )
    if len({share.index for share, _ in shares}) < first.threshold:
        raise InputError(
            f"{len(shares)} of the {first.threshold} shares that are needed were given.",
            "Collect more of them, of different holders.",
        )
    key = shamir.combine([share.open(word) for share, word in shares], first.threshold)
    plain = io.BytesIO()
    try:
        container.decrypt(io.BytesIO(first.sealed_keys), plain, key, expected_root=None)
    except (IntegrityError, WrongKeyError, InputError) as exc:
        raise IntegrityError("The backup is damaged, or a share of it is.", _ANOTHER) from exc
    return plain.getvalue()
