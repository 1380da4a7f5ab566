"""NIfTI-1 and NIfTI-2: the header's texts, its extensions, and the face that a head image may show."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage, Rows, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import paths, unpacked, whole
from biodesci.inspection.formats.brain import sidecar
from biodesci.inspection.formats.json_text import loads
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_SIZES: Final = {348: 1, 540: 2}  # of the headers of both versions
_LARGEST_EXTENSION: Final = 16 << 20
_MOST_EXTENSIONS: Final = 1_000
_LONGEST_TEXT: Final = 1 << 16
_DICOM: Final = 2  # the code of an extension that holds a DICOM header
_TEXTS: Final = frozenset({4, 6, 16, 30, 32, 44})  # AFNI, comment, workflow, CIFTI, JSON of MR spectroscopy
_VOLUME: Final = 3  # axes longer than one voxel
_ADVICE: Final = "Convert the image again, or leave it out."
_SCHEMA: Final = pa.schema([("shape", pa.string()), ("voxel_size", pa.string()), ("data_type", pa.string())])


class Nifti:
    """A volume, or several over time, by itself."""

    name = "NIfTI"
    media_type = "application/x-nifti"

    def recognises(self, source: Source) -> bool:
        """The header's size and its mark, compressed or not."""
        return is_nifti(unpacked.head(source))

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings and texts of the header, and a table of its geometry."""
        look = Look(Tally(source.where))
        yield from look.file(source)
        yield from look.finish()
        yield whole.residue(self, source, declared)


def is_nifti(head: bytes) -> bool:
    """Whether a header of NIfTI begins these bytes."""
    order = _order(head)
    if order is None:
        return False
    version = _SIZES[struct.unpack(f"{order}i", head[:4])[0]]
    mark = head[344:348] if version == 1 else head[4:8]
    return mark in {f"n+{version}\0".encode(), f"ni{version}\0".encode()}


class Look:
    """What was found in one image or in those of a folder."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._shapes: list[tuple[str, str, str]] = []

    def file(self, source: Source) -> Iterator[Passage]:
        """Takes an image in; yields its texts."""
        with unpacked.stream(source) as stream:
            yield from self._header(source, stream)

    def finish(self) -> Iterator[Item]:
        """The geometry of all images, and the findings."""
        if self._shapes:
            columns = [pa.array(column, pa.string()) for column in zip(*self._shapes, strict=True)]
            batch = pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)
            yield Table("volumes", _SCHEMA, [batch], rows=Rows.THINGS)
        yield from self.tally.findings()

    def _header(self, source: Source, stream: BinaryIO) -> Iterator[Passage]:
        import nibabel  # noqa: PLC0415  # slow to load

        start = stream.read(4)
        order = _order(start) or "<"
        (size,) = struct.unpack(f"{order}i", start)
        kind: Any = nibabel.Nifti1Header if _SIZES[size] == 1 else nibabel.Nifti2Header
        try:
            header = kind.from_fileobj(io.BytesIO(start + stream.read(size - 4)), check=False)
            header.set_data_dtype(header.get_data_dtype())
            shape, zooms = header.get_data_shape(), header.get_zooms()
            offset, voxel = int(header["vox_offset"]), header.get_data_dtype().itemsize
        except (nibabel.spatialimages.HeaderDataError, ValueError, OSError, KeyError, TypeError, EOFError):
            raise InputError("The NIfTI header is damaged.", _ADVICE) from None
        for field in ("descrip", "aux_file", "intent_name", "db_name"):
            if field in header:
                text = bytes(header[field].item()).split(b"\0")[0].decode("utf-8", "replace")
                yield from paths.look(self.tally, f"field {field}", text)
        if bytes(header["magic"].item()).startswith(b"n+"):
            self._require_whole(source, offset + int(np.prod(shape, dtype=object)) * voxel)
            yield from self._extensions(stream, order, offset - size)
        self._shapes.append(
            ("x".join(map(str, shape)), "x".join(f"{zoom:g}" for zoom in zooms), str(header.get_data_dtype()))
        )
        if sum(length > 1 for length in shape) >= _VOLUME:
            reason = "images of a head show the face; confirm that it was removed or isn't shown"
            self.tally.add("volume", "recognisable person", Level.ASK, reason)

    def _require_whole(self, source: Source, size: int) -> None:
        if source.path is None or unpacked.is_gzip(source):
            return
        written = source.path.stat().st_size
        if written < size:
            raise InputError("The NIfTI file ends before its last voxel.", _ADVICE)
        if written > size:
            reason = "bytes follow the last voxel, where no program looks"
            self.tally.add("behind the volume", "bytes that are not read", Level.ASK, reason)

    def _extensions(self, stream: BinaryIO, order: str, room: int) -> Iterator[Passage]:
        flag, read = stream.read(4), 4
        if not flag or flag[0] == 0:
            return
        for _ in range(_MOST_EXTENSIONS):
            if read + 8 > room:
                return
            size, code = struct.unpack(f"{order}ii", stream.read(8).ljust(8, b"\0"))
            if size < 8 or size > room - read or size > _LARGEST_EXTENSION:  # size and code
                raise InputError("An extension of the NIfTI header is damaged.", _ADVICE)
            content = stream.read(size - 8)
            read += size
            yield from self._extension(code, content.rstrip(b"\0"))
        raise InputError("The NIfTI header has more than 1,000 extensions.", _ADVICE)

    def _extension(self, code: int, content: bytes) -> Iterator[Passage]:
        place = f"header extension {code}"
        if code not in _TEXTS or code == _DICOM:
            kind = "DICOM header" if code == _DICOM else "bytes that are not read"
            self.tally.add(
                place, kind, Level.STOP, "scanners write the patient into it, and nobody looked into it"
            )
            return
        text = content.decode("utf-8", "replace")
        try:
            document = loads(content)
        except (ValueError, RecursionError):
            self.tally.add(place, "free text", Level.ASK, "people may be named in it")
            for begin in range(0, len(text), _LONGEST_TEXT):
                yield from self.tally.passages(place, text[begin : begin + _LONGEST_TEXT])
        else:
            yield from sidecar.look(document, place, self.tally)


def _order(head: bytes) -> str | None:
    if len(head) < 4:  # the size of the size
        return None
    return next((order for order in "<>" if struct.unpack(f"{order}i", head[:4])[0] in _SIZES), None)
