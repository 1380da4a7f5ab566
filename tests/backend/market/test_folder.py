"""A licensed folder: its files are listed and fetched one by one, and the archive as a whole."""

from __future__ import annotations

import tarfile

import pytest

from biodesci.core.errors import AccessDeniedError, InputError, NotFoundError, StateError
from biodesci.market.folder import download_file, files_of
from tests.backend.market.downloads import downloaded

TABLE = "participant_id\tage\n" + "".join(f"sub-{i:02}\t{40 + i}\n" for i in range(20))


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    (folder / "sub-01").mkdir(parents=True)
    (folder / "participants.tsv").write_text(TABLE)
    (folder / "sub-01" / ("signal-" * 20 + "é.dat")).write_bytes(bytes(range(256)) * 9_000)
    (folder / "empty.txt").write_text("")
    return folder


@pytest.fixture
def delivered(sale_of, study):
    sale = sale_of(material=study)
    license_id = sale.buy().license_id
    assert sale.release() == [license_id]
    return sale, license_id


def test_files_are_listed_and_fetched_one_by_one(delivered, study, tmp_path):
    sale, license_id = delivered
    access = (sale.buyer, sale.ipfs, sale.seed, license_id)
    listed = {file.path: file.size for file in files_of(*access)}
    on_disk = {p.relative_to(study).as_posix(): p.stat().st_size for p in study.rglob("*") if p.is_file()}
    assert listed == on_disk
    for path, size in listed.items():
        target = tmp_path / "one"
        assert download_file(*access, (path, target)) == size
        assert target.read_bytes() == (study / path).read_bytes()
        assert target.stat().st_mode & 0o777 == 0o600
        with pytest.raises(StateError, match="already"):
            download_file(*access, (path, target))
        target.unlink()
    with pytest.raises(NotFoundError, match="has no file"):
        download_file(*access, ("../participants.tsv", tmp_path / "none"))
    assert not list(tmp_path.glob(".none*"))


def test_the_whole_folder_is_an_archive_that_tar_opens(delivered, study, tmp_path):
    sale, license_id = delivered
    archive = tmp_path / "study.tar"
    archive.write_bytes(downloaded(sale.buyer, sale.ipfs, sale.seed, license_id))
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    assert (tmp_path / "unpacked" / "participants.tsv").read_text() == TABLE


def test_a_licence_of_a_file_has_no_files_in_it(sale, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    with pytest.raises(InputError, match="is a file and no folder"):
        files_of(sale.buyer, sale.ipfs, sale.seed, license_id)
    with pytest.raises(InputError, match="is a file and no folder"):
        download_file(sale.buyer, sale.ipfs, sale.seed, license_id, ("a", tmp_path / "a"))


def test_each_file_is_a_use_where_uses_are_counted(sale_of, study, tmp_path):
    sale = sale_of(material=study, uses=2)
    license_id = sale.buy().license_id
    sale.release()
    access = (sale.buyer, sale.ipfs, sale.seed, license_id)
    files_of(*access)
    for number in range(2):
        download_file(*access, ("participants.tsv", tmp_path / str(number)))
    with pytest.raises(AccessDeniedError, match="are spent"):
        download_file(*access, ("participants.tsv", tmp_path / "third"))
    assert not (tmp_path / "third").exists()
