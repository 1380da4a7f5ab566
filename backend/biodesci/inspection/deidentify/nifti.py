"""NIfTI: the header's texts and extensions go, voxels stay as they are, a face that they show too."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from biodesci.core.errors import InputError
from biodesci.inspection.deidentify.mend import Action, Mends
from biodesci.inspection.formats import unpacked
from biodesci.inspection.source import Source

_FIRST, _SECOND = 348, 540  # bytes of the headers of both versions
_TEXTS: Final = ("data_type", "db_name", "descrip", "aux_file", "intent_name")
_MOST: Final = 1 << 30  # bytes between header and voxels
_BLOCK: Final = 1 << 20


def mend(source: Source, target: Path, mends: Mends) -> None:
    """Writes a copy, compressed where the file was, without the name that gzip keeps.

    Raises InputError for a damaged header.
    """
    with unpacked.stream(source) as stream, target.open("wb") as raw:
        if unpacked.is_gzip(source):
            with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
                _copy(stream, cast(BinaryIO, packed), mends)
        else:
            _copy(stream, raw, mends)


def _copy(stream: BinaryIO, target: BinaryIO, mends: Mends) -> None:
    size, header = _header(stream)
    for field in _TEXTS:
        if field in header and bytes(header[field].item()).strip(b"\0"):
            header[field] = b""
            mends.add("texts of the NIfTI header", Action.EMPTIED, "they may say anything")
    target.write(header.binaryblock)
    room = int(header["vox_offset"]) - size
    between = stream.read(room if 0 <= room <= _MOST else 0)  # none where voxels are in a file of their own
    if between.strip(b"\0"):
        mends.add("extensions of the NIfTI header", Action.EMPTIED, "scanners write the patient into them")
    target.write(bytes(len(between)))
    shutil.copyfileobj(stream, target, _BLOCK)


def _header(stream: BinaryIO) -> tuple[int, Any]:
    """Its size in bytes, and nibabel's view of it."""
    import nibabel  # noqa: PLC0415  # slow to load

    start = stream.read(4)
    sizes = {struct.unpack(f"{order}i", start)[0] for order in "<>"} if len(start) == 4 else set()
    size = next((size for size in (_FIRST, _SECOND) if size in sizes), 0)
    try:
        kind: Any = nibabel.Nifti1Header if size == _FIRST else nibabel.Nifti2Header
        return size, kind.from_fileobj(io.BytesIO(start + stream.read(max(size - 4, 0))), check=False)
    except (nibabel.spatialimages.HeaderDataError, nibabel.wrapstruct.WrapStructError, ValueError) as exc:
        raise InputError("The NIfTI header is damaged.", "Convert the image again, or leave it out.") from exc
