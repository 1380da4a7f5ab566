"""Whether a card is Croissant, by the package of those who define it (`mlcroissant`); it asks no network."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Table
from biodesci.inspection.formats.delimited import Delimited
from biodesci.inspection.source import Source

DATA: Final = "data"
"""The @id of the plain file, which `mlcroissant` is told the path of."""


def require_valid(card: bytes) -> None:
    """Raises InputError, with what `mlcroissant` says, for a card that does not load there."""
    from absl import logging  # noqa: PLC0415 - half a second of imports, for publishing alone
    from mlcroissant import Dataset  # noqa: PLC0415

    # It warns of a context that lacks what newer versions know, of each card.
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        Dataset(jsonld=json.loads(card))
    except Exception as exc:
        # Its report holds texts of the card alone, which is public, or is not yet but would be.
        reason = " ".join(str(exc).split())[:500]
        raise InputError(
            f"The card is not Croissant: {reason.rstrip('.')}.",
            "Please report it with the names of the columns.",
        ) from exc
    finally:
        logging.set_verbosity(before)


def of_decrypted(card: bytes, file: Path) -> dict[str, Any]:
    """The card as a licensee uses it who has decrypted the file: the container is left out, and the plain
    file stands for itself with its SHA-256, so that `mlcroissant` loads its records:

        Dataset(jsonld=of_decrypted(card, file), mapping={"data": file}).records("records")

    Raises InputError for a card of an earlier version, which names no plain file.
    """
    fields: dict[str, Any] = json.loads(card)
    plain = [part for part in fields.get("distribution", []) if part.get("@id") == DATA]
    if not plain:
        raise InputError(
            "This card was written by an earlier version, and describes no plain file.",
            "Read the file with another program.",
        )
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    del plain[0]["containedIn"]
    if plain[0]["encodingFormat"] == "text/csv":
        plain[0]["encodingFormat"], columns = _as_pandas_reads(file)
        for field in (field for table in fields.get("recordSet", []) for field in table["field"]):
            extract = field["source"]["extract"]
            extract["column"] = columns.get(extract["column"], extract["column"])
    fields["distribution"] = [plain[0] | {"sha256": digest}]
    return fields


def _as_pandas_reads(file: Path) -> tuple[str, dict[str, str]]:
    """The media type by which pandas, and so `mlcroissant`, splits a table as our reader does, and what it
    calls the columns that have no name of their own in the file."""
    import pandas as pd  # noqa: PLC0415 - mlcroissant brings it

    tables = (item for item in Delimited().read(Source.of(file), Declared()) if isinstance(item, Table))
    names = next(tables).schema.names
    for separator, media_type in ((",", "text/csv"), ("\t", "text/tab-separated-values")):
        called = [str(name) for name in pd.read_csv(file, sep=separator, nrows=0).columns]
        if len(called) == len(names):
            return media_type, dict(zip(names, called, strict=True))
    raise InputError(
        "mlcroissant reads tables with commas or tabs alone, and this has another separator.",
        "Save a copy with commas, or read it with another program.",
    )
