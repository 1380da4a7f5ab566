"""FASTA and FASTQ: the sequences' names, and whose they may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Rows, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import paths, unpacked
from biodesci.inspection.formats.genomics.read_names import INSTRUMENT, KNOWN
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_PIECE: Final = 1 << 16
_BATCH: Final = 50_000
_READS: Final = 10_000  # whose names and lengths are looked at
_SCHEMA: Final = pa.schema([("sequence_id", pa.string()), ("description", pa.string())])
_FASTA: Final = re.compile(
    rb">[^\x00-\x08\r\n]{0,4096}\r?\n[A-Za-z*.\- \t]{1,4096}(\r?\n|$|(?<=[A-Za-z]{80}))"
)
_FASTQ: Final = re.compile(rb"@[^\x00-\x08\r\n]+\r?\n([A-Za-z.*\-]*)\r?\n\+[^\r\n]*\r?\n([!-~]*)")
_NUCLEOTIDES: Final = frozenset(b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv-*. \t\r\n")


class Fasta:
    """Sequences with a line of name each."""

    name = "FASTA"
    media_type = "text/x-fasta"

    def recognises(self, source: Source) -> bool:
        """A line that begins with >, and a line of letters."""
        return bool(_FASTA.match(unpacked.head(source)))

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """A table of names and descriptions. Nucleotides ask: those of a person identify it."""
        yield Table("sequences", _SCHEMA, _batches(source), rows=Rows.THINGS)
        tally = Tally(source.where)
        lines = unpacked.head(source).split(b"\n")
        letters = b"".join(line for line in lines if not line.startswith(b">"))
        if frozenset(letters) <= _NUCLEOTIDES:
            reason = "a sequence of a person identifies it; confirm that they are of a reference or no person"
            tally.add("sequences", "genetic sequences", Level.ASK, reason)
        yield from tally.findings()


class Fastq:
    """Reads with their qualities."""

    name = "FASTQ"
    media_type = "text/x-fastq"

    def recognises(self, source: Source) -> bool:
        """A read of four lines."""
        match = _FASTQ.match(unpacked.head(source))
        return match is not None and len(match[1]) == len(match[2])

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """The names that no sequencer gives as texts; reads ask."""
        tally = Tally(source.where)
        reason = "reads of a person identify this person, and can't be anonymised"
        tally.add("reads", "individual reads", Level.ASK, reason)
        unpacked.require_last_block(source)
        with unpacked.stream(source) as stream:
            for line in islice(_names(stream), _READS):
                name = line
                if INSTRUMENT.match(line):
                    reason = "the reads' names tell the sequencer's run"
                    tally.add("names of reads", "instrument and run", Level.NOTE, reason)
                    name = line.partition(" ")[2]
                elif KNOWN.match(line):
                    continue
                yield from paths.look(tally, "names of reads", re.sub(r"[._|-]+", " ", name))
        yield from tally.findings()


def _names(stream: BinaryIO) -> Iterator[str]:
    number = 0
    while first := stream.readline(_PIECE):
        number += 1
        read = [first, *(stream.readline(64 * _PIECE).rstrip(b"\r\n") for _ in range(3))]
        is_whole = read[0].startswith(b"@") and read[2].startswith(b"+") and len(read[1]) == len(read[3])
        if not is_whole:
            raise InputError(
                f"Read {number} of the FASTQ file is not whole.", "Fetch or write the file again."
            )
        yield first[1:].decode("utf-8", "replace").strip()


def _batches(source: Source) -> Iterator[pa.RecordBatch]:
    kept: list[dict[str, str]] = []
    with unpacked.stream(source) as stream:
        is_start = True
        while piece := stream.readline(_PIECE):
            if is_start and piece.startswith(b">"):
                name, _, description = piece[1:].decode("utf-8", "replace").strip().partition(" ")
                kept.append({"sequence_id": name, "description": description})
            is_start = piece.endswith(b"\n")
            if len(kept) == _BATCH:
                yield pa.RecordBatch.from_pylist(kept, schema=_SCHEMA)
                kept = []
    if kept:
        yield pa.RecordBatch.from_pylist(kept, schema=_SCHEMA)
