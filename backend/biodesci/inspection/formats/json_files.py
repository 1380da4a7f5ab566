"""JSON documents and JSON lines."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item
from biodesci.inspection.finding import Finding
from biodesci.inspection.formats.header import Header, header
from biodesci.inspection.formats.json_text import loads, require_each_once
from biodesci.inspection.formats.prose import oddities
from biodesci.inspection.formats.records import Record, Records, by_name, is_by_name
from biodesci.inspection.formats.text import Utf8, beginning
from biodesci.inspection.formats.whole import wide
from biodesci.inspection.source import Source

_BEGINS: Final = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*(?:[\[{\]\"\d-]|true|false|null))")
_LONGEST_LINE: Final = 64 << 20
_LARGEST: Final = 256 << 20  # bytes of a document that is no list, and read at once
_PIECE: Final = 1 << 20  # characters
_SPACE: Final = " \t\n\r"


class JsonLines:
    """A record in each line."""

    name = "JSON lines"
    media_type = "application/jsonl"

    def recognises(self, source: Source) -> bool:
        """A first line that is a JSON object or array by itself, and a second one."""
        if not _begins(source):
            return False
        with _stream(source) as stream:
            lines = (line for line in _lines(stream) if line.strip())
            first, second = next(lines, b""), next(lines, b"")
        return second.strip()[:1] in {b"{", b"["} and _is_json(first)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Tables of strings. Raises InputError that names a line which is no JSON."""
        yield from Records(lambda: _line_records(source)).tables()
        yield from _oddities(source)
        yield from wide(self, source, declared)


class Json:
    """One document: a list of records, or an object with whatever is in it."""

    name = "JSON"
    media_type = "application/json"

    def recognises(self, source: Source) -> bool:
        """A text that begins as JSON does."""
        return _begins(source)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Tables of strings. Raises InputError for what is no JSON, or an object of more than 256 MiB."""
        rows = _sample(source)
        if rows:
            yield from _header(rows, source, declared).findings
        # A document that is no list is in memory as a whole, and parsed once.
        whole = None if _is_list(source) else list(records(source, declared))
        reading = (lambda: records(source, declared)) if whole is None else (lambda: iter(whole))
        yield from Records(reading).tables()
        yield from _oddities(source)
        yield from wide(self, source, declared)


def records(source: Source, declared: Declared) -> Iterator[Record]:
    """The records of JSON lines, or of a document. Raises InputError as the formats' `read` does."""
    if JsonLines().recognises(source):
        yield from _line_records(source)
    elif not _is_list(source):
        yield from _of_document(_document(source))
    elif rows := _sample(source):
        names = _header(rows, source, declared)
        yield from _named_rows(source, names.names, int(names.present))
    else:
        yield from map(_record, _elements(source))


def _sample(source: Source) -> list[list[str]]:
    """The first rows of a list of lists, as texts; none of anything else."""
    first = next(_elements(source), None) if _is_list(source) else None
    if not isinstance(first, list):
        return []
    rows = islice((row for row in _elements(source) if isinstance(row, list)), 100)
    return [[str(cell) for cell in row] for row in rows if len(row) == len(first)]


def _header(rows: list[list[str]], source: Source, declared: Declared) -> Header:
    return header(rows[0], rows[1:], declared, source.where or "table")


def _begins(source: Source) -> bool:
    text = beginning(source.head)
    return text is not None and _BEGINS.match(text.beginning) is not None


def _is_list(source: Source) -> bool:
    text = beginning(source.head)
    return text is not None and text.beginning.lstrip().startswith("[")


def _stream(source: Source) -> Utf8:
    text = beginning(source.head)
    assert text is not None, "the source was recognised"
    return Utf8(source.open(), text.encoding)


def _oddities(source: Source) -> Iterator[Finding]:
    with _stream(source) as stream:
        while stream.read(_PIECE):
            pass
        yield from oddities(stream, source.where or "file")


def _lines(stream: Utf8) -> Iterator[bytes]:
    buffered = io.BufferedReader(stream, 1 << 18)
    while line := buffered.readline(_LONGEST_LINE):
        yield line


