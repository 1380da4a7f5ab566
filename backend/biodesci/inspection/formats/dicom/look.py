"""Walks through a DICOM dataset, its sequences and private attributes, and tallies what may name people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pydicom import Dataset
from pydicom.datadict import keyword_for_tag

from biodesci.core.errors import InputError
from biodesci.inspection import strings
from biodesci.inspection.content import Passage, Residue, Rows, Table
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats.dicom import dataset as datasets
from biodesci.inspection.formats.dicom import pixels, profile
from biodesci.inspection.formats.dicom.attributes import Attribute
from biodesci.inspection.formats.tally import Tally

_FACTS: Final = (
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "BodyPartExamined",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "PixelSpacing",
    "SliceThickness",
    "MagneticFieldStrength",
    "KVP",
)
_LONGEST_TEXT: Final = 1 << 16
# Types whose texts are judged even where there is nothing to say of them, such as a scanner's model. Those of
# the others (codes, numbers, bytes) have rules of their own, which a text in them breaks.
_PROSE: Final = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "PN"})
_SHOWN: Final = re.compile(rb"[\x20-\x7e]{4,}")


class Look:
    """What was found in one file or in a series of them."""

    def __init__(self, where: str) -> None:
        self._tally = Tally(where)
        self._facts: list[tuple[str | None, ...]] = []

    def file(self, path: Path, place: str) -> Iterator[Passage | Residue]:
        """Takes a file in; yields the texts that stand in it for the first time, and what isn't judged here.

        `place` names the file.
        """
        judged: list[str] = []
        try:
            with datasets.lenient():
                yield from self._dataset(datasets.read(path), judged)
        except datasets.BROKEN:
            raise InputError("An element of this DICOM file can't be read.", "Export it again.") from None
        yield Residue(place, lambda: path.open("rb"), lambda: [Passage("", text) for text in judged])

    def _dataset(self, dataset: Dataset, judged: list[str]) -> Iterator[Passage]:
        meta = getattr(dataset, "file_meta", None)
        if isinstance(meta, Dataset):
            yield from _Walk(self._tally, dataset, judged).dataset(meta)
        yield from _Walk(self._tally, dataset, judged).dataset(dataset)
        pixels.look(dataset, self._tally)
        if (getattr(dataset, "preamble", None) or b"").strip(b"\0"):
            reason = "the 128 bytes before the data are of another format, or of whoever wrote them"
            self._tally.add("preamble", "bytes that are not read", Level.ASK, reason)
        if "PixelData" in dataset:
            self._facts.append(tuple(_fact(dataset, name) for name in _FACTS))

    def finish(self) -> Iterator[Table | Finding]:
        """A table of the images' technical facts, and the findings of all files."""
        if self._facts:
            schema = pa.schema([(name, pa.string()) for name in _FACTS])
            columns = [pa.array(column, pa.string()) for column in zip(*self._facts, strict=True)]
            batch = pa.RecordBatch.from_arrays(columns, schema=schema)
            yield Table("images", schema, [batch], rows=Rows.THINGS)
        yield from self._tally.findings()


class _Walk:
    def __init__(self, tally: Tally, root: Dataset, judged: list[str]) -> None:
        self._tally, self._judged = tally, judged
        self._is_deidentified = _text(root, "PatientIdentityRemoved") == "YES"
        self._dates_shifted = _text(root, "LongitudinalTemporalInformationModified") in {
            "MODIFIED",
            "REMOVED",
        }

    def dataset(self, dataset: Any, place: str = "tag ", depth: int = 0) -> Iterator[Passage]:
        for element in datasets.elements(dataset, depth):
            tag = f"({element.tag.group:04X},{element.tag.element:04X})"
            if element.tag.is_private:
                yield from self._private(dataset, element, place, depth)
            elif datasets.vr_of(element) == "SQ":
                for item in element.value or ():
                    yield from self.dataset(item, f"{place}{tag}/", depth + 1)
            else:
                yield from self._standard(element, f"{place}{tag}")

    def _standard(self, element: Any, place: str) -> Iterator[Passage]:
        text, keyword = _text_of(element), keyword_for_tag(element.tag)
        place = f"{place} {keyword}".rstrip()
        attribute = Attribute(
            int(element.tag),
            datasets.vr_of(element),
            keyword,
            text,
            self._is_deidentified,
            self._dates_shifted,
        )
        verdict = attribute.verdict()
        if verdict is not None or attribute.vr in _PROSE:
            self._judged.append(text)
        if verdict is None:
            return
        if verdict.kind == "unique identifiers":
            place = "UIDs"
        if verdict.kind:
            self._tally.add(place, verdict.kind, verdict.level, verdict.reason)
        if verdict.check_text:
            yield from self._tally.passages(place, text[:_LONGEST_TEXT])

    def _private(self, dataset: Dataset, element: Any, place: str, depth: int) -> Iterator[Passage]:
        if element.tag.is_private_creator:
            return
        block = (element.tag.group, element.tag.element >> 8)
        creator = str(dataset[block].value) if block in dataset else ""
        if profile.is_safe_private(creator, int(element.tag)) or not _text_of(element).strip(" \0"):
            return
        reason = "only its maker knows what it holds, and the standard doesn't list it as safe"
        group = f"private tags ({element.tag.group:04X},xxxx)"
        if isinstance(element.value, bytes):
            self._judged += strings.within(element.value)
        self._judged.append(_text_of(element))
        self._tally.add(group, "private attribute", Level.STOP, reason)
        if datasets.vr_of(element) == "SQ":
            for item in element.value or ():
                yield from self.dataset(item, f"{group}/", depth + 1)


def _text(dataset: Dataset, keyword: str) -> str:
    return str(dataset.get(keyword, "") or "").strip().upper()


def _fact(dataset: Dataset, name: str) -> str | None:
    value = dataset.get(name)
    return None if value is None or value == "" else str(value)[:64]


def _text_of(element: Any) -> str:
    """The value as a text; of bytes the letters that stand in them, of what stayed on disk that it is."""
    value = element.value
    if value is None:
        is_on_disk = bool(getattr(element, "is_raw", False) and element.length)
        return "a value that stayed on disk" if is_on_disk else ""
    if isinstance(value, bytes):
        letters = b" ".join(_SHOWN.findall(value[:_LONGEST_TEXT])).decode("ascii")
        return letters or ("bytes" if value.strip(b"\0 ") else "")
    if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue":
        return "\\".join(str(part) for part in value)
    return str(value)
