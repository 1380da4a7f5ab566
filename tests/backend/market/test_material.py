"""A folder as one archive: the same bytes from the same files, and nothing that leads out of it."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from biodesci.core.documents.manifest import FolderManifest
from biodesci.core.errors import InputError, StateError
from biodesci.market.material import MANIFEST, Material


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "study"
    (root / "sub-01" / "anat").mkdir(parents=True)
    (root / "participants.tsv").write_text("participant_id\tage\nsub-01\t44\n")
    (root / "sub-01" / "anat" / ("long-" * 40 + "é.nii")).write_bytes(bytes(range(256)) * 7)
    (root / "empty").write_bytes(b"")
    return root


def read(material: Material) -> bytes:
    with material.open() as source:
        return source.read()


def test_the_archive_holds_the_files_and_nothing_of_the_disk(folder):
    raw = read(Material.of(folder))
    assert len(raw) == Material.of(folder).size
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        members = archive.getmembers()
        assert [member.name for member in members[1:]] == sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )
        assert {(m.uid, m.gid, m.mtime, m.mode, m.uname) for m in members} == {(0, 0, 0, 0o644, "")}
        for member in members[1:]:
            taken = archive.extractfile(member)
            assert taken is not None
            assert taken.read() == (folder / member.name).read_bytes()


def test_its_manifest_says_where_each_file_begins(folder):
    raw = read(Material.of(folder))
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        first = archive.next()
        assert first is not None
        assert first.name == MANIFEST
        taken = archive.extractfile(first)
        assert taken is not None
        manifest = FolderManifest.parse(taken.read())
        begins = first.offset_data + first.size + -first.size % 512
    for file in manifest.files:
        start = begins + file.offset
        assert raw[start : start + file.size] == (folder / file.path).read_bytes()


def test_the_same_files_make_the_same_bytes(folder, tmp_path):
    before = Material.of(folder).digest()
    os.utime(folder / "participants.tsv", (1, 1))
    (folder / "participants.tsv").chmod(0o600)
    moved = folder.rename(tmp_path / "elsewhere")
    assert Material.of(moved).digest() == before
    (moved / "empty").write_bytes(b"x")
    assert Material.of(moved).digest() != before


def test_links_and_devices_are_refused(folder, tmp_path):
    (tmp_path / "secret").write_text("key")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="link or a device"):
        Material.of(folder)
    (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputError, match="link or a device"):
        Material.of(folder)
    with pytest.raises(InputError, match="neither a file nor a folder"):
        Material.of(folder / "pipe")


def test_a_file_that_changes_while_it_is_read_stops(folder):
    material = Material.of(folder)
    assert material.size
    (folder / "participants.tsv").write_text("longer than it was when the folder was listed\n" * 9)
    with pytest.raises(StateError, match="changed while it was read"):
        read(material)
    (folder / "participants.tsv").write_text("short")
    with pytest.raises(StateError, match="changed while it was read"):
        read(material)


def test_a_file_with_the_manifests_name_is_refused(folder):
    (folder / MANIFEST).write_text("{}")
    with pytest.raises(InputError, match="name of the archive's manifest"):
        Material.of(folder)


@pytest.mark.parametrize("name", [b"Befund M\xfcller.txt", b"a\nb.txt"], ids=ascii)
def test_a_name_that_a_manifest_cannot_have_is_refused_with_its_file(folder, name):
    (folder / os.fsdecode(name)).write_text("")
    with pytest.raises(InputError, match="isn't UTF-8, or has control") as caught:
        Material.of(folder)
    assert caught.value.message.isprintable()
    assert ascii(os.fsdecode(name))[1:-1] in caught.value.message
