"""A BIDS folder: participants get other numbers in all names and files, days move to before 1925 as the
specification advises (bids-specification.readthedocs.io, "Scans file"), sidecars lose what names people.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from biodesci.inspection.content import Declared, MovedColumn
from biodesci.inspection.deidentify import member, nifti, values
from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.names import Names
from biodesci.inspection.deidentify.plan import OF_PERSON, Change, Making
from biodesci.inspection.deidentify.secret import Secret
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import tree, unpacked
from biodesci.inspection.formats.brain import sidecar
from biodesci.inspection.formats.brain.bids import read_json
from biodesci.inspection.formats.brain.nifti import is_nifti
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.formats.text import beginning
from biodesci.inspection.identifiers import check_text
from biodesci.inspection.inspect import Inspection
from biodesci.inspection.source import Source

_LABEL: Final = re.compile(r"(?<![A-Za-z0-9])sub-([A-Za-z0-9+]+)")
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(.*)", re.DOTALL)
_BACK: Final = timedelta(days=73_050)  # 200 years, to a time of which nobody has a scan
_TIMES: Final = "acq_time"
_TABLES: Final = frozenset({".tsv", ".csv"})


def mend(path: Path, copy: Path, declared: Declared, making: Making) -> set[MovedColumn]:
    """Writes the folder `copy`, and gives its columns whose days moved.

    Raises InputError, with the number of the file, for one that stops and can't be mended; of a text that
    stops, such as a README, the copy has none.
    """
    copy.mkdir()
    files = tree.members(Source.of(path))
    labels = _Labels.of([str(file.path) for file in files], making.secret)
    if labels.new:
        making.mends.add("labels of participants", Action.REPLACED, "in names and files", len(labels.new))
        making.shared.ids.add(labels.new)
    making = replace(making, replaced=labels.replaced(making.secret), renamed=labels.mended)
    folder, own_of = _Folder(labels, declared, making), {}
    for file in files:
        with tree.placed(file):
            own_of[file.path] = _gathered(file, path, folder)
    inner_of = [Path(labels.mended(str(one.path.relative_to(path)))) for one in files if one.path is not None]
    names, moved = Names(making.mends, making.shared, inner_of), set[MovedColumn]()
    for file, inner in zip(files, inner_of, strict=True):
        destination = copy / names.without_ids(inner)
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tree.placed(file):
            days = _file(file, destination, folder, own_of.pop(file.path))
        at = destination.relative_to(copy)
        moved |= {day._replace(file=(at / day.file).as_posix()) for day in days}
    return moved


@dataclass(frozen=True)
class _Labels:
    """The participants' labels, and their numbers in the copy: in the order of their keyed hashes."""

    new: dict[str, str]

    @classmethod
    def of(cls, paths: list[str], secret: Secret) -> _Labels:
        """Those in the names of files."""
        labels = sorted({label for path in paths for label in _LABEL.findall(path)}, key=secret.pseudonym)
        width = max(2, len(str(len(labels))))
        return cls({label: f"{number:0{width}}" for number, label in enumerate(labels, 1)})

    def mended(self, text: str) -> str:
        """A text with other numbers for its participants; who has no file gets number 0."""
        return _LABEL.sub(lambda match: f"sub-{self.new.get(match[1], '0')}", text)

    def replaced(self, secret: Secret) -> Callable[[str], str]:
        """What becomes of ids: of a label its number, and with "sub-" it gets that with all of the file."""
        return lambda value: (
            value if _LABEL.fullmatch(value) else self.new.get(value) or secret.pseudonym(value)
        )


@dataclass(frozen=True)
class _Folder:
    labels: _Labels
    declared: Declared
    making: Making


@dataclass(frozen=True)
class _Known:
    """What is known of a file that is neither an image nor a sidecar. With `is_table` it is one of the
    folder's tables."""

    own: Inspection
    narrowed: Declared
    making: Making
    is_table: bool


def _gathered(file: Source, root: Path, folder: _Folder) -> _Known | None:
    """Takes in the ids of persons of a file; what is known of it then."""
    assert file.path is not None, "it is on disk"
    if is_nifti(unpacked.head(file)) or _is_sidecar(file):
        return None
    inner, making = file.path.relative_to(root), folder.making
    own, narrowed = member.inspected(file.path, folder.declared)
    is_table = own.format == "delimited table" and inner.suffix in _TABLES
    if is_table:
        person = next(iter(_LABEL.findall(str(inner))), "")
        making = replace(making, given=_times(own, person, making))
    if is_table or own.format != "delimited table":
        member.gather(file, own, narrowed, making)
    return _Known(own, narrowed, making, is_table)


