"""Tables of text with a delimiter: CSV, TSV and their many dialects."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
from pyarrow import csv as arrow_csv

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Table, require_width
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import whole
from biodesci.inspection.formats.decimals import Decimals
from biodesci.inspection.formats.dialect import FIELD_LIMIT, Dialect, decimal_signs, guess, squeezed
from biodesci.inspection.formats.formulas import Formulas
from biodesci.inspection.formats.header import Header, header
from biodesci.inspection.formats.prose import oddities
from biodesci.inspection.formats.text import Utf8, beginning
from biodesci.inspection.reader import Reader
from biodesci.inspection.source import HEAD, Source

_BLOCK: Final = 4 << 20
_LONGEST_LINE: Final = 16 << 20
_SAMPLED_LINES: Final = 4  # of a table that is so wide that its first bytes hold less than one row


class Delimited:
    """Tables of text with a delimiter, read as strings, cell by cell as they stand."""

    name = "delimited table"
    media_type = "text/csv"

    def recognises(self, source: Source) -> bool:
        """A text whose lines mostly split into as many cells each, or are short and without spaces."""
        text = beginning(source.head)
        return text is not None and guess(text.beginning, text.whole) is not None

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One table of strings, the texts before its header, and what is odd about it."""
        text = beginning(source.head)
        assert text is not None, "the source was recognised"
        with source.open() as raw, Utf8(raw, text.encoding) as stream:
            sample = _sample(stream)
            dialect = guess(sample.decode("utf-8", "replace"), len(sample) < HEAD)
            if dialect is None:
                raise InputError(
                    "The table's first lines have no regular cells.", "Check how it was exported."
                )
            # Before there is a name, a type and a reader for each.
            require_width(len(dialect.first), source.begins or "The table")
            yield from _before(dialect, source)
            names = _header(dialect, declared, source)
            yield from names.findings
            decimal, thousands = decimal_signs(dialect.rows)
            decimals = Decimals(dialect.rows, decimal, thousands)
            yield from _numbers(decimal, thousands, source)
            formulas = Formulas(f"{source.where}: " if source.where else "")
            rest = _Rest(sample, stream, dialect, names.present)
            schema = pa.schema([(name, pa.string()) for name in names.names])
            batches = _batches(rest, schema, dialect, source, formulas)
            yield Table("", schema, map(decimals.plain, batches) if decimals.columns else batches)
            yield from formulas.findings()
            yield from oddities(stream, source.where or "table")
        yield from whole.wide(self, source, declared)


def _sample(stream: Utf8) -> bytes:
    """The first bytes, HEAD at least where there are so many, with some whole lines."""
    sample = bytearray()
    while piece := stream.read(1 << 20 if sample else HEAD):
        sample += piece
        if len(sample) >= HEAD and sample.count(b"\n") + sample.count(b"\r") >= _SAMPLED_LINES:
            break
        if len(sample) > _LONGEST_LINE:
            raise _too_long()
    return bytes(sample)


def _header(dialect: Dialect, declared: Declared, source: Source) -> Header:
    first = list(dialect.first)
    if dialect.short:
        trailing = all(not row[-1] for row in dialect.rows)
        first = [*first, ""] if trailing else ["", *first]
    rows = [row for row in dialect.rows if len(row) == len(first)]
    return header(first, rows, declared, source.where or "table")


def _before(dialect: Dialect, source: Source) -> Iterator[Item]:
    written = [(number, line) for number, line in enumerate(dialect.before, 1) if line.strip()]
    for number, line in written:
        yield Passage(f"{source.where or 'table'}, line {number} before the header", line)
    if written:
        reason = "lines before the header are no part of the table; readers may have to skip them"
        yield Finding(source.where or "table", "text before the header", Level.NOTE, reason, len(written))


def _numbers(decimal: str, thousands: str, source: Source) -> Iterator[Finding]:
    if decimal == ",":
        reason = "numbers are written with decimal commas, and described as numbers"
        yield Finding(source.where or "table", "decimal comma", Level.NOTE, reason)
    if thousands:
        reason = f"{thousands!r} stands between thousands of numbers, which are described as such"
        yield Finding(source.where or "table", "thousands separator", Level.NOTE, reason)


