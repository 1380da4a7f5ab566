"""VCF and BCF: the header's lines, the samples' names, and whether there are genotypes of individuals."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Residue, Rows, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import paths, unpacked, whole
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_LARGEST_HEADER: Final = 64 << 20
_FIXED: Final = 9  # columns before the samples', FORMAT among them
_RECORDS: Final = 10_000  # whose number of fields is compared with the header's
# Lines that define fields and places: their words are of the caller's or the assembly's makers.
_DEFINITIONS: Final = frozenset({"INFO", "FORMAT", "FILTER", "ALT", "contig", "fileformat", "phasing"})
_DEFINED: Final = tuple(f"##{key}=" for key in sorted(_DEFINITIONS))
_OF_PEOPLE: Final = frozenset({"SAMPLE", "META", "PEDIGREE", "pedigreeDB"})
_WORDS: Final = re.compile(r"[<,]Type=(?:String|Character)\b")
_LINE: Final = re.compile(r"##(?P<key>[\w.-]{1,64})=(?P<value>.*)", re.DOTALL)
_ADVICE: Final = "Write the file again, for example by bcftools view."


class Variants:
    """Variant calls."""

    name = "VCF"
    media_type = "text/x-vcf"

    def recognises(self, source: Source) -> bool:
        """The line of the file's format, or BCF's mark, compressed or not."""
        return unpacked.head(source).startswith((b"##fileformat=VCF", b"BCF\x02"))

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """A table of the samples' names; findings of the header. Genotypes ask: no genome is anonymous."""
        tally = Tally(source.where)
        unpacked.require_last_block(source)
        with unpacked.stream(source) as stream:
            is_binary = unpacked.head(source).startswith(b"BCF\x02")
            lines = _binary_header(stream) if is_binary else _header(stream)
            columns: list[str] = []
            definitions: list[str] = []
            for line in lines:
                if line.startswith(_DEFINED):
                    definitions.append(line)
                if line.startswith("##"):
                    yield from _look(line, tally)
                elif line.strip():
                    columns = line.rstrip("\r\n").split("\t")
            if columns[:2] != ["#CHROM", "POS"]:
                raise InputError("The VCF header does not end with a line of column names.", _ADVICE)
            samples = columns[_FIXED:]
            if not is_binary:
                _require_records(stream, len(columns))
        if samples:
            yield _named(samples)
            for sample in samples:
                yield from paths.label(tally, "names of samples", sample)
            reason = "a few dozen variants tell a person from all others, and a genome can't be anonymised"
            tally.add("genotypes", "individual genotypes", Level.ASK, reason, len(samples))
        yield from tally.findings()
        place = f"{source.where}, definitions" if source.where else "definitions"
        yield Residue(place, lambda: io.BytesIO("".join(definitions).encode()))
        if is_binary:
            yield whole.residue(self, source, declared)


def _named(samples: list[str]) -> Table:
    schema = pa.schema([("sample_id", pa.string())])
    batch = pa.RecordBatch.from_pydict({"sample_id": samples}, schema=schema)
    return Table("samples", schema, [batch], rows=Rows.PEOPLE)


def _look(line: str, tally: Tally) -> Iterator[Passage]:
    match = _LINE.match(line.strip())
    if match is None:
        yield from tally.passages("header line of no known form", line)
        return
    key, value = match["key"], match["value"]
    if key in _DEFINITIONS:
        if key == "INFO" and _WORDS.search(value):
            reason = "callers and annotators write whatever they like into these fields of the records"
            tally.add("texts in INFO", "text that is not read", Level.ASK, reason)
        return
    place = f"header line ##{key}" if key in _OF_PEOPLE or key[0].islower() else "header line"
    if key in _OF_PEOPLE:
        tally.add(
            place, "sample or pedigree", Level.ASK, "it describes a person or whom a person is related to"
        )
        yield from tally.passages(place, re.sub(r"[<>,=\"]+", " ", value))
    else:
        yield from paths.look(tally, place, value)


def _header(stream: BinaryIO) -> Iterator[str]:
    size = 0
    while line := stream.readline(_LARGEST_HEADER + 1):
        size += len(line)
        if size > _LARGEST_HEADER:
            raise InputError("The VCF header has more than 64 MiB.", _ADVICE)
        if not line.startswith(b"#"):
            raise InputError("The VCF header ends before the line of column names.", _ADVICE)
        yield line.decode("utf-8", "replace")
        if not line.startswith(b"##"):
            return


def _binary_header(stream: BinaryIO) -> Iterator[str]:
    start = stream.read(9)
    size = struct.unpack("<I", start[5:])[0] if len(start) == 9 else 0  # mark and length
    if size > _LARGEST_HEADER:
        raise InputError("The BCF header has more than 64 MiB.", _ADVICE)
    text = stream.read(size)
    if len(text) < size or not size:
        raise InputError("The BCF file ends within its header.", _ADVICE)
    yield from text.rstrip(b"\0").decode("utf-8", "replace").splitlines()


def _require_records(stream: BinaryIO, width: int) -> None:
    for number, line in enumerate(islice(iter(lambda: stream.readline(_LARGEST_HEADER), b""), _RECORDS), 1):
        if line.strip() and line.count(b"\t") + 1 != width:
            fields = line.count(b"\t") + 1
            raise InputError(f"Record {number} of the VCF file has {fields} fields, not {width}.", _ADVICE)