def _is_sidecar(file: Source) -> bool:
    return file.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _file(file: Source, destination: Path, folder: _Folder, known: _Known | None) -> set[MovedColumn]:
    assert file.path is not None, "it is on disk"
    mends, moved = folder.making.mends, set[MovedColumn]()
    if known is None and _is_sidecar(file):
        document = _Sidecar(folder).mended(read_json(file), "JSON documents")
        destination.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    elif known is None:
        nifti.mend(file, destination, mends)
    elif known.is_table:
        moved = member.mend(file, destination, known.own, known.narrowed, known.making)
        text = _text(Source.of(destination))
        if (mended := folder.labels.mended(text)) != text:
            _write(destination, mended)
    elif known.own.format in {"plain text", "delimited table"}:
        grave = known.own.of(Level.STOP)
        text = "" if grave else _text(file)
        mended = folder.labels.mended(text)
        if grave or folder.making.shared.holds(mended):
            mends.add("texts such as README", Action.LEFT_OUT, grave[0].kind if grave else OF_PERSON)
        elif mended == text:
            shutil.copyfile(file.path, destination)
        else:
            _write(destination, mended)
    else:
        moved = member.mend(file, destination, known.own, known.narrowed, known.making)
    return moved


def _text(file: Source) -> str:
    """A file's text. What is in an encoding of single bytes for ASCII, and no UTF-8, stays as it is."""
    start = beginning(file.head)
    with file.open() as stream:
        if start is not None and start.encoding.startswith(("utf-16", "utf-32")):
            return stream.read().decode(start.encoding, "replace")
        return stream.read().decode("utf-8", "surrogateescape")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def _times(own: Inspection, person: str, making: Making) -> dict[str, Change]:
    """Columns of days: they move with the participant whose folder or row it is."""

    def earlier(value: Any, owner: str) -> str | None:
        match = _DAY.fullmatch(str(value))
        try:
            day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
        except ValueError:
            day = None
        whose = owner.removeprefix("sub-") or person
        if day is None or not whose:
            return values.year(value)
        return f"{(making.secret.moved(day, whose) - _BACK).isoformat()}{match[4] if match else ''}"

    moved = Change(Action.SHIFTED, "date", earlier)
    days = {
        finding.place
        for finding in own.findings
        if finding.kind == "date" and finding.level is not Level.NOTE
    }
    names = [name for table in own.tables for name in table.schema.names]
    return {name: moved for name in names if name == _TIMES or f"column {name!r}" in days}


class _Sidecar:
    """Documents beside images, whose fields are called as DICOM's attributes."""

    def __init__(self, folder: _Folder) -> None:
        self._labels, self._mends = folder.labels, folder.making.mends
        self._shared = folder.making.shared

    def mended(self, document: Any, place: str) -> Any:
        """A document without the fields that stop."""
        if isinstance(document, dict):
            kept = {}
            for given, value in document.items():
                key = self._labels.mended(given)
                if self._shared.holds(key):
                    self._mends.add(f"{place}, (a field)", Action.REMOVED, OF_PERSON)
                elif key in sidecar.PUBLIC:
                    kept[key] = value
                elif isinstance(value, dict | list):
                    kept[key] = self.mended(value, f"{place}, {key[:40]}")
                elif self._stays(key, value, place):
                    kept[key] = self._labels.mended(value) if isinstance(value, str) else value
            return kept
        if isinstance(document, list):
            nested = [
                value for value in document if isinstance(value, dict | list) or self._stays("", value, place)
            ]
            return [
                self._labels.mended(value) if isinstance(value, str) else self.mended(value, place)
                for value in nested
            ]
        return document

    def _stays(self, key: str, value: Any, place: str) -> bool:
        tally = Tally()
        passages = list(sidecar.look({key: value}, place, tally))
        findings = tally.findings() + [
            finding for passage in passages for finding in check_text(passage.place, passage.text)
        ]
        grave = next((finding for finding in findings if finding.level is Level.STOP), None)
        is_of_person = (
            isinstance(value, str | int)
            and not isinstance(value, bool)
            and self._shared.holds(self._labels.mended(str(value)))
        )
        if grave is not None or is_of_person:
            reason = OF_PERSON if grave is None else grave.kind
            self._mends.add(f"{place}, {key[:40]}".rstrip(", "), Action.REMOVED, reason)
        return grave is None and not is_of_person