class _Rest(Reader):
    """What comes after the header; of a table without one, all after the lines before it."""

    def __init__(self, sample: bytes, stream: Utf8, dialect: Dialect, present: bool) -> None:
        super().__init__()
        lines = io.StringIO(sample.decode("utf-8", "surrogateescape"), newline="")
        skipped = dialect.lines if present else len(dialect.before)
        for _ in range(skipped):
            next(lines)
        self._begun = lines.read().encode("utf-8", "surrogateescape")
        self.stream = stream
        self.longest = max(map(len, sample.splitlines()), default=0)
        self.is_whole = len(sample) < HEAD

    def read(self, size: int = -1) -> bytes:
        """What is left of the sample, then the stream."""
        if self._begun:
            piece, self._begun = self._begun[:size], self._begun[size:]
            return piece
        return self.stream.read(size)


class _Squeezed(Reader):
    """Lines of columns that are aligned by spaces, with one space between them."""

    def __init__(self, rest: _Rest) -> None:
        super().__init__()
        self._rest, self._cut, self._left, self._ended = rest, b"", b"", False

    def read(self, size: int = -1) -> bytes:
        """`size` bytes at most, and at least one before the end."""
        while not self._left and not self._ended:
            piece = self._rest.read(_BLOCK)
            self._ended = not piece
            *lines, self._cut = (self._cut + piece).split(b"\n")
            if self._ended:
                lines.append(self._cut)
            elif len(self._cut) > _LONGEST_LINE:
                raise _too_long()
            self._left = b"".join(squeezed(line.decode()).encode() + b"\n" for line in lines)
        out, self._left = self._left[:size], self._left[size:]
        return out


def _batches(
    rest: _Rest, schema: pa.Schema, dialect: Dialect, source: Source, formulas: Formulas
) -> Iterator[pa.RecordBatch]:
    ragged: list[arrow_csv.InvalidRow] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    # Reading starts some 10^5 columns anew in each block: a block holds several rows of them. Of the many
    # small members of an archive each needs little room.
    block = HEAD if rest.is_whole else min(max(_BLOCK, 16 * rest.longest), 4 * _LONGEST_LINE)
    try:
        reader = arrow_csv.open_csv(
            pa.PythonFile(_Squeezed(rest) if dialect.delimiter == " " else rest, mode="r"),
            arrow_csv.ReadOptions(use_threads=False, block_size=block, column_names=schema.names),
            arrow_csv.ParseOptions(
                delimiter=dialect.delimiter,
                escape_char=dialect.escape or False,
                newlines_in_values=True,
                invalid_row_handler=note,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(schema.names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
                check_utf8=False,
            ),
        )
        for batch in reader:
            if rest.stream.calls:
                formulas.feed(batch)
            yield batch
    except pa.ArrowInvalid as refused:
        if "Empty CSV" in str(refused):
            return
        raise (_fault(source, dialect, len(schema)) if ragged else None) or _too_long() from None
    if rest.stream.quotes % 2 and (fault := _fault(source, dialect, len(schema))):
        raise fault


def _fault(source: Source, dialect: Dialect, width: int) -> InputError | None:
    """Where a table is damaged, found in a second look, line by line; None where it isn't."""
    text = beginning(source.head)
    assert text is not None, "the source was recognised"
    csv.field_size_limit(FIELD_LIMIT)
    with source.open() as raw:
        lines = io.TextIOWrapper(io.BufferedReader(Utf8(raw, text.encoding)), "utf-8", newline="")
        for _ in range(len(dialect.before)):
            next(lines)
        given = map(squeezed, lines) if dialect.delimiter == " " else lines
        rows = csv.reader(given, delimiter=dialect.delimiter, escapechar=dialect.escape, strict=True)
        begins = 1
        try:
            for row in rows:
                line = len(dialect.before) + begins
                if row and len(row) != width and not (dialect.short and begins == 1):
                    return InputError(
                        f"Line {line} has {len(row)} field{'s' * (len(row) != 1)}, not {width}.",
                        "Mend the line (a delimiter within a value needs quotes), then repeat.",
                    )
                begins = rows.line_num + 1
        except csv.Error as refused:
            if "unexpected end" not in str(refused):
                return None
            return InputError(
                f"A quote that opens in line {len(dialect.before) + begins} never closes.",
                "Close the quote or double it, then repeat.",
            )
    return None


def _too_long() -> InputError:
    return InputError(
        f"A line is longer than {_LONGEST_LINE >> 20} MiB, so this is no table that can be read.",
        "Check how the table was exported; a quote that never closes makes one line of many.",
    )
