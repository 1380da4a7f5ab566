"""Keys come back from a file, or from any t of n shares; from fewer, or from changed ones, nothing does."""

from __future__ import annotations

import itertools
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biodesci.core import envelope
from biodesci.core.errors import (
    BioDeSciError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    WrongKeyError,
)
from biodesci.party import dataset_keys, key_backup, keys
from biodesci.party.key_backup import Kept, ShareFile
from tests.backend.acting import PASSPHRASE

NEW = "another passphrase"
NAMES = (
    f"31337-0x{'ab' * 20}/7-1-{'cd' * 32}.key",
    f"31337-0x{'ab' * 20}/unpublished/0x{'12' * 20}-{'ef' * 32}.key",
)
WORDS = ("the first holder", "the second holder", "the third holder")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    keys.create(home, PASSPHRASE)
    for number, name in enumerate(NAMES):
        dataset_keys.write_file(home, PASSPHRASE, name, bytes([number]) * 64)
    (home / "datasets" / "notes.txt").write_text("no key")
    return home


@pytest.fixture(scope="module")
def seeds() -> list[bytes]:
    return [envelope.generate_seed() for _ in range(2)]


@pytest.fixture(scope="module")
def shared(home: Path, seeds: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """2 of 4: two under passphrases, two sealed to keys."""
    folder = tmp_path_factory.mktemp("shares")
    targets = [folder / f"share.{index}" for index in range(1, 5)]
    holders = [*WORDS[:2], *map(envelope.public_key, seeds)]
    assert key_backup.create(home, PASSPHRASE, targets, holders, 2) == Kept(2, True)
    return targets


def brought_back(fresh: Path, *shares: tuple[Path, str]) -> Kept:
    read = [(ShareFile.read(file), word) for file, word in shares]
    return key_backup.restore(fresh, NEW, read, lambda _done: None)


def is_as_it_was(fresh: Path, home: Path) -> bool:
    return keys.load_seed(fresh, NEW) == keys.load_seed(home, PASSPHRASE) and [
        dataset_keys.read_file(fresh, NEW, name)[0] for name in NAMES
    ] == [0, 1]


def test_one_file_under_a_passphrase_makes_the_keys_of_an_empty_home(home: Path, tmp_path: Path) -> None:
    file, fresh = tmp_path / "keys", tmp_path / "machine" / "home"
    assert key_backup.create(home, PASSPHRASE, [file], [WORDS[0]]) == Kept(2, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert NAMES[0].encode() not in file.read_bytes()
    with pytest.raises(WrongKeyError):
        brought_back(fresh, (file, WORDS[1]))
    assert not fresh.exists()
    assert brought_back(fresh, (file, WORDS[0])) == Kept(2, True)
    assert is_as_it_was(fresh, home)
    assert brought_back(fresh, (file, WORDS[0])) == Kept(0, False), "once more changes nothing"
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in fresh.rglob("*.key"))


def test_any_two_of_the_holders_give_the_keys_back(
    home: Path, shared: list[Path], seeds: list[bytes], tmp_path: Path
) -> None:
    opened = list(zip(shared[:2], WORDS[:2], strict=True))
    for number, seed in enumerate(seeds):
        target = tmp_path / f"opened-{number}"
        made = key_backup.open_share(shared[2 + number], seed, WORDS[2], target)
        assert (made.index, made.threshold, made.count) == (3 + number, 2, 4)
        opened.append((target, WORDS[2]))
    for number, pair in enumerate(itertools.combinations(opened, 2)):
        fresh = tmp_path / f"fresh-{number}"
        assert brought_back(fresh, *pair) == Kept(2, True)
        assert is_as_it_was(fresh, home)
    assert brought_back(tmp_path / "all", *opened) == Kept(2, True)
    with pytest.raises(InputError, match="1 of the 2 shares"):
        brought_back(tmp_path / "one", opened[0])
    with pytest.raises(InputError, match="of the 2 shares"):
        brought_back(tmp_path / "one", opened[0], opened[0])
    assert not (tmp_path / "one").exists()


def test_a_share_opens_for_its_holder_alone(shared: list[Path], seeds: list[bytes], tmp_path: Path) -> None:
    with pytest.raises(WrongKeyError):
        key_backup.open_share(shared[2], seeds[1], WORDS[2], tmp_path / "opened")
    with pytest.raises(StateError, match="under a passphrase already"):
        key_backup.open_share(shared[0], seeds[0], WORDS[2], tmp_path / "opened")
    with pytest.raises(StateError, match="biodesci key open-share"):
        brought_back(tmp_path / "fresh", (shared[2], WORDS[0]), (shared[0], WORDS[0]))
    with pytest.raises(WrongKeyError):
        brought_back(tmp_path / "fresh", (shared[1], WORDS[0]), (shared[0], WORDS[0]))
    assert list(tmp_path.iterdir()) == []


def test_shares_of_two_backups_do_not_mix(home: Path, shared: list[Path], tmp_path: Path) -> None:
    others = [tmp_path / f"other.{index}" for index in (1, 2)]
    key_backup.create(home, PASSPHRASE, others, WORDS[:2], 2)
    with pytest.raises(IntegrityError, match="of different backups"):
        brought_back(tmp_path / "fresh", (shared[0], WORDS[0]), (others[1], WORDS[1]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_byte_of_a_share_can_be_changed(shared: list[Path], tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(shared[0].read_bytes())
    match data.draw(st.sampled_from(["change", "cut", "add"])):
        case "change":
            place = data.draw(st.integers(0, len(raw) - 1))
            raw[place] ^= data.draw(st.integers(1, 255))
        case "cut":
            del raw[data.draw(st.integers(0, len(raw) - 1)) :]
        case "add":
            raw += data.draw(st.binary(min_size=1, max_size=40))
    changed = tmp_path / "changed"
    changed.write_bytes(raw)
    with pytest.raises(BioDeSciError):
        brought_back(tmp_path / "fresh", (changed, WORDS[0]), (shared[1], WORDS[1]))
    assert not (tmp_path / "fresh").exists()


def test_nothing_is_overwritten(home: Path, shared: list[Path], tmp_path: Path) -> None:
    with pytest.raises(StateError, match="already"):
        key_backup.create(home, PASSPHRASE, [shared[0]], [WORDS[0]])
    other = tmp_path / "other"
    keys.create(other, NEW)
    before = keys.path(other).read_bytes()
    with pytest.raises(StateError, match="another encryption key"):
        brought_back(other, *zip(shared[:2], WORDS[:2], strict=True))
    assert keys.path(other).read_bytes() == before
    assert [path.name for path in other.iterdir()] == ["key.bin"]


def test_what_cannot_be_backed_up_is_said(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "keys"
    with pytest.raises(NotFoundError, match="no keys"):
        key_backup.create(tmp_path / "empty", PASSPHRASE, [target], [WORDS[0]])
    with pytest.raises(WrongKeyError):
        key_backup.create(home, NEW, [target], [WORDS[0]])
    with pytest.raises(InputError, match="10 characters"):
        key_backup.create(home, PASSPHRASE, [target], ["short"])
    with pytest.raises(InputError, match="threshold of 3 of 2"):
        key_backup.create(home, PASSPHRASE, [target, tmp_path / "two"], WORDS[:2], 3)
    with pytest.raises(InputError, match="same holder"):
        key_backup.create(home, PASSPHRASE, [target, tmp_path / "two"], [WORDS[0]] * 2, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../key.bin", f"1-0x{'ab' * 20}/../x.key", "/etc/passwd", NAMES[0] + "x"])
def test_a_backup_that_somebody_made_leads_out_of_no_home(tmp_path: Path, name: str) -> None:
    with pytest.raises(IntegrityError):
        dataset_keys.write_file(tmp_path / "home", NEW, name, bytes(64))
    assert list(tmp_path.iterdir()) == []