def _line_records(source: Source) -> Iterator[Record]:
    with _stream(source) as stream:
        for number, line in enumerate(_lines(stream), 1):
            if line.strip():
                try:
                    yield _record(loads(line))
                except InputError as refused:
                    raise InputError(f"Line {number}: {refused.message}", refused.hint) from None
                except (ValueError, RecursionError):
                    raise InputError(
                        f"Line {number} is no JSON, as the lines before it are.", "Mend it, then repeat."
                    ) from None


def _elements(source: Source) -> Iterator[Any]:
    """The elements of a document that is a list, one by one."""
    decoder = json.JSONDecoder()
    with _stream(source) as stream:
        text = io.TextIOWrapper(io.BufferedReader(stream), "utf-8", "replace")
        buffer = text.read(_PIECE).lstrip(_SPACE)[1:]
        at, ended, number = 0, False, 1
        while True:
            while at < len(buffer) and buffer[at] in _SPACE + ",":
                at += 1
            if buffer[at : at + 1] == "]":
                _require_end(buffer[at + 1 :], text)
                return
            try:
                element, end = decoder.raw_decode(buffer, at)
            except RecursionError:
                raise _no_json() from None
            except ValueError:
                end = len(buffer)
            if end < len(buffer):  # a number may go on beyond the buffer
                try:
                    require_each_once(element, buffer[at:end])
                except InputError as refused:
                    raise InputError(f"Element {number}: {refused.message}", refused.hint) from None
                yield element
                at, number = end, number + 1
                continue
            piece = "" if ended else text.read(max(_PIECE, len(buffer) - at))
            ended = not piece
            buffer, at = buffer[at:] + piece, 0
            if ended or len(buffer) > _LARGEST:
                raise _no_json()


def _require_end(rest: str, text: io.TextIOWrapper) -> None:
    while not rest.strip(_SPACE):
        if not (rest := text.read(_PIECE)):
            return
    raise InputError(
        "Something follows the end of the list, which programs don't read.",
        "Remove it, or write it as a file of its own.",
    )


def _document(source: Source) -> Any:
    with _stream(source) as stream:
        data = bytearray()
        while piece := stream.read(_PIECE):
            data += piece
            if len(data) > _LARGEST:
                raise InputError(
                    f"A JSON object of more than {_LARGEST >> 20} MiB is read at once, and too large for it.",
                    "Write its records as JSON lines or Parquet.",
                )
    try:
        return loads(bytes(data))
    except (ValueError, RecursionError):
        raise _no_json() from None


def _of_document(document: Any) -> list[Record]:
    """An object's records: its rows where it holds a table by columns, as pandas writes it, else itself."""
    if not isinstance(document, dict):
        return [_record(document)]
    columns = list(document.values())
    if len(columns) > 1 and all(isinstance(column, list) for column in columns):
        lengths = {len(column) for column in columns}
        if len(lengths) == 1 and not any(isinstance(v, dict | list) for column in columns for v in column):
            return [dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True)]
    if columns and all(isinstance(column, dict) and column for column in columns):
        rows = list(columns[0])
        alike = all(list(column) == rows for column in columns) and all(map(str.isdigit, rows))
        if alike and not any(isinstance(v, dict | list) for column in columns for v in column.values()):
            return [{name: document[name][row] for name in document} for row in rows]
    names, data = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        return [dict(zip(map(str, names), row, strict=False)) for row in data]
    return by_name(document) if is_by_name(document) else [document]


def _named_rows(source: Source, names: list[str], skipped: int) -> Iterator[Record]:
    for row in islice(_elements(source), skipped, None):
        cells = row if isinstance(row, list) else [row]
        # Cells beyond the first row's are kept under names of their own.
        more = [f"column_{number}" for number in range(len(names) + 1, len(cells) + 1)]
        yield dict(zip([*names, *more], cells, strict=False))


def _record(value: Any) -> Record:
    return value if isinstance(value, dict) else {"value": value}


def _is_json(line: bytes) -> bool:
    try:
        loads(line)
    except (ValueError, RecursionError):
        return False
    except InputError:
        return True  # with a field that is there twice, which whoever reads it says
    return True


def _no_json() -> InputError:
    return InputError(
        "The file begins as JSON, and goes on as none (or ends too early).", "Mend it, then repeat."
    )
