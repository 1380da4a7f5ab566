"""SAM, BAM and CRAM: what the header says of samples, places and programs, and whose the reads may be."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Rows, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import paths, unpacked, whole
from biodesci.inspection.formats.genomics.read_names import INSTRUMENT
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_LARGEST_HEADER: Final = 64 << 20
_READS: Final = 1_000  # whose names are looked at
_SAM: Final = re.compile(rb"@(HD|SQ|RG|PG)\t[A-Za-z][A-Za-z0-9]:|@CO\t")
# Chromosome 1 of GRCh37, GRCh38 and T2T-CHM13: whoever aligned to one of them has a person's reads.
_HUMAN: Final = frozenset({"249250621", "248956422", "248387328"})
_SCHEMA: Final = pa.schema(
    [("sample_id", pa.string()), ("library_id", pa.string()), ("platform", pa.string())]
)
_ADVICE: Final = "Write the file again, for example by samtools view."


class Alignments:
    """Aligned or unaligned reads."""

    name = "SAM, BAM or CRAM"
    media_type = "application/x-bam"

    def recognises(self, source: Source) -> bool:
        """The formats' marks; of SAM a header line."""
        head = unpacked.head(source)
        return head.startswith((b"BAM\x01", b"CRAM")) or bool(_SAM.match(head))

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """A table of the read groups, findings of the header, and texts."""
        tally = Tally(source.where)
        _require_small_header(source)
        unpacked.require_last_block(source)
        with source.on_disk() as path:
            header, names = _opened(path)
        groups: list[dict[str, str]] = []
        is_human = None
        for line in header.splitlines():
            kind, _, rest = line.partition("\t")
            fields = dict(part.split(":", 1) for part in rest.split("\t") if ":" in part)
            if kind == "@SQ":
                is_human = bool(is_human) or fields.get("LN") in _HUMAN
                yield from paths.look(tally, "header line @SQ", fields.get("UR", ""))
            elif kind == "@RG":
                groups.append(fields)
                yield from _group(fields, tally)
            elif kind == "@PG":
                yield from paths.look(
                    tally, "header line @PG", f"{fields.get('CL', '')} {fields.get('DS', '')}"
                )
            elif kind == "@CO":
                tally.add("header line @CO", "free text", Level.ASK, "people may be named in it")
                yield from tally.passages("header line @CO", rest)
        if groups:
            columns = {
                name: [group.get(key) for group in groups]
                for name, key in zip(_SCHEMA.names, ("SM", "LB", "PL"), strict=True)
            }
            batch = pa.RecordBatch.from_pydict(columns, schema=_SCHEMA)
            yield Table("read groups", _SCHEMA, [batch], rows=Rows.THINGS)
        _reads(tally, is_human, names)
        yield from tally.findings()
        if is_human is False:  # else the steward is asked about the reads, whatever is written with them
            yield whole.residue(self, source, declared)


def _group(fields: dict[str, str], tally: Tally) -> Iterator[Passage]:
    place = "header line @RG"
    if fields.get("CN"):
        tally.add(place, "institution or device", Level.ASK, "it names the sequencing centre")
    if fields.get("DT"):
        tally.add(place, "date", Level.ASK, "days of sampling or sequencing lead to a person")
    for key in ("SM", "LB", "ID"):
        yield from paths.label(tally, f"{place} {key}", fields.get(key, ""))
    for key in ("DS", "CN", "PU"):
        yield from paths.look(tally, f"{place} {key}", fields.get(key, ""))


def _reads(tally: Tally, is_human: bool | None, names: list[str]) -> None:
    if not names:
        return
    if is_human is False:
        reason = "they are aligned to a reference that isn't known as human"
        tally.add("reads", "reads", Level.NOTE, reason)
    else:
        reason = (
            "reads of a person identify this person, and can't be anonymised; nobody looked into their tags"
        )
        tally.add("reads", "individual reads", Level.ASK, reason)
    if any(INSTRUMENT.match(name) for name in names):
        tally.add(
            "names of reads", "instrument and run", Level.NOTE, "the reads' names tell the sequencer's run"
        )


def _opened(path: Path) -> tuple[str, list[str]]:
    """The header's text and the names of the first reads."""
    import pysam  # noqa: PLC0415  # loads htslib

    before = pysam.set_verbosity(0)  # htslib's own messages say paths
    try:
        # Of CRAM the reads' names alone are decoded, for which no reference genome is needed.
        with pysam.AlignmentFile(path, check_sq=False, format_options=["required_fields=0x1"]) as file:
            return str(file.header), [
                read.query_name or "" for read in islice(file.fetch(until_eof=True), _READS)
            ]
    except (OSError, ValueError, NotImplementedError):
        raise InputError("The reads can't be opened: the file is cut off or damaged.", _ADVICE) from None
    finally:
        pysam.set_verbosity(before)


def _require_small_header(source: Source) -> None:
    head = unpacked.head(source)
    if head.startswith(b"BAM\x01") and struct.unpack("<I", head[4:8].ljust(4, b"\0"))[0] > _LARGEST_HEADER:
        raise InputError("The BAM header has more than 64 MiB.", _ADVICE)
