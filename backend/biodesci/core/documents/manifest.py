"""What is in a folder that was published as one archive: the archive's first member."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Count, Text, Version1


class ArchivedFile(Part):
    """A file of the folder: its path with slashes, its bytes, and where these begin in the archive."""

    path: Annotated[Text, Field(min_length=1)]
    size: Count
    offset: Count


class FolderManifest(Document):
    """The files of a folder, in the order of their paths. Offsets are counted from the end of the manifest's
    own member, so that they do not depend on its length."""

    title: ClassVar = "folder manifest"
    remedy: ClassVar = "Its publisher has to publish the folder again."
    limit: ClassVar = 256 << 20
    must_be_canonical: ClassVar = True

    kind: Literal["biodesci/folder-manifest"] = "biodesci/folder-manifest"
    version: Version1 = 1
    files: tuple[ArchivedFile, ...]
