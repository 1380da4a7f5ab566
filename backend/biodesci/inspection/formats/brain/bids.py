"""A folder by the Brain Imaging Data Structure (bids-specification.readthedocs.io)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Member, Passage
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import paths, tree, unpacked, whole
from biodesci.inspection.formats.brain import sidecar
from biodesci.inspection.formats.brain.nifti import Look, Nifti, is_nifti
from biodesci.inspection.formats.json_text import loads
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_NIFTI: Final = Nifti()
_DESCRIPTION: Final = "dataset_description.json"
_LARGEST_JSON: Final = 16 << 20
_PERSON: Final = re.compile(r"sub-([A-Za-z0-9+]+)")
_PLAIN: Final = re.compile(r"[A-Za-z]{0,8}\d{1,5}[A-Za-z]{0,2}")
_BIRTH: Final = re.compile(
    r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d{2}"
)
_MOVED: Final = 1925  # dates before this year were moved, by the specification's advice
_YEAR: Final = re.compile(rb"(?<![\d.])([12]\d{3})-\d{2}-\d{2}")


class Bids:
    """Images, tables and JSON documents of many persons."""

    name = "BIDS dataset"
    media_type = "application/x-bids"

    def recognises(self, source: Source) -> bool:
        """The dataset's description, which names the version."""
        if source.path is None or not source.is_folder:
            return False
        description = source.path / _DESCRIPTION
        if not description.is_file() or description.is_symlink():
            return False
        return b'"BIDSVersion"' in Source.of(description).head

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings of all images and JSON documents together; tables and other files as members."""
        tally = Tally(source.where)
        look = Look(tally)
        yield from tree.names(source)
        assert source.path is not None, "a folder is on disk"
        people: dict[str, None] = {}
        for file in tree.members(source):
            with tree.placed(file):
                assert file.path is not None, "a folder's files are on disk"
                people |= dict.fromkeys(_PERSON.findall(str(file.path.relative_to(source.path))))
                if is_nifti(unpacked.head(file)):
                    yield from look.file(file)
                    yield whole.residue(_NIFTI, file, declared)
                elif file.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                    place = _DESCRIPTION if file.path.name == _DESCRIPTION else "JSON documents"
                    yield from sidecar.look(read_json(file), place, tally)
                else:
                    _scans(file.path, tally)
                    yield Member(file)
        yield from _labels(people, tally)
        yield from look.finish()


def _labels(people: dict[str, None], tally: Tally) -> Iterator[Passage]:
    """The persons' labels, which stand in the names of all their files."""
    place = "labels of participants"
    for label in people:
        if _BIRTH.search(label):
            tally.add(place, "date of birth", Level.STOP, "a label looks like a day")
        elif not _PLAIN.fullmatch(label):
            reason = (
                "not all are a number with a short prefix: confirm that they are no record numbers or names"
            )
            tally.add(place, "record number", Level.ASK, reason)
            yield from paths.label(tally, place, label)


def _scans(path: Path, tally: Tally) -> None:
    """When images were taken, in *_scans.tsv and *_sessions.tsv."""
    if not path.name.endswith(("_scans.tsv", "_sessions.tsv")):
        return
    with path.open("rb") as stream:
        for line in stream:
            if any(int(year) >= _MOVED for year in _YEAR.findall(line)):
                reason = f"days of a visit lead to a person; move them to years before {_MOVED}"
                tally.add("times of scans and sessions", "date", Level.STOP, reason)


def read_json(file: Source) -> Any:
    """The document in a file. Raises InputError for what is none, or has more than 16 MiB."""
    with file.open() as stream:
        raw = stream.read(_LARGEST_JSON + 1)
    if len(raw) > _LARGEST_JSON:
        raise InputError("The JSON document has more than 16 MiB.", "Split it, or leave it out.")
    try:
        return loads(raw.removeprefix(codecs.BOM_UTF8))
    except (ValueError, RecursionError):
        raise InputError("The JSON document can't be read.", "Write it again, in UTF-8.") from None
