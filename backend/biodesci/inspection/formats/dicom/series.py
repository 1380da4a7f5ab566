"""A folder of DICOM files: a series, a study, or a medium with its DICOMDIR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from biodesci.inspection.content import Declared, Item, Member
from biodesci.inspection.formats import tree
from biodesci.inspection.formats.dicom.file import is_dicom
from biodesci.inspection.source import Source

_SAMPLE: Final = 32


class DicomSeries:
    """Files that are looked at one by one; what is found in many of them is one finding with their number."""

    name = "DICOM series"
    media_type = "application/dicom"

    def recognises(self, source: Source) -> bool:
        """More than half of the folder's first files are DICOM."""
        if not source.is_folder:
            return False
        files = tree.members(source, _SAMPLE)
        return 2 * sum(is_dicom(file.head) for file in files) > len(files)

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Findings of all DICOM files together; other files as members."""
        from biodesci.inspection.formats.dicom.look import Look  # noqa: PLC0415  # pydicom is slow to load

        look = Look(source.where)
        yield from tree.names(source)
        for file in tree.members(source):
            if not is_dicom(file.head):
                yield Member(file)
                continue
            with tree.placed(file), file.on_disk() as path:
                yield from look.file(path, file.where)
        yield from look.finish()
