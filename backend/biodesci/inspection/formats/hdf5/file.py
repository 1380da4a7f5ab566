"""One HDF5 file: its groups, arrays and attributes, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item
from biodesci.inspection.formats import whole
from biodesci.inspection.source import Source

_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"


class Hdf5:
    """Arrays in groups, with attributes."""

    name = "HDF5"
    media_type = "application/x-hdf5"

    def recognises(self, source: Source) -> bool:
        """The signature at the beginning, or after a user block of 512, 1024, 2048 ... bytes."""
        places = [0, *(512 << power for power in range(8))]
        return any(source.head[place : place + 8] == _SIGNATURE for place in places)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Tables of what stands in columns, texts of the rest, and findings of what can't be looked into."""
        import h5py  # noqa: PLC0415  # loads libhdf5

        from biodesci.inspection.formats.hdf5.walk import walk  # noqa: PLC0415  # as above

        with source.on_disk() as path:
            try:
                file = h5py.File(path, "r", locking=False)
            except OSError:
                raise InputError(
                    "The HDF5 file is cut off or damaged.", "Write it again, or fetch it again."
                ) from None
            with file:
                yield from walk(file, source.where)
        yield whole.residue(self, source, declared)
