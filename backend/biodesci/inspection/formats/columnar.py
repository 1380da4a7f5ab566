"""Parquet, Arrow IPC (Feather) and ORC, whose columns have types."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Residue
from biodesci.inspection.formats import arrow_layout, whole
from biodesci.inspection.formats.nested import Columnar
from biodesci.inspection.outside import Outside
from biodesci.inspection.source import Source

ROWS: Final = 50_000
"""Rows of a Parquet file that are read at once."""

OF_WRITERS: Final = frozenset({b"ARROW:schema", b"pandas", b"PARQUET:field_id", b"org.apache.spark.version"})
"""Keys of metadata that writers keep for themselves: the schema once more, which columns are the index."""


class Parquet:
    """Parquet, batch by batch within its row groups."""

    name = "Parquet"
    media_type = "application/vnd.apache.parquet"

    def recognises(self, source: Source) -> bool:
        """By the magic bytes."""
        return source.head.startswith(b"PAR1")

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One table, its lists as further ones, and the texts beside them."""
        from pyarrow import parquet  # noqa: PLC0415  # a large library that other formats don't need

        with damaged(source, "Parquet file"), source.seekable() as stream:
            file = parquet.ParquetFile(stream)
            yield from _texts(file.schema_arrow, source)

            def reading() -> Iterator[pa.RecordBatch]:
                with damaged(source, "Parquet file"):
                    yield from map(validated, file.iter_batches(ROWS, use_threads=False))

            yield from Columnar("", file.schema_arrow, reading).items(_prefix(source))
            schema = (file.metadata.metadata or {}).get(b"ARROW:schema", b"")
            yield Residue(
                f"{source.where or 'file'}, schema",
                lambda: io.BytesIO(_decoded(schema)),
                lambda: self.read(source, declared),
            )
            chunks = list(_chunks(file.metadata))
            yield Residue(
                source.where or "file",
                lambda: cast(BinaryIO, Outside(source.open(), chunks)),
                lambda: self.read(source, declared),
            )


def _decoded(value: bytes) -> bytes:
    """Bytes in base64; as they stand where they are none."""
    try:
        return base64.b64decode(value)
    except ValueError:
        return value


def _chunks(metadata: Any) -> Iterator[tuple[int, int]]:
    """Where a Parquet file's columns are, for each of its groups of rows."""
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            start = chunk.data_page_offset
            if chunk.dictionary_page_offset:
                start = min(start, chunk.dictionary_page_offset)
            yield start, start + chunk.total_compressed_size


class ArrowFile:
    """Arrow's IPC formats: the file, which is Feather's second version, and the stream."""

    name = "Arrow IPC"
    media_type = "application/vnd.apache.arrow.file"

    def recognises(self, source: Source) -> bool:
        """By the magic bytes of a file, or the first message of a stream, which is its schema."""
        if source.head.startswith(b"ARROW1"):
            return True
        if not source.head.startswith(b"\xff\xff\xff\xff"):
            return False
        try:
            with source.open() as stream:
                pa.ipc.open_stream(stream).close()
        except (pa.ArrowException, OSError):
            return False
        return True

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One table, its lists as further ones, and the texts beside them."""
        with damaged(source, "Arrow file"), source.seekable() as stream:

            def reading() -> Iterator[pa.RecordBatch]:
                with damaged(source, "Arrow file"):
                    yield from opened(source, stream)[1]

            schema, _ = opened(source, stream)
            yield from _texts(schema, source)
            yield from Columnar("", schema, reading).items(_prefix(source))
            stream.seek(0)
            columns = arrow_layout.buffers(stream)
            yield Residue(
                source.where or "file",
                lambda: cast(BinaryIO, Outside(source.open(), columns)),
                lambda: self.read(source, declared),
            )


def opened(source: Source, stream: BinaryIO) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The schema and the validated batches of Arrow's file or stream."""
    stream.seek(0)
    if source.head.startswith(b"ARROW1"):
        file = pa.ipc.open_file(stream)
        return file.schema, (validated(file.get_batch(i)) for i in range(file.num_record_batches))
    reader = pa.ipc.open_stream(stream)
    return reader.schema, map(validated, reader)


class Orc:
    """ORC, stripe by stripe. Its library crashes on some damaged files (apart.py is there for that)."""

    name = "ORC"
    media_type = "application/vnd.apache.orc"

    def recognises(self, source: Source) -> bool:
        """By the magic bytes."""
        return source.head.startswith(b"ORC")

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """One table, its lists as further ones, and the texts beside them."""
        from pyarrow import orc  # noqa: PLC0415  # as above

        with damaged(source, "ORC file"), source.seekable() as stream:
            file = orc.ORCFile(stream)

            def reading() -> Iterator[pa.RecordBatch]:
                with damaged(source, "ORC file"):
                    for index in range(file.nstripes):
                        yield validated(file.read_stripe(index))

            yield from _texts(file.schema, source)
            yield from Columnar("", file.schema, reading).items(_prefix(source))
        yield whole.residue(self, source, declared)


@contextmanager
def damaged(source: Source, kind: str) -> Iterator[None]:
    """Says of a file that a library fails to read that it is damaged; a library's words may hold values.

    What reads a table's batches needs it, too: whoever takes them is outside of what yielded the table.
    """
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as refused:
        raise InputError(
            f"{source.where or 'The file'} begins as a {kind}, and can't be read: it is cut off or damaged.",
            "Write the file again, or copy it again from where it came.",
        ) from refused


def validated(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch, whose offsets and texts come from a stranger, after a look at all of them."""
    batch.validate(full=True)
    return batch


def _prefix(source: Source) -> str:
    return f"{source.where}: " if source.where else ""


def _texts(schema: pa.Schema, source: Source) -> Iterator[Passage]:
    """What writers keep beside the columns: notes, attributes, descriptions."""
    kept = [("", schema.metadata)] + [(f" of column {column.name!r}", column.metadata) for column in schema]
    for of, metadata in kept:
        for key, value in (metadata or {}).items():
            if key not in OF_WRITERS:
                name = key.decode("utf-8", "replace")
                text = f"{name}: {value.decode('utf-8', 'replace')}"
                yield Passage(f"{_prefix(source)}metadata{of}", text)
