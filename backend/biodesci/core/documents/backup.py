"""What stands first in a backup: when it was made, by which version, and where its work lies; and the keys
that a backup of keys alone holds."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Base64, Text, UnixSeconds
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


class DatasetKey(Part):
    """A dataset's key ‖ salt, and the name of its file in the home (party/dataset_keys.py)."""

    file: Text
    secret: Annotated[Base64, Field(min_length=64, max_length=64)]


class KeyList(Document):
    """The keys of a home, unsealed: a file that holds this is encrypted. `encryption_key` is the seed of the
    X-Wing key."""

    title: ClassVar = "list of keys"
    remedy: ClassVar = "Use the version of this program that made the backup."
    limit: ClassVar = 64 << 20
    refusal: ClassVar = IntegrityError

    format: Literal["biodesci-keys/1"] = "biodesci-keys/1"
    made: UnixSeconds
    program: Text
    encryption_key: Annotated[Base64, Field(min_length=32, max_length=32)] | None = None
    dataset_keys: list[DatasetKey]
