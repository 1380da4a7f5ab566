"""What each event changes in the derived tables, and what it is about."""

from __future__ import annotations

import sqlite3
from typing import Final

from biodesci.core.onchain import NOBODY
from biodesci.index.changes import datasets, inferences, licenses, models, visas
from biodesci.index.changes.event import Args, At, Changes

_CHANGES: Final[dict[str, Changes]] = {
    "DatasetNFT": datasets.changes,
    "AccessLicense": licenses.changes,
    "ModelRegistry": models.changes,
    "InferenceCommitment": inferences.changes,
    "VisaRegistry": visas.changes,
}
_SUBJECTS: Final = (
    ("licenseId", "license"),
    ("requestId", "inference"),
    ("roundId", "round"),
    ("modelId", "model"),
    ("datasetId", "dataset"),
    ("account", "account"),
    ("buyer", "account"),
    ("owner", "account"),
    ("issuer", "account"),
)
_TOKENS: Final = {"DatasetNFT": "dataset", "ModelRegistry": "model"}


def subject(contract: str, name: str, args: Args) -> str:
    """What an event is about, as "kind:id"; a model version is the model's matter, not the round's."""
    if name == "ModelVersionPublished":
        return f"model:{args['modelId']}"
    if name == "Transfer" and contract in _TOKENS and args["from"] != NOBODY:
        return f"{_TOKENS[contract]}:{args['tokenId']}"
    for field, kind in _SUBJECTS:
        if field in args:
            return f"{kind}:{args[field]}"
    return ""


def derive(db: sqlite3.Connection, at: At, contract: str, name: str, args: Args) -> None:
    if contract in _CHANGES:
        _CHANGES[contract].apply(db, at, name, args)
