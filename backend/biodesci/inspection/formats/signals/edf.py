"""EDF, EDF+ and BDF: the fields on the patient and the recording (edfplus.info, 1.3.1 and 2.1.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Residue, Rows, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_VERSIONS: Final = (b"0       ", b"\xffBIOSEMI")
_NUMBER: Final = re.compile(r"-?\d{1,8}")
_DAY: Final = re.compile(r"\d{1,2}-[A-Za-z]{3}-\d{4}")
_NO_DAY: Final = "01.01.85"  # what EDF+ says to write where the day is not to be told
_UNKNOWN: Final = frozenset({"X", "x", ""})
_ADVICE: Final = "Export the recording again, or leave it out."
_SCHEMA: Final = pa.schema(
    [("signal", pa.string()), ("units", pa.string()), ("samples_per_record", pa.string())]
)


class Edf:
    """A recording of one person."""

    name = "EDF"
    media_type = "application/x-edf"

    def recognises(self, source: Source) -> bool:
        """The version, and a date in its place."""
        is_dated = re.fullmatch(rb"\d\d\.\d\d\.\d\d\d\d\.\d\d\.\d\d", source.head[168:184])
        return source.head.startswith(_VERSIONS) and is_dated is not None

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings of the header's fields, and a table of the signals."""
        head, tally = source.head, Tally(source.where)
        text = head[:256].decode("latin-1")
        size, records, signals = text[184:192].strip(), text[236:244].strip(), text[252:256].strip()
        if not (_NUMBER.fullmatch(size) and _NUMBER.fullmatch(records) and _NUMBER.fullmatch(signals)):
            raise InputError("The EDF header is damaged.", _ADVICE)
        if int(size) != 256 * (int(signals) + 1):
            raise InputError("The EDF header's size does not fit its number of signals.", _ADVICE)
        with source.open() as stream:
            described = stream.read(int(size))[256:].decode("latin-1")
        fields = _columns(described, int(signals))
        _require_whole(source, int(size), int(records), fields)
        is_plus = text[192:197] in {"EDF+C", "EDF+D"}
        yield from _patient(text[8:88].strip(), is_plus, tally)
        yield from _recording(text[88:168].strip(), tally)
        yield from tally.passages("reserved field", text[192:236].removeprefix("EDF+"))
        for place, field in _texts(described, int(signals)):
            yield from tally.passages(place, field)
        if text[168:176] != _NO_DAY:
            tally.add("field start date", "date", Level.STOP, "the day of a recording leads to a person")
        if any("Annotations" in row["signal"] for row in fields):
            reason = "technicians write remarks into it, and nobody looked into it"
            tally.add("signal of annotations", "free text", Level.ASK, reason)
        batch = pa.RecordBatch.from_pylist(fields, schema=_SCHEMA)
        yield Table("signals", _SCHEMA, [batch], rows=Rows.THINGS)
        yield from tally.findings()
        texts = [Passage("", field) for _, field in _texts(described, int(signals))]
        yield Residue(source.where or "file", partial(_signals, source), lambda: texts)


def _patient(text: str, is_plus: bool, tally: Tally) -> Iterator[Passage]:
    place = "field patient"
    if not is_plus:
        if text and set(text.split()) - _UNKNOWN:
            tally.add(place, "free text", Level.STOP, "the field is for who it is")
            yield from tally.passages(place, text)
        return
    code, _, birth, *rest = (text.split() + ["X"] * 4)[: max(4, len(text.split()))]
    if code not in _UNKNOWN:
        tally.add(place, "record number", Level.ASK, "confirm that it is a pseudonym")
        yield from tally.passages(place, code)
    if birth not in _UNKNOWN:
        tally.add(place, "date of birth", Level.STOP, "it is a person's birthday")
    if rest[0] not in _UNKNOWN:
        tally.add(place, "name", Level.STOP, "it is a person's name")
    if rest[1:]:
        yield from tally.passages(place, " ".join(rest[1:]))


def _recording(text: str, tally: Tally) -> Iterator[Passage]:
    place = "field recording"
    words = [word for word in text.removeprefix("Startdate").split() if word not in _UNKNOWN]
    if any(_DAY.fullmatch(word) for word in words):
        tally.add(place, "date", Level.STOP, "the day of a recording leads to a person")
    others = [word for word in words if not _DAY.fullmatch(word)]
    if others:
        tally.add(
            place,
            "institution or device",
            Level.ASK,
            "it names the investigation, the technician, the device",
        )
        yield from tally.passages(place, " ".join(others).replace("_", " "))


def _columns(text: str, signals: int) -> list[dict[str, str]]:
    def field(start: int, width: int) -> list[str]:
        at = start * signals
        return [text[at + i * width : at + (i + 1) * width].strip() for i in range(signals)]

    labels, units, samples = field(0, 16), field(96, 8), field(216, 8)
    return [
        {"signal": label, "units": unit, "samples_per_record": count}
        for label, unit, count in zip(labels, units, samples, strict=True)
    ]


def _texts(text: str, signals: int) -> Iterator[tuple[str, str]]:
    """(Place, text) of what is written about each signal beside its numbers."""
    fields = (("label", 0, 16), ("transducer", 16, 80), ("units", 96, 8), ("filters", 136, 80))
    for place, start, width in (*fields, ("reserved field", 224, 32)):
        for at in range(start * signals, (start + width) * signals, width):
            yield f"{place} of a signal", text[at : at + width]


def _signals(source: Source) -> BinaryIO:
    """The bytes after what is said of the patient and the recording: fields of the signals, and samples."""
    stream = source.open()
    stream.read(256)
    return stream


def _require_whole(source: Source, size: int, records: int, fields: list[dict[str, str]]) -> None:
    counts = [row["samples_per_record"] for row in fields]
    if not all(_NUMBER.fullmatch(count) for count in counts):
        raise InputError("The EDF header is damaged.", _ADVICE)
    width = 3 if source.head.startswith(b"\xff") else 2
    expected = size + max(records, 0) * width * sum(map(int, counts))
    if source.path is not None and source.path.stat().st_size < expected:
        raise InputError("The EDF file ends before its last record.", _ADVICE)
