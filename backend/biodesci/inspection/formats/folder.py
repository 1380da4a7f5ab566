"""A folder: every file in it, in the order of their paths."""

from __future__ import annotations

from collections.abc import Iterator

from biodesci.inspection.content import Declared, Item, Member
from biodesci.inspection.formats import tree
from biodesci.inspection.source import Source


class Folder:
    """A folder on disk, whatever is in it."""

    name = "folder"
    media_type = "multipart/mixed"

    def recognises(self, source: Source) -> bool:
        """A folder."""
        return source.is_folder

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Its files and the names of all. Raises InputError for links, devices, sockets and pipes."""
        yield from tree.names(source)
        for file in tree.members(source):
            yield Member(file)
