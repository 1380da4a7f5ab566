"""Sources that are gzip or not: formats that are as often compressed as they aren't are read through it."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

from biodesci.core.errors import InputError
from biodesci.inspection.source import HEAD, Source

_GZIP: Final = b"\x1f\x8b\x08"
_LAST_BLOCK: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_ADVICE: Final = "It may be a download that broke off: fetch or compress it again."


def is_gzip(source: Source) -> bool:
    """Whether the bytes are gzip's; BGZF, which genomics uses, is gzip in blocks."""
    return source.head.startswith(_GZIP)


def head(source: Source) -> bytes:
    """The first bytes after decompression, HEAD at most."""
    if not is_gzip(source):
        return source.head
    inflater, inflated, rest = zlib.decompressobj(wbits=31), b"", source.head
    try:
        while rest and len(inflated) < HEAD:
            inflated += inflater.decompress(rest, HEAD - len(inflated))
            rest = inflater.unused_data
            inflater = zlib.decompressobj(wbits=31)
    except zlib.error:
        pass  # another member than gzip's: what came before it is the head
    return inflated


@contextmanager
def stream(source: Source) -> Iterator[BinaryIO]:
    """The bytes after decompression. Raises InputError within for a stream that is cut off or damaged."""
    with source.open() as raw:
        if not is_gzip(source):
            yield raw
            return
        try:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, unpacked), 1 << 18))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InputError("The compressed file is cut off or damaged.", _ADVICE) from None


def require_last_block(source: Source) -> None:
    """Raises InputError for a BGZF file without the empty block that ends one (SAM specification, 4.1.2)."""
    if source.path is None or b"BC\x02\x00" not in source.head[:32]:
        return
    with source.open() as raw:
        raw.seek(-min(len(_LAST_BLOCK), source.path.stat().st_size), io.SEEK_END)
        if raw.read() != _LAST_BLOCK:
            raise InputError("The compressed file ends without its last block.", _ADVICE)
