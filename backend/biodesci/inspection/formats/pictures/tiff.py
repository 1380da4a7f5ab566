"""TIFF: plain, OME, and whole slides of the scanners that OpenSlide reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from biodesci.inspection.content import Declared, Item
from biodesci.inspection.formats import whole
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

_MARKS: Final = (b"II*\0", b"MM\0*", b"II+\0\x08\0", b"MM\0+\0\x08")


class Tiff:
    """Pages with tags; of whole slides also their label and their overview."""

    name = "TIFF or whole slide"
    media_type = "image/tiff"

    def recognises(self, source: Source) -> bool:
        """The byte order and the number 42, or 43 of BigTIFF."""
        return source.head.startswith(_MARKS)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings and texts of the tags. A slide's label stops; pixels ask."""
        from biodesci.inspection.formats.pictures import exif, slide  # noqa: PLC0415  # load Pillow and OpenSlide

        tally = Tally(source.where)
        with source.on_disk() as path:
            yield from slide.look(path, tally)
            with path.open("rb") as stream:
                yield from exif.look(stream, tally)
        yield from tally.findings()
        yield whole.residue(self, source, declared)
