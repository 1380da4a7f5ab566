"""What stands first in a backup: when it was made, by which version, and where its work lies."""

from __future__ import annotations

from typing import ClassVar, Literal

from biodesci.core.documents.base import Document
from biodesci.core.documents.values import Text, UnixSeconds
from biodesci.core.errors import IntegrityError


class Manifest(Document):
    """`work` is "file" where the work database is in the backup, "server" where it is PostgreSQL's and backed
    up by its own means, and "none" where the home had none."""

    title: ClassVar = "list of a backup"
    remedy: ClassVar = "Use the version of this program that made the backup."
    limit: ClassVar = 4 << 10
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-backup/1"] = "biodesci-backup/1"
    made: UnixSeconds
    program: Text
    work: Literal["file", "server", "none"]
