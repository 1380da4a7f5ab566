"""WFDB: headers (header(5) of the WFDB Applications Guide), and folders of records with annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Member, Passage, Residue, Rows, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import tree
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_RECORD: Final = re.compile(
    r"(?P<name>[\w./-]+?)(/(?P<segments>\d+))?\s+(?P<signals>\d{1,5})"
    r"(\s+(?P<rate>[\d.eE+-]+)(/[\d.eE+()-]+)?(\s+(?P<samples>\d+)(\s+(?P<time>[\d:.]+)(\s+(?P<date>[\d/]+))?)?)?)?"
)
_SIGNAL: Final = re.compile(
    r"(?P<file>[~\w.-]+)\s+(?P<format>\d+)(x\d+)?(:\d+)?(\+\d+)?"
    r"(\s+[\d.eE+-]+(\(-?\d+\))?(/(?P<units>\S+))?(\s+\d+(\s+-?\d+(\s+-?\d+(\s+-?\d+(\s+\d+(\s+(?P<what>.*))?)?)?)?)?)?)?"
)
_SEGMENT: Final = re.compile(r"[~\w.-]+\s+\d+")
_DAY: Final = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b|\b\d{4}[/-]\d{1,2}[/-]\d{1,2}\b")
_OLD: Final = re.compile(r"\bage\W{0,5}(9\d|1[0-2]\d)\b", re.IGNORECASE)
_LARGEST: Final = 4 << 20
_SAMPLE: Final = 200
_ADVICE: Final = "Write the header again, for example by wfdb's wrheader."
_SCHEMA: Final = pa.schema(
    [("signal", pa.string()), ("units", pa.string()), ("rate", pa.float64()), ("samples", pa.int64())]
)


@dataclass
class _Look:
    tally: Tally
    files: set[str] = field(default_factory=set)
    rows: list[dict[str, object]] = field(default_factory=list)

    def header(self, source: Source) -> Iterator[Passage]:
        """Takes a header in; yields its comments and the descriptions of its signals."""
        with source.open() as stream:
            raw = stream.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise InputError("The WFDB header has more than 4 MiB.", _ADVICE)
        lines = [line.strip() for line in raw.decode("utf-8", "replace").splitlines()]
        plain = [line for line in lines if line and not line.startswith("#")]
        record = _RECORD.fullmatch(plain[0]) if plain else None
        if record is None:
            raise InputError("The WFDB header names no record.", _ADVICE)
        if record["date"] is not None:
            reason = "the record's day leads to a person unless shifted"
            self.tally.add("record line", "date", Level.STOP, reason)
        yield from self._signals(record, plain[1:])
        for line in lines:
            if line.startswith("#"):
                yield from self._comment(line.strip("# "))

    def _signals(self, record: re.Match[str], lines: list[str]) -> Iterator[Passage]:
        count = int(record["segments"] or record["signals"])
        pattern = _SEGMENT if record["segments"] else _SIGNAL
        matches = [pattern.fullmatch(line) for line in lines[:count]]
        if len(matches) < count or None in matches:
            raise InputError("The WFDB header does not describe each of its signals.", _ADVICE)
        if record["segments"]:
            return
        for match in matches:
            assert match is not None, "each line fits"
            self.files.add(match["file"])
            what = match["what"] or ""
            self.rows.append(
                {
                    "signal": what or None,
                    "units": match["units"],
                    "rate": float(record["rate"] or 250),
                    "samples": int(record["samples"] or 0),
                }
            )
            if len(what) > 12:  # shorter ones are names of leads
                yield from self.tally.passages("description of a signal", what)

    def _comment(self, text: str) -> Iterator[Passage]:
        if not text:
            return
        self.tally.add(
            "comments", "free text", Level.ASK, "people's ages, diagnoses and names are written there"
        )
        if _DAY.search(text):
            self.tally.add(
                "comments", "date", Level.STOP, "days of a treatment lead to a person unless shifted"
            )
        if _OLD.search(text):
            self.tally.add("comments", "age over 89", Level.STOP, "few people are as old")
        yield from self.tally.passages("comments", text)

    def finish(self) -> Iterator[Item]:
        """A table of the signals, and the findings."""
        if self.rows:
            batch = pa.RecordBatch.from_pylist(self.rows, schema=_SCHEMA)
            yield Table("signals", _SCHEMA, [batch], rows=Rows.THINGS)
        yield from self.tally.findings()


class WfdbHeader:
    """One header by itself."""

    name = "WFDB header"
    media_type = "application/x-wfdb"

    def recognises(self, source: Source) -> bool:
        """A line that names a record, and a line for its first signal."""
        return _is_header(source.head)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings of the header, its comments as texts, and a table of the signals."""
        look = _Look(Tally(source.where))
        yield from look.header(source)
        yield from look.finish()


class WfdbRecords:
    """A folder of records: headers, the signals that they describe, and annotations."""

    name = "WFDB records"
    media_type = "application/x-wfdb"

    def recognises(self, source: Source) -> bool:
        """A folder with a header among its first files."""
        return source.is_folder and any(_is_header(file.head) for file in tree.members(source, _SAMPLE))

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings of all headers together, annotations' notes as texts; other files as members."""
        look = _Look(Tally(source.where))
        yield from tree.names(source)
        files = tree.members(source)
        headers = {file.where for file in files if _is_header(file.head)}
        stems = set()
        for file in files:
            if file.where in headers:
                assert file.path is not None, "a folder's files are on disk"
                stems.add(file.path.with_suffix(""))
                with tree.placed(file):
                    yield from look.header(file)
        for file in files:
            if file.where in headers:
                continue
            if file.name in look.files:  # samples
                yield Residue(file.where, file.open)
                continue
            assert file.path is not None, "a folder's files are on disk"
            if file.path.with_suffix("") in stems and _is_annotation(file.head):
                yield from _notes(file, look.tally)
                yield Residue(file.where, file.open, partial(_notes, file, Tally()))
            else:
                yield Member(file)
        yield from look.finish()


def _is_header(head: bytes) -> bool:
    if b"\0" in head[:4096]:
        return False
    plain = [line.strip() for line in head.decode("latin-1").splitlines() if line.strip() and line[0] != "#"]
    if len(plain) < 2:  # the record's and a signal's
        return False
    record = _RECORD.fullmatch(plain[0])
    if record is None or int(record["signals"]) == 0:
        return False
    return (_SEGMENT if record["segments"] else _SIGNAL).fullmatch(plain[1]) is not None


def _is_annotation(head: bytes) -> bool:
    """Whether the bytes end as annotations do, with a word of zeros, or are too many to tell."""
    return len(head) >= 2 and (head.endswith(b"\0\0") or len(head) == 1 << 16)  # a word


def _notes(file: Source, tally: Tally) -> Iterator[Passage]:
    import wfdb  # noqa: PLC0415  # slow to load

    assert file.path is not None, "a folder's files are on disk"
    try:
        annotation = wfdb.rdann(str(file.path.with_suffix("")), file.path.suffix[1:])
    except (ValueError, IndexError, KeyError, TypeError, OSError, OverflowError):
        advice = "Leave it out, or write it again, for example by wfdb's wrann."
        raise InputError(f"{file.begins} holds annotations that can't be read.", advice) from None
    for note in annotation.aux_note or ():
        text = note.strip("\0 ")
        if text and not text.startswith("("):  # "(AFIB" and others are codes of rhythms
            tally.add("annotations", "free text", Level.ASK, "people may be named in it")
            yield from tally.passages("annotations", text)
